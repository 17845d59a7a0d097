//! The section `incidents`: how much which matters, what is recorded without paging anybody, and how people are kept at it.

use std::time::Duration;

use config::{Value, ValueKind};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use tidewatch_detectors::calendar::Weekdays;
use tidewatch_detectors::grouping::{DayKind, Patience, SeverityRule, Silence, When};
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::incident::{Kind, Severity};

use super::calendar::zone;
use super::error::Wrong;
use super::pager::optional_truth;
use super::section::Section;
use super::value::shown;
use super::{DAY, millis};

/// Names of severities.
pub(super) const SEVERITIES: [(&str, Severity); 4] = [
    ("info", Severity::Info),
    ("warning", Severity::Warning),
    ("error", Severity::Error),
    ("critical", Severity::Critical),
];
/// What may be promised of a signal.
const PROMISE: std::ops::RangeInclusive<f64> = -1e18..=1e18;
const KINDS: [(&str, Kind); 5] = [
    ("unusual", Kind::Unusual),
    ("silent", Kind::Silent),
    ("slow", Kind::Slow),
    ("failing", Kind::Failing),
    ("data_loss", Kind::DataLoss),
];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// How incidents are told.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentsConfig {
    /// How people are kept at it.
    pub patience: Patience,
    /// What is recorded without paging anybody.
    pub silences: Vec<Silence>,
    /// How much what matters; the first that fits decides.
    pub severities: Vec<SeverityRule>,
}

pub(super) fn read(section: &mut Section) -> IncidentsConfig {
    let patience = Patience {
        remind_after_ms: millis(section.duration("remind_after", Duration::ZERO..=7 * DAY)),
        escalate_after_ms: millis(section.duration("escalate_after", Duration::ZERO..=7 * DAY)),
        escalate_from: Some(section.choice("escalate_from", SEVERITIES, Severity::Error)),
    };
    IncidentsConfig {
        patience,
        silences: section.list("silences", read_silence),
        severities: section.list("severities", read_severity),
    }
}

fn read_silence(section: &mut Section) -> Silence {
    Silence {
        name: section.text("name"),
        pools: names(section, "pools"),
        tenants: names(section, "tenants"),
        resources: names(section, "resources"),
        signals: texts(section, "signals"),
        when: read_when(section),
    }
}

fn read_when(section: &mut Section) -> When {
    let is_weekly = section.offers("hours");
    if !is_weekly {
        let [begin, end] = ["from", "to"].map(|key| section.parse(key, Timestamp(0), moment_of));
        if begin >= end {
            let wrong =
                Wrong::new(format!("the silence ends at {end}, which is not after {begin}"), "write a later end");
            section.refuse("to", "", wrong);
        }
        return When::Once(begin, end);
    }
    let (from, to) = section.parse("hours", (Time::MIN, Time::MAX), hours_of);
    let zone =
        if section.offers("time_zone") { section.parse("time_zone", TimeZone::UTC, zone::read) } else { TimeZone::UTC };
    let days = if section.offers("days") {
        let days = section.texts("days", |text| named(text, &WEEKDAYS, "weekday").map(drop));
        days.iter().filter_map(|text| named(text, &WEEKDAYS, "weekday").ok()).collect()
    } else {
        Weekdays::ALL
    };
    When::Weekly { zone, days, from, to }
}

fn read_severity(section: &mut Section) -> SeverityRule {
    let days = [("business", DayKind::Business), ("rest", DayKind::Rest), ("period_end", DayKind::PeriodEnd)];
    let kinds = texts_of(section, "kinds", &KINDS, "kind of incident");
    SeverityRule {
        kinds,
        pools: names(section, "pools"),
        tenants: names(section, "tenants"),
        signals: texts(section, "signals"),
        felt: section.offers("felt").then(|| optional_truth(section, "felt")),
        victims: if section.offers("victims") { section.whole("victims", 0..=100_000) as usize } else { 0 },
        above: section.offers("above").then(|| section.number("above", PROMISE)),
        below: section.offers("below").then(|| section.number("below", PROMISE)),
        day: section.offers("day").then(|| section.choice("day", days, DayKind::Business)),
        severity: section.choice("severity", SEVERITIES, Severity::Error),
        why: section.text("why"),
    }
}

fn texts(section: &mut Section, key: &str) -> Vec<String> {
    if section.offers(key) { section.texts(key, |_| Ok(())) } else { Vec::new() }
}

fn names<T: for<'a> From<&'a str>>(section: &mut Section, key: &str) -> Vec<T> {
    texts(section, key).iter().map(|text| T::from(text.as_str())).collect()
}

fn texts_of<T: Copy>(section: &mut Section, key: &str, known: &[(&str, T)], what: &str) -> Vec<T> {
    if !section.offers(key) {
        return Vec::new();
    }
    let texts = section.texts(key, |text| named(text, known, what).map(drop));
    texts.iter().filter_map(|text| named(text, known, what).ok()).collect()
}

fn named<T: Copy>(text: &str, known: &[(&str, T)], what: &str) -> Result<T, Wrong> {
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Wrong::new(format!("{text:?} is no {what}"), format!("write some of {}", names.join(", ")))
    })
}

fn moment_of(value: &Value) -> Result<Timestamp, Wrong> {
    let parsed = match &value.kind {
        ValueKind::String(text) => text.trim().parse::<jiff::Timestamp>().ok(),
        _ => None,
    };
    let moment = parsed.map(|moment| Timestamp(moment.as_millisecond()));
    let wrong = || Wrong::new(format!("{} is no moment", shown(value)), "write one such as 2026-11-25T22:00:00Z");
    moment.ok_or_else(wrong)
}

/// `22:00-04:00`: from when until when, by the clock on the wall.
fn hours_of(value: &Value) -> Result<(Time, Time), Wrong> {
    let parsed = match &value.kind {
        ValueKind::String(text) => text.split_once('-').and_then(|(from, to)| Some((time_of(from)?, time_of(to)?))),
        _ => None,
    };
    let wrong = || Wrong::new(format!("{} are no hours", shown(value)), "write two times such as 22:00-04:00");
    parsed.filter(|(from, to)| from != to).ok_or_else(wrong)
}

fn time_of(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests;
