//! An entry that the agent took apart: the message is the body, everything else attributes. Agents name them as the json
//! form, the csv form or the semantic conventions do.

use std::borrow::Cow;

use super::{Entry, Line};

const DATABASE: [&str; 5] = ["dbname", "database_name", "database", "db.namespace", "db.name"];
const SEVERITY: [&str; 1] = ["error_severity"];
const SQLSTATE: [&str; 3] = ["state_code", "sql_state_code", "db.response.status_code"];
const TIME: [&str; 1] = ["log_time"];
const PROCESS: [&str; 3] = ["pid", "process_id", "process.pid"];
const DETAIL: [&str; 1] = ["detail"];
const CONTEXT: [&str; 1] = ["context"];
const QUERY: [&str; 3] = ["statement", "query", "db.query.text"];

/// Attributes that only PostgreSQL's log has.
const OWN: [&str; 4] = ["error_severity", "state_code", "sql_state_code", "backend_type"];

/// Kinds of processes of the server: some agents send them as the scope.
const BACKENDS: [&str; 12] = [
    "archiver",
    "autovacuum launcher",
    "autovacuum worker",
    "background worker",
    "background writer",
    "checkpointer",
    "client backend",
    "logical replication launcher",
    "not initialized",
    "parallel worker",
    "postmaster",
    "walsender",
];

/// Severities by the first word of what agents put into the severity's text.
const SEVERITIES: [&str; 4] = ["LOG", "ERROR", "FATAL", "PANIC"];

/// Whether scope or attributes are PostgreSQL's own.
pub(super) fn is_unmistakable(line: &Line<'_>) -> bool {
    BACKENDS.contains(&line.scope) || line.has(&OWN)
}

/// The entry of a line; `None` when it is empty.
pub(super) fn entry<'a>(line: &Line<'a>) -> Option<Entry<'a>> {
    if line.body.is_empty() {
        return None;
    }
    let given = line
        .attribute(&SEVERITY)
        .or_else(|| SEVERITIES.contains(&line.severity).then_some(Cow::Borrowed(line.severity)));
    let attribute = |keys: &[&str]| line.attribute(keys).unwrap_or_default();
    Some(Entry {
        time: attribute(&TIME),
        database: attribute(&DATABASE),
        severity: given.unwrap_or_default(),
        sqlstate: attribute(&SQLSTATE),
        message: Cow::Borrowed(line.body),
        pid: attribute(&PROCESS),
        detail: attribute(&DETAIL),
        context: attribute(&CONTEXT),
        query: attribute(&QUERY),
    })
}
