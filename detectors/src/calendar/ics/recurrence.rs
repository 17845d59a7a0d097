//! How an event repeats: the parts of an RRULE (RFC 5545, section 3.3.10).

use jiff::civil::Weekday;

use super::line::shortened;
use super::moment::Moment;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday, and which of them in the month or year: 1 the first, -1 the last, 0 all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NthWeekday {
    pub nth: i8,
    pub weekday: Weekday,
}

/// A rule by which an event repeats.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recurrence {
    pub frequency: Frequency,
    pub interval: u32,
    pub count: Option<u32>,
    pub until: Option<Moment>,
    pub by_day: Vec<NthWeekday>,
    pub by_month_day: Vec<i8>,
    pub by_month: Vec<i8>,
    pub by_position: Vec<i16>,
    pub week_start: Weekday,
}

impl Recurrence {
    /// Reads the value of an RRULE.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: Vec::new(),
            by_position: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut has_frequency = false;
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| wrong(part))?;
            has_frequency |= name.eq_ignore_ascii_case("FREQ");
            rule.take(&name.trim().to_ascii_uppercase(), &value.trim().to_ascii_uppercase(), part)?;
        }
        if !has_frequency {
            return Err("the RRULE has no FREQ".to_owned());
        }
        rule.refuse_contradictions()?;
        Ok(rule)
    }

    fn take(&mut self, name: &str, value: &str, part: &str) -> Result<(), String> {
        match name {
            "FREQ" => self.frequency = frequency_of(value).ok_or_else(|| wrong(part))?,
            "INTERVAL" => self.interval = number(value, 1..=1000).ok_or_else(|| wrong(part))?,
            "COUNT" => self.count = Some(number(value, 1..=1_000_000).ok_or_else(|| wrong(part))?),
            "UNTIL" => self.until = Some(Moment::parse(value, None)?),
            "WKST" => self.week_start = weekday_of(value).ok_or_else(|| wrong(part))?,
            "BYDAY" => self.by_day = list(value, nth_weekday).ok_or_else(|| wrong(part))?,
            "BYMONTHDAY" => self.by_month_day = list(value, |text| signed(text, 31)).ok_or_else(|| wrong(part))?,
            "BYMONTH" => self.by_month = list(value, |text| number(text, 1..=12)).ok_or_else(|| wrong(part))?,
            "BYSETPOS" => self.by_position = list(value, |text| signed(text, 366)).ok_or_else(|| wrong(part))?,
            _ => return Err(format!("{:?} of an RRULE is not read", shortened(part))),
        }
        Ok(())
    }

    fn refuse_contradictions(&self) -> Result<(), String> {
        let counts_weekdays = self.by_day.iter().any(|day| day.nth != 0);
        if counts_weekdays && matches!(self.frequency, Frequency::Daily | Frequency::Weekly) {
            return Err("a BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY".to_owned());
        }
        if !self.by_month_day.is_empty() && self.frequency == Frequency::Weekly {
            return Err("BYMONTHDAY does not go with FREQ=WEEKLY".to_owned());
        }
        Ok(())
    }
}

fn wrong(part: &str) -> String {
    format!("{:?} of an RRULE is wrong", shortened(part))
}

fn frequency_of(value: &str) -> Option<Frequency> {
    Some(match value {
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

fn weekday_of(value: &str) -> Option<Weekday> {
    Some(match value {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

/// `MO`, `1MO`, `+1MO` or `-1MO`.
fn nth_weekday(text: &str) -> Option<NthWeekday> {
    let (nth, weekday) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { signed(nth, 53)? };
    Some(NthWeekday { nth, weekday: weekday_of(weekday)? })
}

/// A number from 1 to `limit` or from -1 to -`limit`.
fn signed<T: TryFrom<i32>>(text: &str, limit: i32) -> Option<T> {
    let number: i32 = text.parse().ok()?;
    let is_allowed = number != 0 && (-limit..=limit).contains(&number);
    is_allowed.then(|| T::try_from(number).ok()).flatten()
}

fn number<T: TryFrom<u32>>(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<T> {
    let number: u32 = text.parse().ok()?;
    range.contains(&number).then(|| T::try_from(number).ok()).flatten()
}

fn list<T>(value: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    value.split(',').map(|text| read(text.trim())).collect()
}
