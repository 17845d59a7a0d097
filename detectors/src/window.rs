//! A window: the values of one series in one stretch of event time.
//!
//! What it holds does not depend on the order in which values of different times arrive.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Origin, Timestamp};

use crate::buckets::Buckets;

/// Most that a window's number may be, either way: it fits every memory, and nothing that is measured is more.
const MOST: f64 = 1e30;

/// What one observation adds to a window.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    /// A level.
    Level(f64),
    /// Something that grew by `amount` over `elapsed_ms`.
    Increment {
        /// How much.
        amount: f64,
        /// Over how long.
        elapsed_ms: i64,
    },
    /// An amount of one moment; a window in which none came had none.
    Amount(f64),
    /// One event of a kind that is counted per window.
    Event,
    /// Values in buckets.
    Values(Buckets),
}

/// An open window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Start, inclusive.
    pub start: Timestamp,
    count: u64,
    sum: f64,
    elapsed_ms: i64,
    values: Option<Buckets>,
    newest: Timestamp,
    origin: Origin,
}

/// A closed window with the one number it is judged by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// Start, inclusive.
    pub start: Timestamp,
    /// Length in milliseconds.
    pub width_ms: i64,
    /// Mean of levels, rate per second of increments, amounts and events, 95th percentile of values.
    pub value: f64,
    /// Events behind it, where their number is known: of a window of distributions.
    pub weight: Option<f64>,
}

impl Closed {
    /// End, exclusive.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start + self.width_ms
    }
}

impl Window {
    /// An empty window.
    #[must_use]
    pub fn starting(start: Timestamp, origin: Origin) -> Self {
        Self { start, count: 0, sum: 0.0, elapsed_ms: 0, values: None, newest: start, origin }
    }

    /// The newest input in it, by event time and then by position.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Adds a sample taken at `at`.
    pub fn add(&mut self, at: Timestamp, sample: Sample, origin: &Origin) {
        match sample {
            Sample::Level(amount) | Sample::Amount(amount) => self.sum += amount,
            Sample::Increment { amount, elapsed_ms } => {
                self.sum += amount;
                self.elapsed_ms = self.elapsed_ms.saturating_add(elapsed_ms);
            }
            Sample::Event => self.sum += 1.0,
            Sample::Values(values) => self.values = Some(Buckets::merged(self.values.take(), values)),
        }
        self.count += 1;
        if (at, origin) >= (self.newest, &self.origin) {
            self.newest = at;
            self.origin = origin.clone();
        }
    }

    /// The window's one number; `None` when nothing can be said, such as the rate over no time, and when
    /// it is no number or beyond 1e30.
    #[must_use]
    pub fn close(&self, width_ms: i64, counts_events: bool) -> Option<Closed> {
        let value = self.statistic(width_ms, counts_events)?;
        let weight = self.values.as_ref().map(|values| values.count() as f64);
        (value.abs() <= MOST).then_some(Closed { start: self.start, width_ms, value, weight })
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and milliseconds of one window are far below 2^53")]
    fn statistic(&self, width_ms: i64, counts_events: bool) -> Option<f64> {
        if let Some(values) = &self.values {
            return values.quantile(0.95);
        }
        if counts_events {
            return Some(self.sum * 1_000.0 / width_ms.max(1) as f64);
        }
        if self.elapsed_ms > 0 {
            return Some(self.sum * 1_000.0 / self.elapsed_ms as f64);
        }
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::observation::{Distribution, Temporality};

    use super::*;

    fn origin(offset: i64) -> Origin {
        Origin { topic: "t".into(), partition: 0, offset, index: 0 }
    }

    fn window(samples: &[Sample], counts_events: bool) -> Option<f64> {
        let mut window = Window::starting(Timestamp(0), origin(0));
        for (offset, sample) in (0..).zip(samples) {
            window.add(Timestamp(offset), sample.clone(), &origin(offset));
        }
        window.close(10_000, counts_events).map(|closed| closed.value)
    }

    #[test]
    fn each_kind_has_its_number() {
        let grown = |amount, elapsed_ms| Sample::Increment { amount, elapsed_ms };
        assert_eq!(window(&[Sample::Level(1.0), Sample::Level(3.0)], false), Some(2.0), "mean of levels");
        assert_eq!(window(&[grown(10.0, 5_000), grown(30.0, 5_000)], false), Some(4.0), "rate per second");
        assert_eq!(window(&[Sample::Event, Sample::Event], true), Some(0.2), "events per second");
        assert_eq!(window(&[Sample::Amount(3.0), Sample::Amount(2.0)], true), Some(0.5), "amount per second");
        assert_eq!(window(&[], true), Some(0.0), "no event is a true zero");
        assert_eq!(window(&[], false), None, "no level is no zero");
    }

    #[test]
    fn only_distributions_know_how_many_events_they_stand_on() {
        let weight = |sample| {
            let mut window = Window::starting(Timestamp(0), origin(0));
            window.add(Timestamp(0), sample, &origin(0));
            window.close(10_000, false).and_then(|closed| closed.weight)
        };
        let distribution = Distribution {
            count: 7,
            sum: Some(1.0),
            min: None,
            max: None,
            bounds: vec![1.0],
            counts: vec![6, 1],
            temporality: Temporality::Delta,
            start: None,
        };
        let values = Buckets::advance(&mut None, Timestamp(0), &distribution).unwrap();
        assert_eq!((weight(values), weight(Sample::Level(1.0))), (Some(7.0), None));
    }

    #[test]
    fn the_origin_is_the_newest_whatever_the_order() {
        let mut window = Window::starting(Timestamp(0), origin(0));
        window.add(Timestamp(5), Sample::Level(1.0), &origin(9));
        window.add(Timestamp(3), Sample::Level(1.0), &origin(12));
        assert_eq!(window.origin(), &origin(9));
    }
}
