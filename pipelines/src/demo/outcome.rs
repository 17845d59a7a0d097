//! What a demo came to.

use tidewatch_schemas::topics::Topics;
use tidewatch_schemas::{Incident, Timestamp};

use super::broker::Broker;
use crate::kafka::Gauges;
use crate::labels::Labels;
use crate::scoreboard::Report;

/// What a demo came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Incidents, and what came of the labelled faults.
    pub report: Report,
    /// Event time at which the recording begins.
    pub started: Timestamp,
    /// Where the broker listens.
    pub broker: String,
    /// Topic of the incidents.
    pub incidents_topic: String,
    /// Inputs that were refused.
    pub rejected: u64,
}

impl Outcome {
    pub(super) fn new(
        revisions: Vec<Incident>,
        labels: &Labels,
        first: Timestamp,
        broker: &Broker,
        gauges: &Gauges,
    ) -> Self {
        let started = labels.start_or(first);
        Self {
            report: Report::of(revisions, Some(labels)),
            started,
            broker: broker.address().to_owned(),
            incidents_topic: Topics::default().incidents,
            rejected: gauges.rejected.get(),
        }
    }
}
