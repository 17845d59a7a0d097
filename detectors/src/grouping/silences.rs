//! Silences and maintenance windows: which incidents are recorded without paging anybody, and until when.
//!
//! A silence covers pieces of evidence, and an incident is silenced while one silence covers everything that speaks for it:
//! work on a server must not hide trouble elsewhere that happens to be in the same incident. Whether it is on is a
//! function of the incident's time, so that a replay silences what was silenced.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use tidewatch_schemas::incident::Evidence;
use tidewatch_schemas::{PoolId, ResourceId, TenantId, Timestamp};

use crate::calendar::Weekdays;

/// What is not to page, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// What it is called; stands in the record.
    pub name: String,
    /// Pools it holds for; all where empty.
    pub pools: Vec<PoolId>,
    /// Tenants it holds for; all where empty.
    pub tenants: Vec<TenantId>,
    /// Resources it holds for; all where empty.
    pub resources: Vec<ResourceId>,
    /// Names of signals it holds for, where `*` at the end stands for anything; all where empty.
    pub signals: Vec<String>,
    /// When it is on.
    pub when: When,
}

/// When a silence is on.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// From a moment, inclusive, to another, exclusive.
    Once(Timestamp, Timestamp),
    /// On certain weekdays by the clocks of a place. Where the end is not after the beginning, it is that of the next day.
    Weekly {
        /// The place.
        zone: TimeZone,
        /// Days on which it begins.
        days: Weekdays,
        /// When it begins, by the clock on the wall.
        from: Time,
        /// When it ends, by the clock on the wall.
        to: Time,
    },
}

impl Silence {
    /// Whether it is on at `now` and covers everything that speaks for an incident of `pool` with these `victims`.
    #[must_use]
    pub fn covers(&self, pool: &PoolId, (evidence, victims): (&[&Evidence], &[TenantId]), now: Timestamp) -> bool {
        let of_customers: Vec<&Evidence> = evidence.iter().copied().filter(|each| each.tenant.is_customer()).collect();
        let speaking = if of_customers.is_empty() { evidence } else { &of_customers };
        has(&self.pools, pool)
            && !speaking.is_empty()
            && speaking.iter().all(|each| self.is_about(each))
            && victims.iter().all(|victim| has(&self.tenants, victim))
            && self.when.holds(now)
    }

    fn is_about(&self, evidence: &Evidence) -> bool {
        let signal = evidence.signal.as_str();
        let fits =
            |pattern: &String| pattern.strip_suffix('*').map_or(pattern == signal, |begin| signal.starts_with(begin));
        has(&self.tenants, &evidence.tenant)
            && has(&self.resources, &evidence.resource)
            && (self.signals.is_empty() || self.signals.iter().any(fits))
    }
}

fn has<T: PartialEq>(list: &[T], one: &T) -> bool {
    list.is_empty() || list.contains(one)
}

impl When {
    /// Whether it is on at `now`. Where clocks are put forward over its beginning it begins with the first moment there is;
    /// where they are put back it begins with the first and ends with the second of two equal times.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        match self {
            Self::Once(from, to) => (*from..*to).contains(&now),
            Self::Weekly { zone, days, from, to } => {
                let Ok(moment) = jiff::Timestamp::from_millisecond(now.0) else { return false };
                let today = zone.to_datetime(moment).date();
                let begins = |date: &Date| days.has(date.weekday());
                let holds =
                    |date: Date| stretch(zone, date, (*from, *to)).is_some_and(|(a, b)| a <= moment && moment < b);
                [Some(today), today.yesterday().ok()].into_iter().flatten().filter(begins).any(holds)
            }
        }
    }
}

/// The stretch that begins on `date`.
fn stretch(zone: &TimeZone, date: Date, (from, to): (Time, Time)) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
    let last = if to > from { date } else { date.tomorrow().ok()? };
    let begin = zone.to_ambiguous_timestamp(date.to_datetime(from)).earlier().ok()?;
    let end = zone.to_ambiguous_timestamp(last.to_datetime(to)).later().ok()?;
    Some((begin, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::zone_named;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn nightly(from: (i8, i8), to: (i8, i8), days: Weekdays) -> When {
        let time = |(hour, minute): (i8, i8)| Time::constant(hour, minute, 0, 0);
        When::Weekly { zone: zone_named("Europe/Berlin").unwrap(), days, from: time(from), to: time(to) }
    }

    #[test]
    fn a_weekly_silence_follows_the_clock_on_the_wall() {
        let sundays: Weekdays = [jiff::civil::Weekday::Sunday].into_iter().collect();
        let nights = nightly((22, 0), (4, 0), Weekdays::ALL);
        let early = nightly((1, 30), (4, 0), sundays);
        let skipped = nightly((2, 30), (4, 0), sundays);
        let twice = nightly((2, 0), (2, 30), sundays);
        let cases = [
            ("winter night", &nights, "2026-11-02T21:30:00Z", true),
            ("before a winter night", &nights, "2026-11-02T20:59:59Z", false),
            ("summer night", &nights, "2026-07-02T20:00:00Z", true),
            ("over midnight", &nights, "2026-07-02T01:59:59Z", true),
            ("end of a summer night", &nights, "2026-07-02T02:00:00Z", false),
            ("clocks go forward inside", &early, "2026-03-29T01:59:59Z", true),
            ("and it ends an hour sooner", &early, "2026-03-29T02:00:00Z", false),
            ("clocks go back inside", &early, "2026-10-25T02:59:59Z", true),
            ("and it ends an hour later", &early, "2026-10-25T03:00:00Z", false),
            ("the beginning does not exist", &skipped, "2026-03-29T00:59:59Z", true),
            ("much before it", &skipped, "2026-03-29T00:29:59Z", false),
            ("the first of two equal times", &twice, "2026-10-25T00:10:00Z", true),
            ("the second of them", &twice, "2026-10-25T01:29:59Z", true),
            ("after it", &twice, "2026-10-25T01:30:00Z", false),
            ("a Monday", &early, "2026-11-02T02:00:00Z", false),
        ];
        for (case, when, moment, expected) in cases {
            assert_eq!(when.holds(at(moment)), expected, "{case}");
        }
    }
}
