//! An output on its way to a topic: decided, numbered, and stored until it is known to be published.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::topics::Topics;
use tidewatch_schemas::{CostSignal, Finding, Incident, Reject, Window};

/// Which topic an output goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Target {
    /// `tidewatch.incidents`
    Incidents,
    /// `tidewatch.rejects`
    Rejects,
    /// `tidewatch.findings`
    Findings,
    /// `tidewatch.cost-signals`
    CostSignals,
    /// `tidewatch.windows`
    Windows,
}

impl Target {
    /// The topics whose records go through the outbox and share one sequence.
    pub const OUTBOX: [Self; 3] = [Self::Incidents, Self::Rejects, Self::CostSignals];

    /// The topic's name.
    #[must_use]
    pub fn topic(self, topics: &Topics) -> &str {
        match self {
            Self::Incidents => &topics.incidents,
            Self::Rejects => &topics.rejects,
            Self::Findings => &topics.findings,
            Self::CostSignals => &topics.cost_signals,
            Self::Windows => &topics.windows,
        }
    }
}

/// A record ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Number of the output among those of its partition, from 1, without gaps.
    pub sequence: u64,
    /// Offset of the observations record that caused it.
    pub source_offset: i64,
    /// Where it goes.
    pub target: Target,
    /// Record key.
    pub key: Vec<u8>,
    /// Record value, JSON.
    pub value: Vec<u8>,
}

impl Outgoing {
    /// Bytes that it takes, headers not counted.
    #[must_use]
    pub fn size(&self) -> usize {
        self.key.len() + self.value.len()
    }
}

/// What is only appended: it changes nothing that is remembered, and a crash may repeat it.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// What was found.
    Finding(Box<Finding>),
    /// A judged window of a signal whose windows are asked for.
    Window(Box<Window>),
}

/// A note on its way: numbered in a sequence of its own, and sent before the commit that follows.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedNote {
    /// Number of the note among those of its partition, from 1.
    pub sequence: u64,
    /// Offset of the observations record that caused it.
    pub source_offset: i64,
    /// What it is.
    pub note: Note,
}

impl Note {
    /// Where it goes.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::Finding(_) => Target::Findings,
            Self::Window(_) => Target::Windows,
        }
    }

    /// Key and value of its record.
    #[must_use]
    pub fn record(&self) -> (String, Vec<u8>) {
        let (series, value) = match self {
            Self::Finding(finding) => (finding.series, serde_json::to_vec(finding)),
            Self::Window(window) => (window.series, serde_json::to_vec(window)),
        };
        (series.to_string(), value.unwrap_or_default())
    }
}

/// What is to be sent, before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A revision of an incident.
    Incident(Box<Incident>),
    /// A refused input.
    Reject(Box<Reject>),
    /// What somebody used, or lost.
    Cost(Box<CostSignal>),
}

impl Output {
    pub(super) fn numbered(&self, sequence: u64, source_offset: i64) -> Outgoing {
        let (target, key, value) = match self {
            Self::Incident(incident) => {
                (Target::Incidents, incident.incident_id.to_string().into_bytes(), serde_json::to_vec(incident))
            }
            Self::Reject(reject) => (Target::Rejects, Vec::new(), serde_json::to_vec(reject)),
            Self::Cost(signal) => {
                (Target::CostSignals, signal.sub_account_id.clone().into_bytes(), serde_json::to_vec(signal))
            }
        };
        Outgoing { sequence, source_offset, target, key, value: value.unwrap_or_default() }
    }
}
