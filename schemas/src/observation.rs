//! One value of one series at one event time, in every shape that agents send.

use serde::{Deserialize, Serialize};

use crate::lock::LockEvent;
use crate::series::SeriesKey;
use crate::time::Timestamp;

/// One value of one series at one event time, or one log event.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What was measured.
    pub series: SeriesKey,
    /// Unit of the value in UCUM notation as OpenTelemetry uses it (`ms`, `By`, `1`); empty when unknown.
    pub unit: String,
    /// When it was measured, by the clock of the agent.
    pub at: Timestamp,
    /// What was measured.
    pub value: Value,
}

impl Observation {
    /// Whether it tells of something that happened, rather than reporting how things are: a log event, or what was added in
    /// the very moment of its time. Events come when they happen, so none of them is silence.
    #[must_use]
    pub fn is_event(&self) -> bool {
        match &self.value {
            Value::Log(_) => true,
            Value::Sum(sum) => sum.temporality == Temporality::Delta && sum.start == Some(self.at),
            Value::Distribution(found) => found.temporality == Temporality::Delta && found.start == Some(self.at),
            Value::Gauge(_) | Value::Summary(_) => false,
        }
    }
}

/// Whether a sum counts since `start` or since the previous report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temporality {
    /// The total since the start time.
    Cumulative,
    /// The change since the previous report.
    Delta,
}

/// A value of any kind that agents send.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A level that goes up and down.
    Gauge(f64),
    /// A sum over time.
    Sum(Sum),
    /// How many values fell into each of a list of buckets.
    Distribution(Distribution),
    /// Quantiles that the agent computed itself; they cannot be merged.
    Summary(Summary),
    /// A line that something logged.
    Log(LogEvent),
}

/// A sum over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// The sum.
    pub value: f64,
    /// Since when.
    pub temporality: Temporality,
    /// Whether it can only grow; a sum that can shrink is a level and is treated as one.
    pub monotonic: bool,
    /// When counting began, where the agent says so. A delta that began at the time of its own observation is an amount of
    /// that moment: amounts of a window are added up, and a window without one has none.
    pub start: Option<Timestamp>,
}

/// A histogram with explicit bounds; exponential histograms are brought to this form when they are decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// How many values.
    pub count: u64,
    /// Their sum, where known.
    pub sum: Option<f64>,
    /// The smallest value, where known.
    pub min: Option<f64>,
    /// The largest value, where known.
    pub max: Option<f64>,
    /// Strictly increasing inclusive upper bounds.
    pub bounds: Vec<f64>,
    /// Values per bucket; one more than `bounds`, or empty when only count and sum are known.
    pub counts: Vec<u64>,
    /// Since when.
    pub temporality: Temporality,
    /// When counting began, where the agent says so.
    pub start: Option<Timestamp>,
}

/// Quantiles that the agent computed itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many values since the start time.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Pairs of quantile (0 to 1) and value.
    pub quantiles: Vec<(f64, f64)>,
    /// When counting began, where the agent says so.
    pub start: Option<Timestamp>,
}

/// A line that something logged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogEvent {
    /// OpenTelemetry severity number, 1 to 24; 0 when unknown.
    pub severity: u8,
    /// The message, cut at [`LogEvent::MAX_BODY`] bytes.
    pub body: String,
    /// What it says about a lock, where it does.
    pub lock: Option<Box<LockEvent>>,
}

impl LogEvent {
    /// Longest body that is carried, in bytes; more is cut at a character boundary.
    pub const MAX_BODY: usize = 4096;
}
