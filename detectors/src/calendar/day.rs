//! A day as the detectors see it: from when until when it lasts, whose habits it has, and what is special about it.

use tidewatch_schemas::Timestamp;

pub(super) const DAY_MS: i64 = 86_400_000;

/// A stretch of one civil day in which the distance to UTC does not change: a whole day, or a part of one on which clocks
/// are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its beginning, inclusive.
    pub from: Timestamp,
    /// Its end, exclusive.
    pub until: Timestamp,
    /// Civil time less UTC in milliseconds.
    pub offset_ms: i64,
    /// Days of civil time since 1970-01-01.
    pub number: i32,
    /// The weekday whose habits the day has, 0 for Monday: a holiday has those of the last day of the weekend, which is
    /// a Sunday where the weekend is Saturday and Sunday.
    pub weekday: u8,
    /// Whether it is a day of rest: a weekend or a holiday.
    pub is_rest: bool,
    /// What is special about it.
    pub features: Features,
}

/// What can be special about a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Feature {
    /// The last business day of a period.
    Last,
    /// The one before it.
    SecondLast,
    /// The one before that.
    ThirdLast,
    /// The first business day of a period.
    First,
    /// The second.
    Second,
    /// One of the last two business days of a quarter that does not end the year.
    QuarterEnd,
    /// One of the last two business days of the fiscal year.
    YearEnd,
    /// A holiday on what would be a business day.
    Holiday,
    /// A named event; a calendar has at most four kinds.
    Event0,
    /// A named event.
    Event1,
    /// A named event.
    Event2,
    /// A named event.
    Event3,
}

impl Feature {
    /// Every feature, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Last,
        Self::SecondLast,
        Self::ThirdLast,
        Self::First,
        Self::Second,
        Self::QuarterEnd,
        Self::YearEnd,
        Self::Holiday,
        Self::Event0,
        Self::Event1,
        Self::Event2,
        Self::Event3,
    ];

    /// The named events, in the order of the calendar.
    pub const EVENTS: [Self; 4] = [Self::Event0, Self::Event1, Self::Event2, Self::Event3];
}

/// A set of [`Feature`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u16);

impl Features {
    /// The set with `feature` in it.
    #[must_use]
    pub fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u8)
    }

    /// Whether `feature` is in it.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }

    /// Whether the day is an ordinary one.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The features in it, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Feature> + Clone {
        Feature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }
}

impl Day {
    /// The day of `at` in UTC, with nothing special about it.
    #[must_use]
    pub fn utc(at: Timestamp) -> Self {
        let from = at.floor_to(DAY_MS);
        let days = from.0.div_euclid(DAY_MS);
        let number = i32::try_from(days).unwrap_or(i32::MAX);
        let weekday = u8::try_from((days + 3).rem_euclid(7)).unwrap_or(0);
        let is_rest = weekday >= 5;
        Self { from, until: from + DAY_MS, offset_ms: 0, number, weekday, is_rest, features: Features::default() }
    }

    /// Whether `at` is in it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// Milliseconds of civil time since the civil day began, at `at`.
    #[must_use]
    pub fn time_of_day(&self, at: Timestamp) -> i64 {
        (at.0 + self.offset_ms).rem_euclid(DAY_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_was_a_thursday() {
        let day = Day::utc(Timestamp(5));
        assert_eq!((day.number, day.weekday, day.from, day.until), (0, 3, Timestamp(0), Timestamp(DAY_MS)));
        assert_eq!(Day::utc(Timestamp(-1)).number, -1);
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = Features::default().with(Feature::YearEnd).with(Feature::Last);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Feature::Last, Feature::YearEnd]);
    }
}
