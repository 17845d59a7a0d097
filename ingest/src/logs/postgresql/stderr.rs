//! The plain form: what `log_line_prefix` makes, the severity, a colon and two spaces, the message.
//!
//! Prefixes differ from server to server. What is read of them is what nearly all have: the time at the beginning, and the
//! database as `user@database` (Debian) or `db=database` (pgBadger). A server whose prefix has neither tells no tenants
//! apart.

use std::borrow::Cow;

use super::Entry;

/// Longest prefix that is looked at, in bytes.
const PREFIX: usize = 512;

const SEVERITIES: [&str; 12] =
    ["LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO", "DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY"];

/// Whether the line has a time, a process in brackets and a severity, in this order.
pub(super) fn is_unmistakable(text: &str) -> bool {
    let Some((prefix, _, _)) = split(text) else { return false };
    super::begins_with_time(prefix) && process(prefix).is_some()
}

/// The entry of a line; `None` when no severity is in it.
pub(super) fn entry(text: &str) -> Option<Entry<'_>> {
    let (prefix, severity, message) = split(text)?;
    Some(Entry {
        time: Cow::Borrowed(time(prefix)),
        database: Cow::Borrowed(database(prefix)),
        severity: Cow::Borrowed(severity),
        message: Cow::Borrowed(message),
        pid: Cow::Borrowed(process(prefix).unwrap_or_default()),
        ..Entry::default()
    })
}

/// Prefix, severity and message.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let head = crate::text::cut(text, PREFIX);
    let mut from = 0;
    while let Some(found) = head.get(from..).and_then(|rest| rest.find(":  ")) {
        let colon = from + found;
        let before = head.get(..colon)?;
        let word = before.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        if SEVERITIES.contains(&word) {
            return Some((text.get(..colon - word.len())?, word, text.get(colon + 3..)?));
        }
        from = colon + 3;
    }
    None
}

/// The time and the word after it, which is its zone.
fn time(prefix: &str) -> &str {
    if !super::begins_with_time(prefix) {
        return "";
    }
    let end = prefix.match_indices(' ').nth(2).map_or(prefix.len(), |(place, _)| place);
    prefix.get(..end).unwrap_or_default()
}

/// The first number in brackets.
fn process(prefix: &str) -> Option<&str> {
    let mut inside = prefix.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(inside, _)| inside);
    inside.find(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The first word that names a database. `[unknown]@[unknown]` stands before anybody has said which.
fn database(prefix: &str) -> &str {
    let mut words = prefix.split(|letter: char| letter.is_ascii_whitespace() || letter == ',');
    words.find_map(named_database).unwrap_or_default()
}

fn named_database(word: &str) -> Option<&str> {
    let named = ["db=", "database=", "dbname="].iter().find_map(|name| word.strip_prefix(name));
    let after_user = || word.split_once('@').filter(|(user, _)| !user.contains('=')).map(|(_, database)| database);
    let database = named.or_else(after_user)?;
    Some(database.trim_end_matches([':', ')', '>']))
}
