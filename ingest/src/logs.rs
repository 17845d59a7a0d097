//! What log lines say beyond that they were written: the time a request took, who waited for a lock, who was refused.
//!
//! Agents send the lines of many programs through one topic, whole or already taken apart. A line is read by the parser of
//! its format; which one that is, the configuration says ([`LogFormat`]), else the line's own shape where nothing else looks
//! like it. What is read are numbers of known signals under labels from short closed lists: a path, a statement or an
//! address never becomes part of a series, because anybody can make up more of them.
//!
//! | module | holds |
//! |---|---|
//! | `line` | a line with what its agent sent beside it |
//! | `fact` | the signals, and one number of one of them |
//! | `odoo` | Odoo's server log |
//! | `postgresql` | PostgreSQL's log in its three forms |
//! | `tally` | the facts of one record as observations |
//!
//! Every parser is total: any text gives facts or none, in time proportional to its length.

mod fact;
mod line;
mod odoo;
mod postgresql;
pub(crate) mod tally;

pub use fact::{Derived, Fact, Manner, SIGNALS};
pub use line::Line;
pub use postgresql::LockPart;

use tidewatch_schemas::Timestamp;

/// How log records are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// By the shape of each line; lines that could be anything are left alone.
    #[default]
    Recognise,
    /// Odoo's server log.
    Odoo,
    /// PostgreSQL's log: stderr, csv or json.
    Postgresql,
    /// Not at all: the lines are counted as events and no more.
    None,
}

impl LogFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Recognise, Self::Odoo, Self::Postgresql, Self::None];

    /// The name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Recognise => "recognise",
            Self::Odoo => "odoo",
            Self::Postgresql => "postgresql",
            Self::None => "none",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The database it speaks of, where that is a tenant's; never the ones that every server has.
    pub database: Option<String>,
    /// When it was written, where the line says so without leaving the time zone open.
    pub at: Option<Timestamp>,
    /// The numbers in it.
    pub facts: Vec<Fact>,
    /// What it says about a lock.
    pub lock: Option<LockPart>,
}

/// Reads a line; `None` when it is not of this format, or nothing in it is a number of a known signal or about a lock.
#[must_use]
pub fn read(format: LogFormat, line: &Line<'_>) -> Option<Reading> {
    let reading = match format {
        LogFormat::None => None,
        LogFormat::Odoo => odoo::read(line),
        LogFormat::Postgresql => postgresql::read(line),
        LogFormat::Recognise => recognise(line),
    };
    reading.filter(|reading| !reading.facts.is_empty() || reading.lock.is_some())
}

/// What a line's own shape says, where no other program writes such lines; else what the agent says of a part of one.
fn recognise(line: &Line<'_>) -> Option<Reading> {
    let text = line.body.trim_start();
    if odoo::is_whole(text) {
        return odoo::read(line);
    }
    if postgresql::is_whole(text) {
        return postgresql::read(line);
    }
    if odoo::is_part(line) {
        return odoo::read(line);
    }
    if postgresql::is_part(line) {
        return postgresql::read(line);
    }
    None
}

/// The database of a tenant: what is left when those are taken away that every PostgreSQL server has, and what the programs
/// write when there is none.
fn tenants_database(name: &str) -> Option<String> {
    let is_nobodys = matches!(name, "" | "?" | "[unknown]" | "postgres" | "template0" | "template1");
    (!is_nobodys).then(|| name.to_owned())
}

/// The moment `time` in `layout`, if it is read as UTC.
fn utc(layout: &str, time: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime(layout, time).ok()?;
    let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp(moment.as_millisecond()))
}

/// A duration or a size that a line may claim: finite and not negative, else it is no number of ours.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests;
