//! A set of weekdays: a weekend, or the days on which something repeats.

use jiff::civil::Weekday;

/// A set of weekdays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every weekday.
    pub const ALL: Self = Self(0x7f);
    /// Saturday and Sunday.
    pub const SATURDAY_AND_SUNDAY: Self = Self(0x60);

    /// The set with `day` in it.
    #[must_use]
    pub fn with(self, day: Weekday) -> Self {
        Self(self.0 | 1 << day.to_monday_zero_offset())
    }

    /// Whether `day` is in it.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 & 1 << day.to_monday_zero_offset() != 0
    }

    /// Taken as a weekend: the number of its last day, 0 for Monday. 6 where there is no weekend. Of two weekends in one
    /// week the later one.
    #[must_use]
    pub(super) fn last_of_weekend(self) -> u8 {
        let ends = |day: &Weekday| self.has(*day) && !self.has(day.next());
        let last = Weekday::Sunday.cycle_reverse().take(7).find(ends).unwrap_or(Weekday::Sunday);
        u8::try_from(last.to_monday_zero_offset()).unwrap_or(6)
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        days.into_iter().fold(Self::default(), Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set: Weekdays = [Weekday::Saturday, Weekday::Sunday].into_iter().collect();
        assert_eq!(set, Weekdays::SATURDAY_AND_SUNDAY);
        assert!(set.has(Weekday::Sunday) && !set.has(Weekday::Monday));
        let all: Weekdays = Weekday::Monday.cycle_forward().take(7).collect();
        assert_eq!(all, Weekdays::ALL);
    }

    #[test]
    fn a_weekend_ends_before_a_business_day() {
        let cases: [(&[Weekday], u8); 5] = [
            (&[Weekday::Saturday, Weekday::Sunday], 6),
            (&[Weekday::Friday, Weekday::Saturday], 5),
            (&[Weekday::Sunday, Weekday::Monday], 0),
            (&[Weekday::Friday], 4),
            (&[], 6),
        ];
        for (days, last) in cases {
            let set: Weekdays = days.iter().copied().collect();
            assert_eq!(set.last_of_weekend(), last, "{days:?}");
        }
    }
}
