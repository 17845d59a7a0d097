//! Dates, ranges of dates and weekdays, as people write them.

use config::{Value, ValueKind};
use jiff::civil::{Date, Weekday};
use tidewatch_detectors::calendar::{Weekdays, YearStart};

use crate::config::error::Wrong;
use crate::config::section::Section;
use crate::config::value::{origin_of, shown};

/// Longest range of dates.
const LONGEST: usize = 366;

/// Names of weekdays.
pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The days from `first` to `last`.
pub(super) fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last)
}

/// Every day that a list of dates and ranges names.
pub(super) fn single(section: &mut Section, key: &str) -> Vec<Date> {
    ranges(section, key).into_iter().flat_map(|(first, last)| days(first, last)).collect()
}

/// A list of `2026-12-24` and `2026-12-24..2026-12-31`.
pub(super) fn ranges(section: &mut Section, key: &str) -> Vec<(Date, Date)> {
    items(section, key, range)
}

/// A set of weekdays; may be empty.
pub(super) fn weekdays(section: &mut Section, key: &str) -> Weekdays {
    items(section, key, weekday).into_iter().collect()
}

/// The day of a year on which a fiscal year starts, such as `04-01`.
pub(super) fn year_start(value: &Value) -> Result<(i8, i8), Wrong> {
    let parsed = match &value.kind {
        ValueKind::String(text) => text.trim().split_once('-'),
        _ => None,
    };
    let parsed = parsed.and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    parsed.filter(|(month, day)| YearStart::new(*month, *day).is_some()).ok_or_else(|| {
        Wrong::new(
            format!("{} is not a day that every year has", shown(value)),
            "write a month and a day such as 04-01",
        )
    })
}

/// The items of a list that may be empty, or of a text with commas as the environment has it. Every item that is wrong is
/// refused on its own.
pub(super) fn items<T>(section: &mut Section, key: &str, read: impl Fn(&Value) -> Result<T, Wrong>) -> Vec<T> {
    let values = section.parse(key, Vec::new(), |value| match &value.kind {
        ValueKind::Array(items) => Ok(items.clone()),
        ValueKind::String(text) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Ok(parts.map(|part| Value::new(value.origin().map(str::to_owned).as_ref(), part)).collect())
        }
        _ => Err(Wrong::new(format!("{} is not a list", shown(value)), "write [one, another]")),
    });
    let mut found = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match read(value) {
            Ok(item) => found.push(item),
            Err(wrong) => section.refuse(&format!("{key}[{index}]"), &origin_of(value), wrong),
        }
    }
    found
}

fn range(value: &Value) -> Result<(Date, Date), Wrong> {
    let ValueKind::String(text) = &value.kind else { return Err(no_date(value)) };
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let parse = |text: &str| text.trim().parse::<Date>().map_err(|_| no_date(value));
    let (first, last) = (parse(first)?, parse(last)?);
    if last < first {
        return Err(Wrong::new(format!("{text:?} ends before it begins"), "write the earlier date first"));
    }
    if days(first, last).nth(LONGEST).is_some() {
        return Err(Wrong::new(format!("{text:?} is longer than {LONGEST} days"), "write a shorter range"));
    }
    Ok((first, last))
}

fn no_date(value: &Value) -> Wrong {
    let problem = format!("{} is not a date", shown(value));
    Wrong::new(problem, "write one such as 2026-12-24, or 2026-12-24..2026-12-31")
}

fn weekday(value: &Value) -> Result<Weekday, Wrong> {
    let found = match &value.kind {
        ValueKind::String(text) => WEEKDAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())),
        _ => None,
    };
    let names = WEEKDAYS.map(|(name, _)| name).join(", ");
    let wrong = || Wrong::new(format!("{} is not a weekday", shown(value)), format!("write one of {names}"));
    found.map(|(_, weekday)| *weekday).ok_or_else(wrong)
}
