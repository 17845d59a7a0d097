//! The dates on which an event repeats, in order.
//!
//! Step by step through days, weeks, months or years: each step gives a set of dates, which the parts of the rule make
//! larger or smaller (RFC 5545, the table in section 3.3.10).

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::moment::Clock;
use super::recurrence::{Frequency, NthWeekday, Recurrence};
use crate::calendar::YEARS;

impl Recurrence {
    /// The dates of an event that begins at `start` by `clock`, up to the last of [`YEARS`].
    pub fn dates(&self, start: DateTime, clock: &Clock) -> Vec<Date> {
        let until = self.until.as_ref().map(|until| match until.clock {
            Clock::WholeDay => until.civil.date().at(23, 59, 59, 0),
            _ => until.by(clock),
        });
        let count = self.count.map_or(usize::MAX, |count| count as usize);
        let sets = (0..).map_while(|step: u32| self.set(start.date(), step.checked_mul(self.interval)?));
        let dates = sets.take_while(|set| set.begin.year() <= *YEARS.end()).flat_map(|set| set.dates);
        dates
            .filter(|date| *date >= start.date())
            .take_while(|date| until.is_none_or(|until| date.to_datetime(start.time()) <= until))
            .take_while(|date| date.year() <= *YEARS.end())
            .take(count)
            .collect()
    }

    /// The dates of the step that is so many days, weeks, months or years after the first.
    fn set(&self, start: Date, steps: u32) -> Option<Set> {
        let steps = i64::from(steps);
        let (begin, mut dates) = match self.frequency {
            Frequency::Daily => {
                let day = start.checked_add(steps.days()).ok()?;
                (day, vec![day])
            }
            Frequency::Weekly => {
                let since = i64::from(start.weekday().since(self.week_start));
                let begin = start.checked_sub(since.days()).ok()?.checked_add(steps.weeks()).ok()?;
                (begin, self.days_of_week(begin, start))
            }
            Frequency::Monthly => {
                let begin = start.first_of_month().checked_add(steps.months()).ok()?;
                (begin, self.days_of_month(begin, start))
            }
            Frequency::Yearly => {
                let begin = start.first_of_year().checked_add(steps.years()).ok()?;
                (begin, self.days_of_year(begin, start))
            }
        };
        dates.retain(|date| self.allows(*date));
        dates.sort_unstable();
        dates.dedup();
        Some(Set { begin, dates: self.positioned(dates) })
    }

    fn days_of_week(&self, begin: Date, start: Date) -> Vec<Date> {
        let days = begin.series(1.day()).take(7);
        let is_due = |date: &Date| match self.by_day.as_slice() {
            [] => date.weekday() == start.weekday(),
            days => days.iter().any(|day| day.weekday == date.weekday()),
        };
        days.filter(is_due).collect()
    }

    fn days_of_month(&self, begin: Date, start: Date) -> Vec<Date> {
        let length = begin.days_in_month();
        let days = begin.series(1.day()).take(usize::from(length.unsigned_abs()));
        match (self.by_month_day.is_empty(), self.by_day.is_empty()) {
            (true, true) => days.filter(|date| date.day() == start.day()).collect(),
            (true, false) => days.filter(|date| self.by_day.iter().any(|day| day.is_in_month(*date))).collect(),
            // Days of the month are looked at in `allows`; weekdays make them fewer.
            (false, true) => days.collect(),
            (false, false) => days.filter(|date| self.by_day.iter().any(|day| day.weekday == date.weekday())).collect(),
        }
    }

    fn days_of_year(&self, begin: Date, start: Date) -> Vec<Date> {
        let has_days = !self.by_month_day.is_empty() || !self.by_day.is_empty();
        if self.by_month.is_empty() && self.by_month_day.is_empty() && has_days {
            let days = begin.series(1.day()).take_while(|date| date.year() == begin.year());
            return days.filter(|date| self.by_day.iter().any(|day| day.is_in_year(*date))).collect();
        }
        let months = begin.series(1.month()).take(12);
        let is_due = |month: &Date| !self.by_month.is_empty() || has_days || month.month() == start.month();
        months.filter(is_due).flat_map(|month| self.days_of_month(month, start)).collect()
    }

    /// Whether the parts of the rule that only exclude allow `date`.
    fn allows(&self, date: Date) -> bool {
        let length = date.days_in_month();
        let is_day = |day: &i8| if *day > 0 { *day == date.day() } else { length + 1 + *day == date.day() };
        let is_weekday = self.frequency != Frequency::Daily
            || self.by_day.is_empty()
            || self.by_day.iter().any(|day| day.weekday == date.weekday());
        is_weekday
            && (self.by_month.is_empty() || self.by_month.contains(&date.month()))
            && (self.by_month_day.is_empty() || self.by_month_day.iter().any(is_day))
    }

    /// Of `dates` those at the positions that the rule names.
    fn positioned(&self, dates: Vec<Date>) -> Vec<Date> {
        if self.by_position.is_empty() {
            return dates;
        }
        let count = dates.len();
        let is_named = |index: usize| {
            self.by_position.iter().any(|position| {
                let distance = usize::from(position.unsigned_abs());
                if *position > 0 { index + 1 == distance } else { index + distance == count }
            })
        };
        dates.into_iter().enumerate().filter(|(index, _)| is_named(*index)).map(|(_, date)| date).collect()
    }
}

/// The dates of one step.
struct Set {
    begin: Date,
    dates: Vec<Date>,
}

impl NthWeekday {
    fn is_in_month(self, date: Date) -> bool {
        let month = date.first_of_month();
        self.weekday == date.weekday()
            && (self.nth == 0 || month.nth_weekday_of_month(self.nth, self.weekday).ok() == Some(date))
    }

    fn is_in_year(self, date: Date) -> bool {
        let before = (date.day_of_year() - 1) / 7;
        let after = (date.days_in_year() - date.day_of_year()) / 7;
        let nth = i16::from(self.nth);
        self.weekday == date.weekday() && (nth == 0 || nth == before + 1 || nth == -(after + 1))
    }
}
