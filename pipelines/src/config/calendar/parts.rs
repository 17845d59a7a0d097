//! The keys of one calendar, each read or inherited, and the calendar that they make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use config::{Value, ValueKind};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use tidewatch_detectors::calendar::{
    BusinessDays, Calendar, Country, Holidays, Member, Pattern, Periods, Weekdays, YearStart,
};

use super::event::EventParts;
use super::files::File;
use super::{Known, dates, event, shared, zone};
use crate::config::error::Wrong;
use crate::config::section::Section;
use crate::config::value::shown;

/// The countries that were asked for, by code.
pub(super) type Countries = BTreeMap<&'static str, Arc<Country>>;

/// The keys of one calendar.
#[derive(Clone)]
pub(super) struct Parts {
    zone: TimeZone,
    country: Option<Arc<Country>>,
    weekend: Weekdays,
    holidays: Vec<Date>,
    workdays: Vec<Date>,
    files: Vec<Arc<File>>,
    year: (i8, i8),
    pattern: Option<Pattern>,
    week: Weekday,
    events: Vec<EventParts>,
    class: String,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            country: None,
            weekend: Weekdays::SATURDAY_AND_SUNDAY,
            holidays: Vec::new(),
            workdays: Vec::new(),
            files: Vec::new(),
            year: (1, 1),
            pattern: None,
            week: Weekday::Monday,
            events: Vec::new(),
            class: String::new(),
        }
    }
}

/// Reads a calendar that inherits from `base`.
pub(super) fn read(section: &mut Section, base: &Parts, known: &mut Known) -> Parts {
    let mut parts = base.clone();
    if section.offers("time_zone") {
        parts.zone = section.parse("time_zone", TimeZone::UTC, zone::read);
    }
    if section.offers("country") {
        parts.country = section.parse("country", None, |value| read_country(value, &mut known.countries));
    }
    if section.offers("weekend") {
        parts.weekend = read_weekend(section);
    }
    if section.offers("holidays") {
        parts.holidays = dates::single(section, "holidays");
    }
    if section.offers("workdays") {
        parts.workdays = dates::single(section, "workdays");
    }
    if section.offers("files") {
        parts.files = known.files.read(section, "files");
    }
    read_year(section, &mut parts);
    if section.offers("events") {
        parts.events = event::read(section, &mut known.files);
    }
    if section.offers("class") {
        parts.class = section.parse("class", String::new(), read_class);
    }
    parts
}

fn read_year(section: &mut Section, parts: &mut Parts) {
    let patterns = [
        ("months", None),
        ("4-4-5", Some(Pattern::FourFourFive)),
        ("4-5-4", Some(Pattern::FourFiveFour)),
        ("5-4-4", Some(Pattern::FiveFourFour)),
    ];
    if section.offers("fiscal_year_start") {
        parts.year = section.parse("fiscal_year_start", (1, 1), dates::year_start);
    }
    if section.offers("periods") {
        parts.pattern = section.choice("periods", patterns, None);
    }
    if section.offers("first_weekday") {
        parts.week = section.choice("first_weekday", dates::WEEKDAYS, Weekday::Monday);
    }
}

fn read_country(value: &Value, countries: &mut Countries) -> Result<Option<Arc<Country>>, Wrong> {
    let ValueKind::String(code) = &value.kind else { return Err(no_country(value)) };
    if code.trim() == "none" {
        return Ok(None);
    }
    let code = code.trim();
    if let Some((_, country)) = countries.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)) {
        return Ok(Some(Arc::clone(country)));
    }
    let country = Arc::new(Country::named(code).ok_or_else(|| no_country(value))?);
    countries.insert(country.code(), Arc::clone(&country));
    Ok(Some(country))
}

fn no_country(value: &Value) -> Wrong {
    let codes: Vec<&str> = Country::codes().collect();
    let problem = format!("{} is not a country whose holidays are known", shown(value));
    Wrong::new(problem, format!("write none and give files or holidays, or one of {}", codes.join(", ")))
}

fn read_weekend(section: &mut Section) -> Weekdays {
    let origin = section.origin("weekend");
    let weekend = dates::weekdays(section, "weekend");
    if weekend == Weekdays::ALL {
        section.refuse("weekend", &origin, Wrong::new("no day is left for work", "leave one out"));
    }
    weekend
}

fn read_class(value: &Value) -> Result<String, Wrong> {
    match &value.kind {
        ValueKind::String(text) => Ok(text.trim().to_owned()),
        _ => Err(Wrong::new(format!("{} is not a text", shown(value)), "put it in quotes")),
    }
}

impl Parts {
    /// The calendar of these keys; what it has in common with `like` is not held twice.
    pub fn member(&self, section: &mut Section, like: Option<&Member>) -> Member {
        let like = like.map(|member| &member.calendar);
        let holidays = shared(self.holidays(section), like.map(|calendar| &calendar.business.holidays));
        let events = self.events.iter().map(|event| event.made(section, &self.zone)).collect();
        let calendar = Calendar {
            zone: self.zone.clone(),
            business: BusinessDays { weekend: self.weekend, holidays },
            periods: self.periods(),
            events,
        };
        Member { calendar: shared(calendar, like), class: self.class.as_str().into() }
    }

    fn periods(&self) -> Periods {
        let (month, day) = self.year;
        match (YearStart::new(month, day), self.pattern) {
            (Some(start), None) => Periods::Months(start),
            (Some(start), Some(pattern)) => Periods::Weeks { start, on: self.week, pattern },
            (None, _) => Periods::default(),
        }
    }

    fn holidays(&self, section: &mut Section) -> Holidays {
        let mut own = BTreeMap::new();
        for file in &self.files {
            for occurrence in file.occurrences(section, &self.zone) {
                let days = dates::days(occurrence.first, occurrence.last);
                own.extend(days.map(|day| (day, occurrence.summary.clone())));
            }
        }
        for day in &self.holidays {
            own.entry(*day).or_default();
        }
        let workdays: BTreeSet<Date> = self.workdays.iter().copied().collect();
        Holidays { country: self.country.clone(), own, workdays }
    }
}
