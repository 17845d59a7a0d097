//! What a judged window looked like beside what was expected of it: the row of every picture, table and comparison.

use tidewatch_schemas::finding::Season;
use tidewatch_schemas::{Finding, SeriesId, SeriesKey, Timestamp, Window};

use crate::contention::Reading;
use crate::number::published;
use crate::window::Closed;

/// One judged window of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The series.
    pub series: SeriesId,
    /// Start of the window, inclusive.
    pub window_start: Timestamp,
    /// Length of the window in milliseconds.
    pub width_ms: i64,
    /// What was seen.
    pub value: f64,
    /// What was expected, in the unit of the value.
    pub expected: f64,
    /// Lower end of what is usual.
    pub lower: f64,
    /// Upper end of what is usual.
    pub upper: f64,
    /// Which season said so.
    pub season: Season,
    /// Evidence in nats.
    pub score: f64,
    /// Evidence at which a finding begins, in nats.
    pub threshold: f64,
    /// Whether the window stands out from those around it, whatever the threshold: it is counted as a tail event.
    pub stands_out: bool,
    /// Whether a finding begins with this window.
    pub alarm: bool,
}

impl Judgement {
    /// The record of the window, of the series `key` whose values have `unit`.
    #[must_use]
    pub fn window(&self, key: &SeriesKey, unit: &str) -> Window {
        Window {
            pool: key.pool.clone(),
            tenant: key.tenant.clone(),
            resource: key.resource.clone(),
            signal: key.signal.clone(),
            series: self.series,
            attributes: key.attributes.clone(),
            unit: unit.to_owned(),
            window_start: self.window_start,
            window_end: self.window_start + self.width_ms,
            actual: published(self.value),
            expected: published(self.expected),
            lower: published(self.lower),
            upper: published(self.upper),
            season: self.season,
            score: published(self.score),
            threshold: published(self.threshold),
        }
    }
}

/// What came of looking at a series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts {
    /// What was concluded, in the order of the windows.
    pub findings: Vec<Finding>,
    /// Every judged window of the baseline detector; empty unless they are asked for.
    pub judgements: Vec<Judgement>,
    /// What the windows say about resources that tenants share, in the order of the windows.
    pub readings: Vec<Reading>,
    /// The windows of a series that is charged; empty of others.
    pub metered: Vec<Closed>,
}
