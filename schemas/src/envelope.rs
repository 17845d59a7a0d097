//! A record of `tidewatch.observations`: what ingest made of one input for one pool, what it refused of one, what a
//! person said, or a tick.

use std::sync::Arc;

use crate::ids::PoolId;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::reject::Reject;
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// One record of `tidewatch.observations`.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Observations of one pool, what was refused, a verdict, or a tick.
    pub content: Content,
}

/// What a record of `tidewatch.observations` carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Observations of one pool from one input record.
    Observations {
        /// The pool, which is also the record's key.
        pool: PoolId,
        /// Where they came from; repeats are recognised by it.
        origin: Origin,
        /// When the broker got the input record; agents' clocks are held against it.
        received: Timestamp,
        /// The observations, in the order of the input.
        observations: Vec<Observation>,
    },
    /// What was refused of one input record. Detect publishes it, so that it stands among the rejects once, however often
    /// ingest repeats itself.
    Rejects {
        /// The input record; its `index` comes after those of all envelopes with observations from it.
        origin: Origin,
        /// When the broker got it.
        received: Timestamp,
        /// What was refused, in the order of the input.
        rejects: Vec<Reject>,
    },
    /// What a person said of an incident.
    Verdict {
        /// The record of `tidewatch.verdicts`.
        origin: Origin,
        /// When the broker got it.
        received: Timestamp,
        /// What was said.
        verdict: Verdict,
    },
    /// The wall clock of an ingest instance, written to every partition.
    Tick(Tick),
}

/// The wall clock of an ingest instance. Ticks of several instances are merged by their maximum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// What the clock showed.
    pub at: Timestamp,
    /// Which instance wrote it.
    pub instance: Arc<str>,
}

impl Envelope {
    /// What carries `rejects`, all of one input record; `None` when there are none.
    #[must_use]
    pub fn of_rejects(rejects: Vec<Reject>) -> Option<Self> {
        let Reject { origin, received_at, .. } = rejects.first()?;
        let origin = Origin { index: u32::MAX, ..origin.clone() };
        Some(Self { content: Content::Rejects { origin, received: *received_at, rejects } })
    }

    /// The key of the record, which decides its partition: what must stay in order has the same. Empty for ticks, which
    /// go to every partition.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        match &self.content {
            Content::Observations { pool, .. } => pool.as_str().as_bytes().to_vec(),
            Content::Rejects { origin, .. } => format!("{}/{}", origin.topic, origin.partition).into_bytes(),
            Content::Verdict { verdict, .. } => verdict.pool.as_str().as_bytes().to_vec(),
            Content::Tick(_) => Vec::new(),
        }
    }
}
