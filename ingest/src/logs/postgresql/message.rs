//! What the message of an entry says. The server writes them in the language of `lc_messages`; only the untranslated ones
//! are known here.

use super::super::Fact;
use super::super::fact::{
    AUTOVACUUM_TIME, CHECKPOINT_DURATION, CONNECTIONS_OPENED, CONNECTIONS_REFUSED, DEADLOCKS, ERRORS, LOCK_WAIT_TIME,
    LOCK_WAITS, STATEMENT_TIME, STATEMENTS_SLOW, TEMP_SIZE,
};
use super::{Entry, error, statement};

/// What a message says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said<'a> {
    /// The database that the message itself names, where it does.
    pub(super) database: Option<&'a str>,
    pub(super) facts: Vec<Fact>,
}

/// What the message of `entry` says.
pub(super) fn said<'a>(entry: &'a Entry<'_>) -> Said<'a> {
    let message = entry.message.as_ref();
    match entry.severity.as_ref() {
        "LOG" | "" => log(message),
        "ERROR" => facts(failed(&entry.sqlstate, message)),
        "FATAL" | "PANIC" => facts(match error::refusal(message) {
            Some(reason) => vec![CONNECTIONS_REFUSED.of(reason, 1.0)],
            None => failed(&entry.sqlstate, message),
        }),
        _ => Said::default(),
    }
}

fn facts<'a>(facts: Vec<Fact>) -> Said<'a> {
    Said { database: None, facts }
}

fn failed(sqlstate: &str, message: &str) -> Vec<Fact> {
    let kind = error::kind(sqlstate, message);
    let deadlock = (kind == "deadlock").then(|| DEADLOCKS.is(1.0));
    deadlock.into_iter().chain([ERRORS.of(kind, 1.0)]).collect()
}

fn log(message: &str) -> Said<'_> {
    if let Some(lock) = lock_wait(message) {
        return facts(vec![lock]);
    }
    if let Some(duration) = message.strip_prefix("duration: ") {
        return facts(statement_time(duration));
    }
    if let Some(file) = message.strip_prefix("temporary file: path ") {
        let size = file.rsplit_once(", size ").and_then(|(_, size)| super::super::number(size.trim_end()));
        return facts(size.map(|size| TEMP_SIZE.is(size)).into_iter().collect());
    }
    if let Some(table) = message.strip_prefix("automatic vacuum of table \"").or_else(|| analyzed(message)) {
        let elapsed = after(message, "elapsed: ").and_then(super::super::number);
        let time = elapsed.map(|seconds| AUTOVACUUM_TIME.is(seconds));
        return Said { database: table.split('.').next(), facts: time.into_iter().collect() };
    }
    if message.starts_with("checkpoint complete:") || message.starts_with("restartpoint complete:") {
        let total = after(message, "total=").and_then(super::super::number);
        return facts(total.map(|seconds| CHECKPOINT_DURATION.is(seconds)).into_iter().collect());
    }
    if message.starts_with("connection authorized: ") {
        return Said { database: after(message, " database="), facts: vec![CONNECTIONS_OPENED.is(1.0)] };
    }
    Said::default()
}

fn analyzed(message: &str) -> Option<&str> {
    message.strip_prefix("automatic analyze of table \"").or_else(|| {
        message
            .strip_prefix("automatic aggressive vacuum")
            .and_then(|rest| rest.split_once(" of table \""))
            .map(|(_, table)| table)
    })
}

/// The word after `mark`.
fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split([' ', ',', ';', '\n', '"']).next()
}

/// `process 7428 still waiting for ShareLock on transaction 10493 after 500.117 ms`, and how such a wait ends.
///
/// A wait is told again and again while it lasts, each time with all of its time so far; so only its end gives time, and
/// what is still waiting is counted.
fn lock_wait(message: &str) -> Option<Fact> {
    let (process, rest) = message.lines().next()?.strip_prefix("process ")?.split_once(' ')?;
    if process.is_empty() || !process.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if rest.starts_with("still waiting for ") {
        return Some(LOCK_WAITS.is(1.0));
    }
    let ends = ["acquired ", "failed to acquire ", "detected deadlock while waiting for "];
    let is_end = ends.iter().any(|end| rest.starts_with(end));
    let milliseconds = rest.rsplit_once(" after ").and_then(|(_, time)| super::super::number(time.split(' ').next()?));
    milliseconds.filter(|_| is_end).map(|milliseconds| LOCK_WAIT_TIME.is(milliseconds / 1_000.0))
}

/// `861.963 ms  statement: select ..`, `12.1 ms  execute <unnamed>: ..`, or the time alone. Plans repeat the time of a
/// statement that has its own line.
fn statement_time(text: &str) -> Vec<Fact> {
    let Some((time, rest)) = text.split_once(" ms") else { return Vec::new() };
    let Some(milliseconds) = super::super::number(time) else { return Vec::new() };
    let rest = rest.trim_start();
    if rest.starts_with("plan:") {
        return Vec::new();
    }
    let kind = rest.split_once(": ").map(|(_, text)| statement::kind(text));
    let slow = kind.map(|kind| STATEMENTS_SLOW.of(kind, 1.0));
    std::iter::once(STATEMENT_TIME.is(milliseconds / 1_000.0)).chain(slow).collect()
}
