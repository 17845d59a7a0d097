//! What kind of statement a text is, as one of a few, and for people its verb and table without any value.
//!
//! Statements themselves are without number, and what stands in them is the tenant's own.

use tidewatch_schemas::LockEvent;

/// First words and their kinds.
const KINDS: &[(&str, &str)] = &[
    ("select", "select"),
    ("with", "select"),
    ("values", "select"),
    ("table", "select"),
    ("fetch", "select"),
    ("insert", "insert"),
    ("update", "update"),
    ("delete", "delete"),
    ("merge", "update"),
    ("copy", "copy"),
    ("call", "call"),
    ("do", "call"),
    ("execute", "call"),
    ("lock", "lock"),
    ("alter", "ddl"),
    ("create", "ddl"),
    ("drop", "ddl"),
    ("truncate", "ddl"),
    ("refresh", "ddl"),
    ("grant", "ddl"),
    ("revoke", "ddl"),
    ("comment", "ddl"),
    ("reindex", "maintenance"),
    ("cluster", "maintenance"),
    ("vacuum", "maintenance"),
    ("analyze", "maintenance"),
    ("checkpoint", "maintenance"),
    ("begin", "transaction"),
    ("start", "transaction"),
    ("commit", "transaction"),
    ("end", "transaction"),
    ("rollback", "transaction"),
    ("savepoint", "transaction"),
    ("release", "transaction"),
];

/// The kind of a statement.
pub(super) fn kind(statement: &str) -> &'static str {
    let start = without_comments(statement);
    let word = start.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    KINDS.iter().find(|(first, _)| word.eq_ignore_ascii_case(first)).map_or("other", |(_, kind)| *kind)
}

/// The text from its first word on: comments, spaces and brackets before it say nothing.
fn without_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(');
        let rest = if let Some(comment) = text.strip_prefix("--") {
            comment.split_once('\n').map(|(_, rest)| rest)
        } else if let Some(comment) = text.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, rest)| rest)
        } else {
            return text;
        };
        let Some(rest) = rest else { return "" };
        text = rest;
    }
}

/// Most words that are looked at for the table.
const WORDS: usize = 200;
/// Words after which a table stands.
const BEFORE_TABLE: [&str; 5] = ["from", "into", "update", "table", "join"];
/// Words that may stand between such a word and the table.
const BETWEEN: [&str; 5] = ["only", "if", "exists", "not", "concurrently"];

/// Verb and table: `UPDATE account_move`; the verb alone where no table is found.
pub(super) fn class(statement: &str) -> String {
    // What stands in quotes is a value, and may hold any word.
    let text: String = crate::text::cut(without_comments(statement), 16_384).split('\'').step_by(2).collect();
    let words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | ',' | ';'));
    let mut words = words.filter(|word| !word.is_empty()).take(WORDS).peekable();
    let Some(verb) = words.peek().filter(|verb| verb.bytes().all(|byte| byte.is_ascii_alphabetic())) else {
        return String::new();
    };
    let verb = crate::text::cut(verb, 16).to_ascii_uppercase();
    match table(words) {
        Some(table) => crate::text::cut(&format!("{verb} {table}"), LockEvent::MAX_TEXT).to_owned(),
        None => verb,
    }
}

fn table<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut stands_next = false;
    for word in words {
        let is_one_of = |list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known));
        if is_one_of(&BEFORE_TABLE) {
            stands_next = true;
        } else if stands_next && !is_one_of(&BETWEEN) {
            let name = word.rsplit('.').next().unwrap_or_default().trim_matches('"');
            let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
            return (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned());
        }
    }
    None
}
