//! What kind of statement a text is, as one of a few: statements themselves are without number.

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
