//! What day it is for a tenant: its civil time, and what the business calendar says about the day.
//!
//! Everything is a function of an instant and of the calendar, which is data: the time zone database and the holidays of
//! countries are part of the program, so the same instant is the same day on any machine. Finding a day costs some
//! microseconds, and therefore [`Today`] keeps the one that was asked for last.
//!
//! | module | knows |
//! |---|---|
//! | `day` | what a day is for the detectors |
//! | `zone` | where a civil day begins and ends |
//! | `weekdays`, `business` | which days are business days |
//! | `period` | where accounting periods end |
//! | `event` | which days have a name of their own, such as payroll |
//! | `country` | the public holidays of countries |
//! | `ics` | the days in iCalendar files |
//! | `tenants` | which calendar is whose |

mod business;
mod country;
mod day;
mod event;
pub mod ics;
mod period;
mod tenants;
mod weekdays;
mod zone;

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tidewatch_schemas::Timestamp;

pub use business::{BusinessDays, Holidays};
pub use country::Country;
pub use day::{Day, Feature, Features};
pub use event::{Event, Rule, Shift};
pub use period::{Close, Pattern, Period, Periods, YearStart};
pub use tenants::{Calendars, Member};
pub use weekdays::Weekdays;
pub use zone::{zone_named, zone_names};

/// The years that rules are followed through: those of holidays and those that repeat an event. Outside of them a calendar
/// knows weekends and period ends only.
pub const YEARS: std::ops::RangeInclusive<i16> = 2010..=2045;

/// The civil time and the business days of a tenant. The default is UTC, a weekend of Saturday and Sunday, no holidays and
/// calendar months.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Where the days of the tenant begin.
    pub zone: TimeZone,
    /// On which days it works.
    pub business: BusinessDays,
    /// Its accounting periods.
    pub periods: Periods,
    /// Its named events, of which the first four count.
    pub events: Vec<Event>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, business: BusinessDays::default(), periods: Periods::default(), events: Vec::new() }
    }
}

impl Calendar {
    /// The day that holds `at`. Instants outside of the years -9999 to 9999 are days in UTC with nothing special.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Day {
        let Some((civil, date)) = zone::civil_day(&self.zone, at) else { return Day::utc(at) };
        let is_rest = !self.business.has(date);
        Day { weekday: self.business.habits(date), is_rest, features: self.features(date), ..civil }
    }

    /// When the civil day ends that holds `at`.
    #[must_use]
    pub fn civil_day_end(&self, at: Timestamp) -> Timestamp {
        let day = self.day(at);
        // A day on which clocks are changed consists of two.
        let rest = self.day(day.until);
        if rest.number == day.number { rest.until } else { day.until }
    }

    /// The same calendar, in which the days from the one of `from` to the one of `until` count as the event `name`; `None` when
    /// it has no such event.
    #[must_use]
    pub fn with_event(&self, name: &str, (from, until): (Timestamp, Timestamp)) -> Option<Self> {
        let mut calendar = self.clone();
        let (first, last) = (zone::civil_day(&self.zone, from)?.1, zone::civil_day(&self.zone, until + -1)?.1);
        let event = calendar.events.iter_mut().find(|event| event.name == name)?;
        event.rules.push(Rule::Dates(vec![(first, last)]));
        Some(calendar)
    }

    /// What is special about `date`.
    #[must_use]
    pub fn features(&self, date: Date) -> Features {
        let period = self.periods.holding(date);
        let mut features = match period.filter(|_| self.business.has(date)) {
            Some(period) => self.place_in(&period, date),
            None => Features::default(),
        };
        if self.business.is_holiday(date) {
            features = features.with(Feature::Holiday);
        }
        for (feature, event) in Feature::EVENTS.into_iter().zip(&self.events) {
            if event.falls_on(date, &self.business, self.periods) {
                features = features.with(feature);
            }
        }
        features
    }

    /// The name of the event that `feature` stands for.
    #[must_use]
    pub fn event_name(&self, feature: Feature) -> Option<&str> {
        let index = Feature::EVENTS.iter().position(|event| *event == feature)?;
        self.events.get(index).map(|event| event.name.as_str())
    }

    /// Which of the first and last business days of `period` the business day `date` is.
    fn place_in(&self, period: &Period, date: Date) -> Features {
        let mut features = Features::default();
        match self.business.count_after(date, period.last, 3) {
            0 => features = features.with(Feature::Last),
            1 => features = features.with(Feature::SecondLast),
            2 => features = features.with(Feature::ThirdLast),
            _ => {}
        }
        match self.business.count_before(date, period.first, 2) {
            0 => features = features.with(Feature::First),
            1 => features = features.with(Feature::Second),
            _ => {}
        }
        let is_end = features.has(Feature::Last) || features.has(Feature::SecondLast);
        match period.closes {
            Close::Quarter if is_end => features.with(Feature::QuarterEnd),
            Close::Year if is_end => features.with(Feature::YearEnd),
            _ => features,
        }
    }
}

/// A calendar with the day that was asked for last at hand.
#[derive(Clone, Debug, Default)]
pub struct Today {
    calendar: Arc<Calendar>,
    day: Option<Day>,
}

impl Today {
    /// Nothing asked yet.
    #[must_use]
    pub fn new(calendar: Arc<Calendar>) -> Self {
        Self { calendar, day: None }
    }

    /// Whether someone said when the tenant works or closes its books: then its period ends matter. A time zone says nothing
    /// of the kind.
    #[must_use]
    pub fn is_given(&self) -> bool {
        let Calendar { zone: _, business, periods, events } = self.calendar.as_ref();
        !events.is_empty() || *business != BusinessDays::default() || *periods != Periods::default()
    }

    /// The calendar.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The day that holds `at`.
    pub fn at(&mut self, at: Timestamp) -> Day {
        if let Some(day) = self.day.filter(|day| day.holds(at)) {
            return day;
        }
        *self.day.insert(self.calendar.day(at))
    }
}

#[cfg(test)]
mod tests;
