//! Which days are business days: not on a weekend, not a holiday, or named as a workday all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::country::Country;
use super::weekdays::Weekdays;

/// How far away a business day is looked for.
const REACH: usize = 62;

/// The days that a tenant does not work on, or works on against the rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holidays {
    /// Its country.
    pub country: Option<Arc<Country>>,
    /// Its own holidays and their names.
    pub own: BTreeMap<Date, String>,
    /// Days that are business days although a weekend or a holiday is on them.
    pub workdays: BTreeSet<Date>,
}

impl Holidays {
    /// The name of the holiday on `date`.
    #[must_use]
    pub fn name(&self, date: Date) -> Option<&str> {
        if self.workdays.contains(&date) {
            return None;
        }
        let own = self.own.get(&date).map(String::as_str);
        own.or_else(|| self.country.as_deref().and_then(|country| country.name_of(date)))
    }
}

/// The rule by which a day is a business day.
#[derive(Clone, Debug, PartialEq)]
pub struct BusinessDays {
    /// The weekdays without work.
    pub weekend: Weekdays,
    /// Further days without work; shared by tenants that have the same.
    pub holidays: Arc<Holidays>,
}

/// A weekend of Saturday and Sunday, and no holidays.
impl Default for BusinessDays {
    fn default() -> Self {
        Self { weekend: Weekdays::SATURDAY_AND_SUNDAY, holidays: Arc::default() }
    }
}

impl BusinessDays {
    /// Whether `date` is a business day.
    #[must_use]
    pub fn has(&self, date: Date) -> bool {
        let is_free = self.weekend.has(date.weekday()) || self.holidays.name(date).is_some();
        !is_free || self.holidays.workdays.contains(&date)
    }

    /// Whether `date` is a holiday on what would be a business day.
    #[must_use]
    pub fn is_holiday(&self, date: Date) -> bool {
        !self.weekend.has(date.weekday()) && self.holidays.name(date).is_some()
    }

    /// The weekday whose habits `date` has, 0 for Monday: a holiday has those of the last day of the weekend.
    pub(super) fn habits(&self, date: Date) -> u8 {
        if self.is_holiday(date) {
            return self.weekend.last_of_weekend();
        }
        u8::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)
    }

    /// How many business days follow `date` up to and with `last`; counting ends at `limit`.
    pub(super) fn count_after(&self, date: Date, last: Date, limit: usize) -> usize {
        let days = following(date).take_while(|next| *next <= last);
        days.filter(|next| self.has(*next)).take(limit).count()
    }

    /// How many business days there are from `first` to the day before `date`; counting ends at `limit`.
    pub(super) fn count_before(&self, date: Date, first: Date, limit: usize) -> usize {
        let days = preceding(date).take_while(|previous| *previous >= first);
        days.filter(|previous| self.has(*previous)).take(limit).count()
    }

    /// The first business day from `date` on. None within two months is none at all.
    pub(super) fn on_or_after(&self, date: Date) -> Option<Date> {
        std::iter::once(date).chain(following(date)).take(REACH).find(|day| self.has(*day))
    }

    /// The last business day up to `date`.
    pub(super) fn on_or_before(&self, date: Date) -> Option<Date> {
        std::iter::once(date).chain(preceding(date)).take(REACH).find(|day| self.has(*day))
    }
}

fn following(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(date.tomorrow().ok(), |day| day.tomorrow().ok())
}

fn preceding(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(date.yesterday().ok(), |day| day.yesterday().ok())
}
