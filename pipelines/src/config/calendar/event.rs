//! The named events of a calendar: at most four kinds, each with dates, files or rules.

use std::sync::Arc;

use config::{Value, ValueKind};
use jiff::tz::TimeZone;
use tidewatch_detectors::calendar::{Event, Feature, Rule, Shift};

use super::dates;
use super::files::{File, Files};
use crate::config::error::Wrong;
use crate::config::section::Section;
use crate::config::value::shown;

/// What can give an event its days.
const SOURCES: [&str; 5] = ["dates", "day_of_month", "business_day", "weekdays", "files"];
/// The furthest business day from the end of a period.
const FURTHEST: i64 = 20;

/// A kind of event, with files whose days depend on a time zone.
#[derive(Clone)]
pub(super) struct EventParts {
    name: String,
    rules: Vec<Rule>,
    files: Vec<Arc<File>>,
}

impl EventParts {
    /// The event as the clocks of `zone` have it.
    pub fn made(&self, section: &mut Section, zone: &TimeZone) -> Event {
        let mut rules = self.rules.clone();
        for file in &self.files {
            let days = file.occurrences(section, zone).into_iter().map(|day| (day.first, day.last));
            rules.push(Rule::Dates(days.collect()));
        }
        Event { name: self.name.clone(), rules }
    }
}

/// The events under `events`.
pub(super) fn read(section: &mut Section, files: &mut Files) -> Vec<EventParts> {
    let origin = section.origin("events");
    let events = section.list("events", |event| read_event(event, files));
    let limit = Feature::EVENTS.len();
    for (index, event) in events.iter().enumerate() {
        let key = format!("events[{index}]");
        if index >= limit {
            let problem = format!("{:?} is one more than the {limit} kinds of events of a calendar", event.name);
            section.refuse(&key, &origin, Wrong::new(problem, "give its days to another kind, or leave it out"));
        }
        let is_repeated = events.iter().take(index).any(|before| before.name == event.name);
        if is_repeated && !event.name.is_empty() {
            let problem = format!("there is another event {:?}", event.name);
            section.refuse(&key, &origin, Wrong::new(problem, "write both as one, or give it another name"));
        }
    }
    events
}

fn read_event(section: &mut Section, files: &mut Files) -> EventParts {
    let origin = section.origin("name");
    let name = section.text("name");
    let [has_dates, has_day, has_business_day, has_weekdays, has_files] = SOURCES.map(|key| section.offers(key));
    let mut rules = Vec::new();
    if has_dates {
        rules.push(Rule::Dates(dates::ranges(section, "dates")));
    }
    if has_day {
        let day = i8::try_from(section.whole("day_of_month", 1..=31)).unwrap_or(31);
        rules.push(Rule::DayOfMonth { day, shift: read_shift(section) });
    }
    if has_business_day {
        rules.push(Rule::BusinessDay(section.parse("business_day", 1, read_business_day)));
    }
    if has_weekdays {
        rules.push(Rule::Weekday(dates::weekdays(section, "weekdays")));
    }
    let files = if has_files { files.read(section, "files") } else { Vec::new() };
    if !(has_dates || has_day || has_business_day || has_weekdays || has_files) {
        let advice = format!("write one of {}", SOURCES.join(", "));
        section.refuse("name", &origin, Wrong::new(format!("the event {name:?} has no days"), advice));
    }
    EventParts { name, rules, files }
}

fn read_shift(section: &mut Section) -> Shift {
    let choices = [("stay", Shift::Stay), ("previous", Shift::Previous), ("next", Shift::Next)];
    if section.offers("move") { section.choice("move", choices, Shift::Stay) } else { Shift::Stay }
}

fn read_business_day(value: &Value) -> Result<i8, Wrong> {
    let number = match &value.kind {
        ValueKind::I64(number) => Some(*number),
        ValueKind::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| *number != 0 && (-FURTHEST..=FURTHEST).contains(number));
    number.and_then(|number| i8::try_from(number).ok()).ok_or_else(|| {
        let advice = format!(
            "write 1 for the first business day of a period, -1 for the last, up to {FURTHEST} and -{FURTHEST}"
        );
        Wrong::new(format!("{} is not a business day of a period", shown(value)), advice)
    })
}
