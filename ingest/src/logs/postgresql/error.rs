//! What kind of error it is, by its SQLSTATE where the form has one, else by how its message begins.

/// Kinds by SQLSTATE; the whole code before its class.
const STATES: &[(&str, &str)] = &[
    ("40001", "serialization"),
    ("40P01", "deadlock"),
    ("55P03", "lock_timeout"),
    ("57014", "cancelled"),
    ("42501", "permission"),
    ("08", "connection"),
    ("22", "data"),
    ("23", "constraint"),
    ("25", "transaction"),
    ("28", "permission"),
    ("40", "serialization"),
    ("42", "statement"),
    ("53", "resources"),
    ("57", "shutdown"),
    ("58", "system"),
    ("XX", "internal"),
];

/// Kinds by the beginning of the message, in the untranslated form.
const MESSAGES: &[(&str, &str)] = &[
    ("could not serialize access", "serialization"),
    ("deadlock detected", "deadlock"),
    ("canceling statement due to lock timeout", "lock_timeout"),
    ("could not obtain lock", "lock_timeout"),
    ("canceling statement", "cancelled"),
    ("terminating connection", "shutdown"),
    ("permission denied", "permission"),
    ("must be owner", "permission"),
    ("duplicate key value", "constraint"),
    ("null value in column", "constraint"),
    ("new row for relation", "constraint"),
    ("insert or update on table", "constraint"),
    ("update or delete on table", "constraint"),
    ("current transaction is aborted", "transaction"),
    ("syntax error", "statement"),
    ("relation ", "statement"),
    ("column ", "statement"),
    ("invalid input", "data"),
    ("value too long", "data"),
    ("out of memory", "resources"),
    ("could not extend file", "resources"),
    ("could not write", "system"),
    ("could not read", "system"),
    ("unexpected EOF", "connection"),
    ("could not receive data", "connection"),
    ("invalid page", "internal"),
];

/// Why a connection was refused, by what is in the message.
const REFUSALS: &[(&str, &str)] = &[
    ("sorry, too many clients already", "too_many"),
    ("remaining connection slots are reserved", "too_many"),
    ("too many connections for ", "too_many"),
    ("permission denied for database", "permission"),
    ("authentication failed", "authentication"),
    ("no pg_hba.conf entry", "authentication"),
    ("pg_hba.conf rejects connection", "authentication"),
    ("is not permitted to log in", "authentication"),
    ("the database system is ", "unavailable"),
    ("is not currently accepting connections", "unavailable"),
];

/// The kind of an error.
pub(super) fn kind(sqlstate: &str, message: &str) -> &'static str {
    let by_state = STATES.iter().find(|(state, _)| sqlstate.starts_with(state));
    let by_message = || MESSAGES.iter().find(|(beginning, _)| message.starts_with(beginning));
    by_state.or_else(by_message).map_or("other", |(_, kind)| *kind)
}

/// Why a connection was refused; `None` when the message is about something else.
pub(super) fn refusal(message: &str) -> Option<&'static str> {
    let first = message.lines().next().unwrap_or_default();
    if let Some((_, reason)) = REFUSALS.iter().find(|(part, _)| first.contains(part)) {
        return Some(reason);
    }
    let is_missing =
        (first.starts_with("database \"") || first.starts_with("role \"")) && first.ends_with(" does not exist");
    is_missing.then_some("missing")
}
