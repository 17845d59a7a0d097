//! Odoo's server log: `YYYY-MM-DD HH:MM:SS,mmm PID LEVEL DB logger: message`.
//!
//! Odoo sets its own time zone to UTC when it starts, so the time needs no zone. The database `?` stands for none. Agents
//! that take lines apart send the logger as the scope, or as the attribute `logger`, and only the message as the body.

mod cron;
mod exception;
mod request;
mod route;

use std::borrow::Cow;

use super::fact::{LOGINS_FAILED, LOGINS_SUCCEEDED, ODOO_ERRORS, WORKER_LIMITS};
use super::{Fact, Line, Reading};

/// Length of `YYYY-MM-DD HH:MM:SS,mmm`.
const TIME_LENGTH: usize = 23;

/// Names that agents give what they took from the head of a line.
const LOGGER: [&str; 2] = ["logger", "logger_name"];
const LEVEL: [&str; 3] = ["levelname", "level", "severity"];
const DATABASE: [&str; 4] = ["dbname", "database", "db.namespace", "db.name"];

/// A line's head and message.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    time: Option<&'a str>,
    level: Cow<'a, str>,
    database: Cow<'a, str>,
    logger: Cow<'a, str>,
    message: &'a str,
}

/// Whether `text` is a whole line of Odoo.
pub(super) fn is_whole(text: &str) -> bool {
    let plain = without_colours(text);
    split(&plain).is_some_and(|parts| is_loggers(&parts.logger))
}

/// Whether the line is the message of one, by the logger in its scope.
pub(super) fn is_part(line: &Line<'_>) -> bool {
    is_loggers(line.scope)
}

/// What an Odoo line says.
pub(super) fn read(line: &Line<'_>) -> Option<Reading> {
    let plain = without_colours(line.body.trim_start());
    let parts = split(&plain).or_else(|| taken_apart(line, &plain))?;
    let facts = facts(&parts);
    let at = parts.time.and_then(|time| super::utc("%Y-%m-%d %H:%M:%S,%3f", time));
    Some(Reading { database: super::tenants_database(&parts.database), at, facts, lock: None })
}

fn is_loggers(name: &str) -> bool {
    name == "werkzeug" || name == "odoo" || name.starts_with("odoo.")
}

/// On a terminal Odoo writes levels and names in colours: ESC `[` numbers `m`.
fn without_colours(body: &str) -> Cow<'_, str> {
    if !body.contains('\u{1b}') {
        return Cow::Borrowed(body);
    }
    let mut pieces = body.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.split_once('m').filter(|(code, _)| code.len() < 12).map_or(piece, |(_, rest)| rest);
        plain.push_str(rest);
    }
    Cow::Owned(plain)
}

/// Head and message of a whole line.
fn split(body: &str) -> Option<Parts<'_>> {
    let (time, rest) = body.split_at_checked(TIME_LENGTH)?;
    if !is_time(time.as_bytes()) {
        return None;
    }
    let mut words = rest.strip_prefix(' ')?.splitn(4, ' ');
    let (pid, level, database) = (words.next()?, words.next()?, words.next()?);
    let (logger, message) = words.next()?.split_once(": ")?;
    let is_head = pid.bytes().all(|byte| byte.is_ascii_digit()) && !logger.contains(char::is_whitespace);
    let parts =
        Parts { time: Some(time), level: level.into(), database: database.into(), logger: logger.into(), message };
    is_head.then_some(parts)
}

/// Digits where digits are and the separators that only Python's logging writes, comma included.
fn is_time(bytes: &[u8]) -> bool {
    bytes.iter().zip(b"0000-00-00 00:00:00,000").all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        separator => byte == separator,
    })
}

/// Head and message of a line that the agent took apart.
fn taken_apart<'a>(line: &Line<'a>, message: &'a str) -> Option<Parts<'a>> {
    let logger = match line.scope {
        "" => line.attribute(&LOGGER)?,
        scope => Cow::Borrowed(scope),
    };
    let level = line.attribute(&LEVEL).unwrap_or(Cow::Borrowed(line.severity));
    let database = line.attribute(&DATABASE).unwrap_or_default();
    Some(Parts { time: None, level, database, logger, message })
}

fn facts(parts: &Parts<'_>) -> Vec<Fact> {
    if let Some(facts) = request::facts(parts.message) {
        return facts;
    }
    if let Some(facts) = cron::facts(parts.message) {
        return facts;
    }
    let mut facts: Vec<Fact> = login(parts.message).or_else(|| worker_limit(parts.message)).into_iter().collect();
    if matches!(&*parts.level, "ERROR" | "CRITICAL") {
        facts.push(ODOO_ERRORS.of(exception::name(parts.message).unwrap_or_default().to_owned(), 1.0));
    }
    facts
}

/// `Login failed for db:acme login:admin from 10.0.0.1`.
fn login(message: &str) -> Option<Fact> {
    if message.starts_with("Login failed for db:") {
        return Some(LOGINS_FAILED.is(1.0));
    }
    message.starts_with("Login successful for db:").then(|| LOGINS_SUCCEEDED.is(1.0))
}

/// `Worker (4711) virtual memory limit (2684354560) reached.` and its like.
fn worker_limit(message: &str) -> Option<Fact> {
    let (kind, rest) = message.split_once(" (")?;
    if !kind.starts_with("Worker") {
        return None;
    }
    let (_, limit) = rest.split_once(") ")?;
    let limits = [
        ("max request", "requests"),
        ("virtual memory limit", "memory"),
        ("CPU time limit", "cpu"),
        ("timeout after", "real_time"),
    ];
    let (_, name) = limits.into_iter().find(|(beginning, _)| limit.starts_with(beginning))?;
    Some(WORKER_LIMITS.of(name, 1.0))
}
