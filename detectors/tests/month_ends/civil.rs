//! Civil time and business days for the scenario, computed apart from the product's own calendar.

use std::collections::{BTreeMap, BTreeSet};

/// A time zone by its rules of the years 2023 to 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Berlin,
    NewYork,
    Tokyo,
    SaoPaulo,
    London,
    Sydney,
}

impl Zone {
    pub const ALL: [Self; 6] = [Self::Berlin, Self::NewYork, Self::Tokyo, Self::SaoPaulo, Self::London, Self::Sydney];

    /// Hours of winter time less UTC.
    fn standard(self) -> i64 {
        match self {
            Self::Berlin => 1,
            Self::NewYork => -5,
            Self::Tokyo => 9,
            Self::SaoPaulo => -3,
            Self::London => 0,
            Self::Sydney => 10,
        }
    }

    /// Hours of civil time less UTC at an hour since 1970.
    pub fn offset(self, hour: i64) -> i64 {
        let standard = self.standard();
        let year = Date::of(hour.div_euclid(24)).year;
        let sunday = |month, which, at: i64| 24 * nth_sunday(year, month, which) + at;
        let is_summer = match self {
            Self::Berlin | Self::London => sunday(3, -1, 1) <= hour && hour < sunday(10, -1, 1),
            Self::NewYork => sunday(3, 2, 7) <= hour && hour < sunday(11, 1, 6),
            Self::Sydney => hour < sunday(4, 1, -8) || sunday(10, 1, -8) <= hour,
            Self::Tokyo | Self::SaoPaulo => false,
        };
        standard + i64::from(is_summer)
    }
}

/// Number of the n-th Sunday of a month, or of its last one.
fn nth_sunday(year: i64, month: i64, which: i64) -> i64 {
    if which < 0 {
        let last = Date { year: year + month / 12, month: month % 12 + 1, day: 1 }.number() - 1;
        return last - (last + 4).rem_euclid(7);
    }
    let first = Date { year, month, day: 1 }.number();
    first + (3 - first).rem_euclid(7) + 7 * (which - 1)
}

/// A date of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

impl Date {
    /// Days since 1970-01-01.
    pub fn number(self) -> i64 {
        let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][usize::try_from(self.month - 1).unwrap()];
        let is_leap = leaps(self.year) > leaps(self.year - 1);
        let years = 365 * (self.year - 1970) + leaps(self.year - 1) - leaps(1969);
        years + before + i64::from(is_leap && self.month > 2) + self.day - 1
    }

    pub fn of(number: i64) -> Self {
        let mut year = 1970 + number.div_euclid(366);
        while (Self { year: year + 1, month: 1, day: 1 }).number() <= number {
            year += 1;
        }
        let month = (1..=12).rev().find(|month| Self { year, month: *month, day: 1 }.number() <= number).unwrap();
        Self { year, month, day: number - Self { year, month, day: 1 }.number() + 1 }
    }
}

/// Where a day is among the business days of its month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Business {
    /// Business days that follow in the month.
    pub to_end: usize,
    /// Business days before it in the month.
    pub from_start: usize,
}

/// Monday is 0.
fn weekday(number: i64) -> i64 {
    (number + 3).rem_euclid(7)
}

/// The business days between two days, by number.
pub fn business_days(from: i64, until: i64, holidays: &BTreeSet<i64>) -> BTreeMap<i64, Business> {
    let mut months: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    for number in (from..until).filter(|number| weekday(*number) < 5 && !holidays.contains(number)) {
        let date = Date::of(number);
        months.entry((date.year, date.month)).or_default().push(number);
    }
    let mut found = BTreeMap::new();
    for days in months.values() {
        for (from_start, number) in days.iter().enumerate() {
            found.insert(*number, Business { to_end: days.len() - 1 - from_start, from_start });
        }
    }
    found
}

#[test]
fn dates_and_numbers_are_each_others_inverse() {
    assert_eq!(Date { year: 2024, month: 2, day: 29 }.number(), 19_782);
    for number in (-1_000..30_000).step_by(17) {
        assert_eq!(Date::of(number).number(), number);
    }
}

#[test]
fn clocks_are_changed_at_the_hours_of_the_rules() {
    let at = |year, month, day, hour| 24 * Date { year, month, day }.number() + hour;
    let cases = [
        (Zone::Berlin, at(2024, 3, 31, 0), 1, 2),
        (Zone::London, at(2024, 10, 27, 0), 1, 0),
        (Zone::NewYork, at(2024, 3, 10, 6), -5, -4),
        (Zone::NewYork, at(2024, 11, 3, 5), -4, -5),
        (Zone::Sydney, at(2024, 4, 6, 15), 11, 10),
        (Zone::Sydney, at(2024, 10, 5, 15), 10, 11),
        (Zone::Tokyo, at(2024, 6, 1, 0), 9, 9),
    ];
    for (zone, hour, before, after) in cases {
        assert_eq!((zone.offset(hour), zone.offset(hour + 1)), (before, after), "{zone:?}");
    }
}
