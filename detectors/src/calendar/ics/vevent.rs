//! One event of an iCalendar file: what its lines say, and its days.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, ToSpan};

use super::line::{Line, unescape};
use super::moment::{Clock, Moment, translate};
use super::recurrence::Recurrence;
use super::{IcsError, Occurrence};
use crate::calendar::YEARS;

/// Most days that one occurrence may last.
const LONGEST: i32 = 366;

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vevent {
    pub line: u32,
    pub uid: String,
    /// Which occurrence of the event with the same `uid` this one stands for.
    pub replaces: Option<Moment>,
    summary: String,
    start: Moment,
    /// From the start to the end, by the clock of the start.
    length: SignedDuration,
    rule: Option<Recurrence>,
    further: Vec<Moment>,
    except: Vec<Moment>,
    cancelled: bool,
}

/// An event whose lines are being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    line: u32,
    uid: String,
    summary: String,
    replaces: Option<Moment>,
    start: Option<Moment>,
    end: Option<(u32, Moment)>,
    duration: Option<SignedDuration>,
    rule: Option<Recurrence>,
    further: Vec<Moment>,
    except: Vec<Moment>,
    cancelled: bool,
    wrong: bool,
}

impl Draft {
    /// An event that begins on this line.
    pub fn new(line: u32) -> Self {
        Self { line, ..Self::default() }
    }

    /// Takes a line of the event.
    pub fn take(&mut self, number: u32, line: &Line) -> Result<(), String> {
        let taken = self.read(number, line);
        self.wrong |= taken.is_err();
        taken
    }

    fn read(&mut self, number: u32, line: &Line) -> Result<(), String> {
        match line.name.as_str() {
            "UID" => self.uid.clone_from(&line.value),
            "SUMMARY" => self.summary = unescape(&line.value),
            "STATUS" => self.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => self.start = Some(Moment::one(line)?),
            "DTEND" => self.end = Some((number, Moment::one(line)?)),
            "DURATION" => self.duration = Some(parse_duration(&line.value)?),
            "RRULE" if self.rule.is_some() => return Err("the event has a second RRULE".to_owned()),
            "RRULE" => self.rule = Some(Recurrence::parse(&line.value)?),
            "RDATE" => self.further.extend(Moment::list(line)?),
            "EXDATE" => self.except.extend(Moment::list(line)?),
            "RECURRENCE-ID" if line.parameter("RANGE").is_some() => {
                return Err("a RECURRENCE-ID with a RANGE is not read".to_owned());
            }
            "RECURRENCE-ID" => self.replaces = Some(Moment::one(line)?),
            "EXRULE" => return Err("EXRULE is not read; write EXDATE".to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// The event; none if a line of it was wrong. A cancelled one still replaces an occurrence, with nothing.
    pub fn finish(self) -> Result<Option<Vevent>, IcsError> {
        if self.wrong {
            return Ok(None);
        }
        let line = self.line;
        let Some(start) = self.start else {
            return Err(IcsError { line, problem: "the event has no DTSTART".to_owned() });
        };
        let length = match (self.end, self.duration) {
            (Some((line, end)), _) => length_between(&start, &end).map_err(|problem| IcsError { line, problem })?,
            (None, Some(duration)) => duration,
            (None, None) => SignedDuration::ZERO,
        };
        if length > SignedDuration::from_hours(24 * i64::from(LONGEST)) {
            return Err(IcsError { line, problem: format!("the event lasts more than {LONGEST} days") });
        }
        if self.cancelled && self.replaces.is_none() {
            return Ok(None);
        }
        let (uid, summary, replaces) = (self.uid, self.summary, self.replaces);
        let (rule, further, except, cancelled) = (self.rule, self.further, self.except, self.cancelled);
        Ok(Some(Vevent { line, uid, replaces, summary, start, length, rule, further, except, cancelled }))
    }
}

/// How long an event lasts. Whole days end with the day before DTEND.
fn length_between(start: &Moment, end: &Moment) -> Result<SignedDuration, String> {
    if (start.clock == Clock::WholeDay) != (end.clock == Clock::WholeDay) {
        return Err("DTSTART and DTEND must both be dates or both be times".to_owned());
    }
    let length = end.by(&start.clock).duration_since(start.civil);
    if length.is_negative() { Err("DTEND is before DTSTART".to_owned()) } else { Ok(length) }
}

/// `P1D`, `PT8H` or `P2W`.
fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no duration; write P1D or PT8H");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if length.is_negative() { Err(wrong()) } else { Ok(length) }
}

impl Vevent {
    /// The date that `moment` has by the clock of the event.
    pub fn day_of(&self, moment: &Moment) -> Date {
        moment.by(&self.start.clock).date()
    }

    /// The days of the event by the clocks of `zone`, without those in `moved`; none where there would be more than
    /// `limit`.
    pub fn occurrences(&self, zone: &TimeZone, moved: &BTreeSet<Date>, limit: usize) -> Option<Vec<Occurrence>> {
        if self.cancelled {
            return Some(Vec::new());
        }
        let mut dates: BTreeSet<Date> = match &self.rule {
            Some(rule) => rule.dates(self.start.civil, &self.start.clock).into_iter().collect(),
            None => BTreeSet::from([self.start.civil.date()]),
        };
        dates.extend(self.further.iter().map(|moment| self.day_of(moment)));
        for moment in &self.except {
            dates.remove(&self.day_of(moment));
        }
        let kept = dates.into_iter().filter(|date| !moved.contains(date) && YEARS.contains(&date.year()));
        let found: Vec<Occurrence> = kept.filter_map(|date| self.occurrence(zone, date)).collect();
        (found.len() <= limit).then_some(found)
    }

    fn occurrence(&self, zone: &TimeZone, date: Date) -> Option<Occurrence> {
        let start: DateTime = date.to_datetime(self.start.civil.time());
        let end = start.checked_add(self.length).ok()?;
        let in_zone = |civil: DateTime| match &self.start.clock {
            Clock::Zone(own) => translate(civil, own, zone),
            _ => civil,
        };
        let (first, end) = (in_zone(start).date(), in_zone(end));
        // An end at midnight is the end of the day before.
        let last = end.checked_sub(1.nanosecond()).ok()?.date();
        Some(Occurrence { first, last: last.max(first), summary: self.summary.clone() })
    }
}
