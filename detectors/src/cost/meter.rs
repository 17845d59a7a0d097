//! How much a series measured in each charge period: its value times the time it stands for.
//!
//! A window stands for the time since the one before, since an agent may report less often than windows close; but for no more
//! than ten minutes, as nobody knows what was used while an agent was away.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{ResourceId, SeriesKey, SignalName, TenantId, Timestamp};

use crate::window::Closed;

/// A window stands for at most this long.
const LONGEST_MS: i64 = 600_000;
/// Most periods that are open at a time; what comes after counts for the last of them.
const MOST_OPEN: usize = 4;

/// What is remembered of one series that is charged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its resource.
    pub resource: ResourceId,
    /// Its signal.
    pub signal: SignalName,
    /// Unit of its values.
    pub unit: String,
    /// Start of its newest window.
    newest: Option<Timestamp>,
    /// Starts of open periods, and value times milliseconds in them.
    amounts: Vec<(Timestamp, f64)>,
}

impl Meter {
    /// The meter of a series, at nothing.
    #[must_use]
    pub fn new(key: &SeriesKey, unit: &str) -> Self {
        let (tenant, resource, signal) = (key.tenant.clone(), key.resource.clone(), key.signal.clone());
        Self { tenant, resource, signal, unit: unit.to_owned(), newest: None, amounts: Vec::new() }
    }

    /// Adds a window; what belongs to a period before `open` counts for that one. Values that are no numbers, or negative,
    /// count as nothing.
    pub fn add(&mut self, window: &Closed, period_ms: i64, open: Timestamp) {
        let width = window.width_ms.clamp(0, LONGEST_MS);
        let elapsed = self.newest.map_or(width, |newest| window.start - newest).clamp(width.min(1), LONGEST_MS);
        self.newest = self.newest.max(Some(window.start));
        let value = if window.value.is_finite() { window.value.max(0.0) } else { 0.0 };
        let period = window.start.floor_to(period_ms).max(open);
        let amount = value * elapsed as f64;
        let last = self.amounts.len() == MOST_OPEN;
        match self.amounts.iter_mut().find(|(start, _)| *start == period) {
            Some((_, sum)) => *sum += amount,
            None if last => self.amounts.iter_mut().last().into_iter().for_each(|(_, sum)| *sum += amount),
            None => self.amounts.push((period, amount)),
        }
    }

    /// What was measured in the period that starts at `period`, in value times milliseconds.
    #[must_use]
    pub fn amount(&self, period: Timestamp) -> f64 {
        self.amounts.iter().find(|(start, _)| *start == period).map_or(0.0, |(_, amount)| *amount)
    }

    /// The earliest period from `from` on in which something was measured.
    #[must_use]
    pub fn next_period(&self, from: Timestamp) -> Option<Timestamp> {
        self.amounts.iter().map(|(start, _)| *start).filter(|start| *start >= from).min()
    }

    /// Forgets periods before `open`; returns whether there were any.
    pub fn settle(&mut self, open: Timestamp) -> bool {
        let before = self.amounts.len();
        self.amounts.retain(|(start, _)| *start >= open);
        before != self.amounts.len()
    }

    /// Whether nothing was heard since `since`.
    #[must_use]
    pub fn is_silent(&self, since: Timestamp) -> bool {
        self.amounts.is_empty() && self.newest.is_none_or(|newest| newest < since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn meter() -> Meter {
        let key = SeriesKey {
            pool: "eu-1".into(),
            tenant: "acme".into(),
            resource: "pg".into(),
            signal: "container.cpu.usage".into(),
            attributes: std::collections::BTreeMap::new(),
        };
        Meter::new(&key, "1")
    }

    fn window(start_ms: i64, value: f64) -> Closed {
        Closed { start: Timestamp(start_ms), width_ms: 10_000, value, weight: None }
    }

    #[test]
    fn a_steady_level_is_its_value_times_an_hour_however_often_it_is_reported() {
        for every in [10_000, 30_000, 60_000] {
            let mut meter = meter();
            for start in (0..2 * HOUR_MS).step_by(usize::try_from(every).unwrap()) {
                meter.add(&window(start, 2.0), HOUR_MS, Timestamp(0));
            }
            assert_eq!(meter.amount(Timestamp(HOUR_MS)), 2.0 * HOUR_MS as f64, "every {every} ms");
        }
    }

    #[test]
    fn what_an_agent_did_not_see_is_nobodys() {
        let mut meter = meter();
        meter.add(&window(0, 1.0), HOUR_MS, Timestamp(0));
        meter.add(&window(50 * 60_000, 1.0), HOUR_MS, Timestamp(0));
        assert_eq!(meter.amount(Timestamp(0)), 610_000.0);
    }

    #[test]
    fn a_window_of_a_period_that_is_charged_counts_for_the_open_one() {
        let mut meter = meter();
        meter.add(&window(HOUR_MS - 10_000, 1.0), HOUR_MS, Timestamp(HOUR_MS));
        assert_eq!((meter.amount(Timestamp(0)), meter.amount(Timestamp(HOUR_MS))), (0.0, 10_000.0));
        assert!(meter.settle(Timestamp(2 * HOUR_MS)));
        assert!(meter.is_silent(Timestamp(2 * HOUR_MS)));
    }

    #[test]
    fn what_is_no_number_costs_nothing() {
        let mut meter = meter();
        for value in [f64::NAN, f64::INFINITY, -5.0] {
            meter.add(&window(0, value), HOUR_MS, Timestamp(0));
        }
        assert_eq!(meter.amount(Timestamp(0)), 0.0);
    }
}
