//! Reads the days of iCalendar files (RFC 5545), as calendar programs and authorities publish them.
//!
//! Of a calendar only the events matter, and of an event only its days and its summary. Everything that would change its
//! days is understood or refused with its line; nothing is skipped silently.

mod expand;
mod line;
mod moment;
mod recurrence;
mod vevent;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use line::Line;
use moment::Moment;
use vevent::Vevent;

/// Most days that the events of one file may have together.
const DAYS_LIMIT: usize = 20_000;

/// The events of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ics {
    events: Vec<Vevent>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcsError {
    /// The line, from 1; of a folded line the first.
    pub line: u32,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for IcsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// The days of one occurrence of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// What the event is called; may be empty.
    pub summary: String,
}

impl Ics {
    /// Reads a file. Never panics, whatever the bytes are.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<IcsError>> {
        let mut reading = Reading::default();
        for (number, bytes) in line::unfold(bytes) {
            let read = Line::parse(&bytes).and_then(|line| reading.take(number, &line));
            if let Err(problem) = read {
                reading.errors.push(IcsError { line: number, problem });
            }
        }
        reading.finish()
    }

    /// The days of all events, without those that an event of its own replaces, as the clocks of `zone` have them, within [`YEARS`](super::YEARS) and in order.
    pub fn occurrences(&self, zone: &TimeZone) -> Result<Vec<Occurrence>, IcsError> {
        let mut replaced: BTreeMap<&str, Vec<&Moment>> = BTreeMap::new();
        for event in &self.events {
            replaced.entry(&event.uid).or_default().extend(&event.replaces);
        }
        let mut found = BTreeSet::new();
        for event in &self.events {
            let room = DAYS_LIMIT.saturating_sub(found.len());
            let moved = replaced.get(event.uid.as_str()).filter(|_| event.replaces.is_none());
            let moved = moved.into_iter().flatten().map(|moment| event.day_of(moment)).collect();
            let occurrences = event.occurrences(zone, &moved, room);
            let too_many = || IcsError {
                line: event.line,
                problem: format!("with this event there are more than {DAYS_LIMIT} days"),
            };
            found.extend(occurrences.ok_or_else(too_many)?);
        }
        Ok(found.into_iter().collect())
    }
}

/// A file that is being read.
#[derive(Debug, Default)]
struct Reading {
    /// The components that are open, and the line on which each began.
    open: Vec<(String, u32)>,
    event: Option<vevent::Draft>,
    events: Vec<Vevent>,
    errors: Vec<IcsError>,
}

impl Reading {
    fn take(&mut self, number: u32, line: &Line) -> Result<(), String> {
        match line.name.as_str() {
            "BEGIN" => {
                let component = line.value.to_ascii_uppercase();
                if self.open.is_empty() && component != "VCALENDAR" {
                    return Err(format!("{component} is outside of a VCALENDAR"));
                }
                if component == "VEVENT" {
                    self.event = Some(vevent::Draft::new(number));
                }
                self.open.push((component, number));
                Ok(())
            }
            "END" => self.end(&line.value.to_ascii_uppercase()),
            _ if self.open.is_empty() => Err(format!("{} is outside of a VCALENDAR", line.name)),
            _ => {
                let is_in_event = self.open.last().is_some_and(|(component, _)| component == "VEVENT");
                match self.event.as_mut().filter(|_| is_in_event) {
                    Some(event) => event.take(number, line),
                    None => Ok(()),
                }
            }
        }
    }

    fn end(&mut self, component: &str) -> Result<(), String> {
        match self.open.pop() {
            Some((open, _)) if open == component => {}
            Some((open, number)) => {
                let problem = format!("END:{component} where {open} of line {number} should end");
                self.open.push((open, number));
                return Err(problem);
            }
            None => return Err(format!("END:{component} without its BEGIN")),
        }
        if component == "VEVENT"
            && let Some(draft) = self.event.take()
        {
            match draft.finish() {
                Ok(event) => self.events.extend(event),
                Err(error) => self.errors.push(error),
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Ics, Vec<IcsError>> {
        for (component, line) in &self.open {
            self.errors.push(IcsError { line: *line, problem: format!("{component} does not end") });
        }
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(Ics { events: self.events }) } else { Err(self.errors) }
    }
}

#[cfg(test)]
mod tests;
