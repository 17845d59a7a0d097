//! What a judged window looked like beside what was expected of it: the row of every picture, table and comparison.

use tidewatch_schemas::finding::Season;
use tidewatch_schemas::{Finding, SeriesId, Timestamp};

use crate::contention::Reading;
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
