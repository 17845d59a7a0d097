//! Dates and times of iCalendar: a date, or a time in UTC, in a named time zone, or by whatever clock hangs on the wall.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::line::{Line, shortened};
use crate::calendar::zone::zone_named;

/// The years in which events may start; a mistyped year would otherwise repeat for millennia.
const BELIEVED: std::ops::RangeInclusive<i16> = 1900..=2200;

/// A date or a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moment {
    /// As it is written.
    pub civil: DateTime,
    /// By which clock.
    pub clock: Clock,
}

/// The clock of a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Clock {
    /// It is a whole day.
    WholeDay,
    /// That of whoever reads it.
    Local,
    /// That of a time zone.
    Zone(TimeZone),
}

impl Moment {
    /// The moments of a line, which may be a list.
    pub fn list(line: &Line) -> Result<Vec<Self>, String> {
        if line.parameter("VALUE") == Some("PERIOD") {
            return Err(format!("{} by periods is not read; write dates", line.name));
        }
        line.value.split(',').map(|text| Self::parse(text.trim(), line.parameter("TZID"))).collect()
    }

    /// The one moment of a line.
    pub fn one(line: &Line) -> Result<Self, String> {
        Self::parse(&line.value, line.parameter("TZID"))
    }

    /// `20261224`, `20261224T180000` or `20261224T180000Z`.
    pub fn parse(text: &str, zone: Option<&str>) -> Result<Self, String> {
        let wrong = || format!("{:?} is no date; write 20261224 or 20261224T180000Z", shortened(text));
        let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        let date = parse_date(date).ok_or_else(wrong)?;
        if !BELIEVED.contains(&date.year()) {
            return Err(format!("{date} is not between the years {} and {}", BELIEVED.start(), BELIEVED.end()));
        }
        let Some(time) = time else {
            return Ok(Self { civil: date.at(0, 0, 0, 0), clock: Clock::WholeDay });
        };
        let (digits, is_utc) = time.strip_suffix('Z').map_or((time, false), |digits| (digits, true));
        let civil = date.to_datetime(parse_time(digits).ok_or_else(wrong)?);
        let clock = match zone {
            _ if is_utc => Clock::Zone(TimeZone::UTC),
            None => Clock::Local,
            Some(name) => Clock::Zone(zone_named(name).ok_or_else(|| {
                format!("there is no time zone {:?}; write a name such as Europe/Berlin", shortened(name))
            })?),
        };
        Ok(Self { civil, clock })
    }

    /// What this moment is called by another `clock`.
    pub fn by(&self, clock: &Clock) -> DateTime {
        match (&self.clock, clock) {
            (Clock::Zone(own), Clock::Zone(other)) => translate(self.civil, own, other),
            _ => self.civil,
        }
    }
}

/// The civil time in `to` of a civil time in `from`.
pub(super) fn translate(civil: DateTime, from: &TimeZone, to: &TimeZone) -> DateTime {
    from.to_timestamp(civil).map_or(civil, |moment| to.to_datetime(moment))
}

fn parse_date(text: &str) -> Option<Date> {
    let (year, month_and_day) = digits(text, 8)?.split_at_checked(4)?;
    let (month, day) = month_and_day.split_at_checked(2)?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute_and_second) = digits(text, 6)?.split_at_checked(2)?;
    let (minute, second) = minute_and_second.split_at_checked(2)?;
    // jiff knows no leap second.
    let second = if second == "60" { "59" } else { second };
    Time::new(hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?, 0).ok()
}

fn digits(text: &str, count: usize) -> Option<&str> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}
