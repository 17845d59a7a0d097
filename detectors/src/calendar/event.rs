//! Named events: days that are special to a tenant every time they come, such as payroll or budgeting.

use jiff::ToSpan;
use jiff::civil::Date;

use super::business::BusinessDays;
use super::period::Periods;
use super::weekdays::Weekdays;

/// Where an event goes that falls on a day without work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shift {
    /// Nowhere.
    #[default]
    Stay,
    /// To the business day before.
    Previous,
    /// To the business day after.
    Next,
}

/// Days of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A day of every calendar month, from 1; in months that are too short the last day.
    DayOfMonth {
        /// The day.
        day: i8,
        /// Where it goes.
        shift: Shift,
    },
    /// A business day of every accounting period: 1 the first, 2 the second, -1 the last, -2 the one before.
    BusinessDay(i8),
    /// Certain weekdays.
    Weekday(Weekdays),
    /// From a first day to a last one, both inclusive.
    Dates(Vec<(Date, Date)>),
}

/// A kind of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is called.
    pub name: String,
    /// Its days: those of any rule.
    pub rules: Vec<Rule>,
}

impl Event {
    /// Whether `date` is one of its days.
    pub(super) fn falls_on(&self, date: Date, business: &BusinessDays, periods: Periods) -> bool {
        self.rules.iter().any(|rule| match rule {
            Rule::DayOfMonth { day, shift } => is_day_of_month(date, (*day, *shift), business),
            Rule::BusinessDay(nth) => is_nth_business_day(date, *nth, business, periods).unwrap_or(false),
            Rule::Weekday(days) => days.has(date.weekday()),
            Rule::Dates(ranges) => ranges.iter().any(|(first, last)| *first <= date && date <= *last),
        })
    }
}

/// A shift may lead into the month before or after, so their days are looked at as well.
fn is_day_of_month(date: Date, (day, shift): (i8, Shift), business: &BusinessDays) -> bool {
    let month = date.first_of_month();
    let months = [month.checked_sub(1.month()), Ok(month), month.checked_add(1.month())];
    months.into_iter().flatten().any(|month| {
        let Ok(due) = month.with().day(day.clamp(1, month.days_in_month())).build() else { return false };
        let moved = match shift {
            Shift::Stay => Some(due),
            Shift::Previous => business.on_or_before(due),
            Shift::Next => business.on_or_after(due),
        };
        moved == Some(date)
    })
}

fn is_nth_business_day(date: Date, nth: i8, business: &BusinessDays, periods: Periods) -> Option<bool> {
    if !business.has(date) {
        return Some(false);
    }
    let period = periods.holding(date)?;
    let others = usize::from(nth.unsigned_abs()).checked_sub(1)?;
    let counted = if nth > 0 {
        business.count_before(date, period.first, others + 1)
    } else {
        business.count_after(date, period.last, others + 1)
    };
    Some(counted == others)
}
