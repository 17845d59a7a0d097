//! How far the stages have come, as numbers that any thread may read.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tidewatch_schemas::Timestamp;

use crate::clock;

/// Counts since the process began.
#[derive(Debug)]
pub struct Gauges {
    /// Records of users' topics that were ingested and acknowledged as observations.
    pub ingested: Count,
    /// Inputs that were refused.
    pub rejected: Count,
    /// Observations whose clock was too far ahead.
    pub clamped: Count,
    /// Observations that no rule could assign to a tenant.
    pub unassigned: Count,
    /// Envelopes written to observations, ticks not counted.
    pub envelopes: Count,
    /// Records of observations that were judged and committed, ticks not counted.
    pub judged: Count,
    /// Outputs published by detect.
    pub published: Count,
    /// Outputs in the outboxes of the partitions that are owned.
    pub outbox: Level,
    /// Changes of incidents that a channel has taken.
    pub told: Count,
    /// Changes of incidents that a channel will not be told of.
    pub given_up: Count,
    /// Changes of incidents that wait to be told.
    pub untold: Level,
    /// Rows that are visible in the lake.
    pub stored: Count,
    /// Records that cannot be rows of the lake.
    pub unfit: Count,
    /// Rows that wait to be written to the lake.
    pub unstored: Level,
    event_time: AtomicI64,
    saved: AtomicI64,
    /// Stages that have published and committed everything and only have to say goodbye.
    drained: Count,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to it.
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    /// What it stands at.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub struct Level(AtomicU64);

impl Level {
    /// Sets it.
    pub fn set(&self, to: usize) {
        self.0.store(to as u64, Ordering::Relaxed);
    }

    /// What it stands at.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Gauges {
    fn default() -> Self {
        Self {
            ingested: Count::default(),
            rejected: Count::default(),
            clamped: Count::default(),
            unassigned: Count::default(),
            envelopes: Count::default(),
            judged: Count::default(),
            published: Count::default(),
            outbox: Level::default(),
            told: Count::default(),
            given_up: Count::default(),
            untold: Level::default(),
            stored: Count::default(),
            unfit: Count::default(),
            unstored: Level::default(),
            event_time: AtomicI64::new(i64::MIN),
            saved: AtomicI64::new(i64::MIN),
            drained: Count::default(),
        }
    }
}

impl Gauges {
    /// Takes note that detect has come to `at`.
    pub fn reached(&self, at: Timestamp) {
        self.event_time.fetch_max(at.0, Ordering::Relaxed);
    }

    /// Takes note that a stage is done with everything it had read.
    pub fn drained(&self) {
        self.drained.add(1);
    }

    /// How many stages are done with everything they had read.
    #[must_use]
    pub fn stages_drained(&self) -> u64 {
        self.drained.get()
    }

    /// The newest event time that detect has judged and committed.
    #[must_use]
    pub fn event_time(&self) -> Option<Timestamp> {
        let at = self.event_time.load(Ordering::Relaxed);
        (at != i64::MIN).then_some(Timestamp(at))
    }

    /// Takes note that checkpoints hold everything up to `at`; `None` where none are taken.
    pub fn saved(&self, at: Option<Timestamp>) {
        self.saved.store(at.map_or(i64::MIN, |at| at.0), Ordering::Relaxed);
    }

    /// How long ago checkpoints held everything, of the partition where that is longest ago.
    #[must_use]
    pub fn checkpoint_age(&self) -> Option<Duration> {
        let at = self.saved.load(Ordering::Relaxed);
        let age = clock::now().0.saturating_sub(at);
        (at != i64::MIN).then(|| Duration::from_millis(u64::try_from(age).unwrap_or(0)))
    }
}
