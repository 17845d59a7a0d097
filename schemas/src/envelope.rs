//! A record of `tidewatch.observations`: what ingest made of one input for one pool, or a tick.

use std::sync::Arc;

use crate::ids::PoolId;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::time::Timestamp;

/// One record of `tidewatch.observations`.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Observations of one pool, or a tick.
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
