//! The public holidays of countries, computed from the rules in `calendars/`.
//!
//! The files are part of the program: a calendar must be the same on any machine. Each names its sources and says what it
//! does not know, such as holidays that follow the moon or differ between regions.

mod rule;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::YEARS;
use rule::{HolidayRule, Move};

/// Code of a country by ISO 3166-1 and its rules.
const FILES: [(&str, &str); 28] = [
    ("AE", include_str!("../../calendars/ae.rules")),
    ("AT", include_str!("../../calendars/at.rules")),
    ("AU", include_str!("../../calendars/au.rules")),
    ("BE", include_str!("../../calendars/be.rules")),
    ("BR", include_str!("../../calendars/br.rules")),
    ("CA", include_str!("../../calendars/ca.rules")),
    ("CH", include_str!("../../calendars/ch.rules")),
    ("CZ", include_str!("../../calendars/cz.rules")),
    ("DE", include_str!("../../calendars/de.rules")),
    ("DK", include_str!("../../calendars/dk.rules")),
    ("ES", include_str!("../../calendars/es.rules")),
    ("FI", include_str!("../../calendars/fi.rules")),
    ("FR", include_str!("../../calendars/fr.rules")),
    ("GB", include_str!("../../calendars/gb.rules")),
    ("IE", include_str!("../../calendars/ie.rules")),
    ("IN", include_str!("../../calendars/in.rules")),
    ("IT", include_str!("../../calendars/it.rules")),
    ("JP", include_str!("../../calendars/jp.rules")),
    ("LU", include_str!("../../calendars/lu.rules")),
    ("MX", include_str!("../../calendars/mx.rules")),
    ("NL", include_str!("../../calendars/nl.rules")),
    ("NO", include_str!("../../calendars/no.rules")),
    ("NZ", include_str!("../../calendars/nz.rules")),
    ("PL", include_str!("../../calendars/pl.rules")),
    ("PT", include_str!("../../calendars/pt.rules")),
    ("SE", include_str!("../../calendars/se.rules")),
    ("US", include_str!("../../calendars/us.rules")),
    ("ZA", include_str!("../../calendars/za.rules")),
];

/// A country and the days of its public holidays in [`YEARS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    code: &'static str,
    days: BTreeMap<Date, &'static str>,
}

impl Country {
    /// The codes of the countries whose holidays are known, in alphabetical order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        FILES.into_iter().map(|(code, _)| code)
    }

    /// The country with this code, in any case of letters.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        let (code, text) = FILES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(code))?;
        // That every line can be read is what a test looks at.
        let rules: Vec<HolidayRule> = rule_lines(text).filter_map(HolidayRule::parse).collect();
        Some(Self { code, days: days_of(&rules) })
    }

    /// Its code by ISO 3166-1.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The name of the holiday on `date`.
    #[must_use]
    pub fn name_of(&self, date: Date) -> Option<&str> {
        self.days.get(&date).copied()
    }

    /// Its holidays in `year`, also those on a weekend.
    pub fn holidays(&self, year: i16) -> impl Iterator<Item = (Date, &str)> {
        self.days.iter().filter(move |(date, _)| date.year() == year).map(|(date, name)| (*date, *name))
    }
}

fn rule_lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// First the days themselves, because a day that moves looks for one that is free.
fn days_of(rules: &[HolidayRule]) -> BTreeMap<Date, &'static str> {
    let mut days = BTreeMap::new();
    let mut moving = Vec::new();
    // A day may move into the year before.
    for year in *YEARS.start() - 1..=*YEARS.end() + 1 {
        for rule in rules {
            let Some(date) = rule.date(year) else { continue };
            days.insert(date, rule.name);
            if rule.moves != Move::Never {
                moving.push((date, rule));
            }
        }
    }
    for (date, rule) in moving {
        let moved = rule.moves.apply(date, |day| days.contains_key(&day));
        days.extend(moved.filter(|moved| *moved != date).map(|moved| (moved, rule.name)));
    }
    for rule in rules.iter().filter(|rule| rule.is_between()) {
        fill_between(&mut days, rule.name);
    }
    days.retain(|date, _| YEARS.contains(&date.year()));
    days
}

/// A day between two holidays becomes one.
fn fill_between(days: &mut BTreeMap<Date, &'static str>, name: &'static str) {
    let between: Vec<Date> = days
        .keys()
        .filter_map(|date| Some((date.tomorrow().ok()?, date.tomorrow().ok()?.tomorrow().ok()?)))
        .filter(|(middle, after)| !days.contains_key(middle) && days.contains_key(after))
        .filter(|(middle, _)| middle.weekday() != jiff::civil::Weekday::Sunday)
        .map(|(middle, _)| middle)
        .collect();
    days.extend(between.into_iter().map(|middle| (middle, name)));
}

#[cfg(test)]
mod tests;
