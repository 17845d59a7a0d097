//! Accounting periods: where a date lies between two period ends, and what else ends with its period.
//!
//! A fiscal year has twelve periods and a quarter three of them, whether they are months or weeks by a 4-4-5 pattern.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// The day on which a fiscal year starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearStart {
    month: i8,
    day: i8,
}

impl YearStart {
    /// `month` and `day` as in every year: not 29 February.
    #[must_use]
    pub fn new(month: i8, day: i8) -> Option<Self> {
        const COMMON_YEAR: i16 = 2001;
        Date::new(COMMON_YEAR, month, day).is_ok().then_some(Self { month, day })
    }
}

/// The weeks of the three periods of a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Four, four and five.
    FourFourFive,
    /// Four, five and four.
    FourFiveFour,
    /// Five, four and four.
    FiveFourFour,
}

impl Pattern {
    const fn weeks(self) -> [i32; 3] {
        match self {
            Self::FourFourFive => [4, 4, 5],
            Self::FourFiveFour => [4, 5, 4],
            Self::FiveFourFour => [5, 4, 4],
        }
    }
}

/// How a tenant's fiscal year divides into periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Periods {
    /// Months that begin on the day of the month on which the year starts, or on the last day of shorter ones.
    Months(YearStart),
    /// Whole weeks. The year starts on the weekday `on` that is nearest to `start`; a 53rd week belongs to the last period.
    Weeks {
        /// Near which day the year starts.
        start: YearStart,
        /// On which weekday.
        on: Weekday,
        /// The weeks of a quarter.
        pattern: Pattern,
    },
}

/// Calendar months and calendar years.
impl Default for Periods {
    fn default() -> Self {
        Self::Months(YearStart { month: 1, day: 1 })
    }
}

/// What ends with a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Only the period.
    Period,
    /// A quarter that does not end the year.
    Quarter,
    /// The fiscal year.
    Year,
}

/// One accounting period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// What ends with it.
    pub closes: Close,
}

impl Periods {
    /// The period that holds `date`; none at the far ends of the calendar only.
    #[must_use]
    pub fn holding(&self, date: Date) -> Option<Period> {
        match *self {
            Self::Months(start) => month(start, date),
            Self::Weeks { start, on, pattern } => weeks(|year| week_year(start, on, year), pattern, date),
        }
    }
}

fn month(start: YearStart, date: Date) -> Option<Period> {
    let month = date.first_of_month();
    let began_before = first_in(month, start.day)? > date;
    let month = month.checked_sub(i64::from(began_before).months()).ok()?;
    let next = month.checked_add(1.month()).ok()?;
    let (first, last) = (first_in(month, start.day)?, first_in(next, start.day)?.yesterday().ok()?);
    Some(Period { first, last, closes: close_of((month.month() - start.month).rem_euclid(12)) })
}

/// The first day of the period that begins in `month`; where the month is too short, the last of the month.
fn first_in(month: Date, day: i8) -> Option<Date> {
    month.with().day(day.min(month.days_in_month())).build().ok()
}

/// The first day of the fiscal year that starts near `start` in `year`.
fn week_year(start: YearStart, on: Weekday, year: i16) -> Option<Date> {
    let near = Date::new(year, start.month, start.day).ok()?;
    let ahead = on.since(near.weekday());
    near.checked_add(i64::from(if ahead > 3 { ahead - 7 } else { ahead }).days()).ok()
}

fn weeks(first_of: impl Fn(i16) -> Option<Date>, pattern: Pattern, date: Date) -> Option<Period> {
    let year = date.year();
    // A year that starts near the end of December may start in January, so that its first days are two years back.
    let candidates = [year.checked_add(1)?, year, year.checked_sub(1)?, year.checked_sub(2)?];
    let year = candidates.into_iter().find(|year| first_of(*year).is_some_and(|first| first <= date))?;
    let year_first = first_of(year)?;
    let year_last = first_of(year.checked_add(1)?)?.yesterday().ok()?;
    let mut first = year_first;
    for (index, weeks) in (0..).zip(pattern.weeks().into_iter().cycle().take(12)) {
        let next = first.checked_add((weeks * 7).days()).ok()?;
        let last = if index == 11 { year_last } else { next.yesterday().ok()? };
        if date <= last {
            return Some(Period { first, last, closes: close_of(index) });
        }
        first = next;
    }
    None
}

/// What ends with the period of this index in its year, from 0.
fn close_of(index: i8) -> Close {
    match index {
        11 => Close::Year,
        2 | 5 | 8 => Close::Quarter,
        _ => Close::Period,
    }
}
