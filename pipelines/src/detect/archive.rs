//! Incidents of a pool that are over, for as long as people may say what they were. Each is a record of its own, so that
//! a day full of incidents does not make every commit longer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidewatch_detectors::grouping::Past;
use tidewatch_schemas::{IncidentId, PoolId, Timestamp};

/// Most incidents of a pool that are kept; the one that ended first gives way.
const MOST: usize = 512;
/// How long they are kept, in milliseconds of the pool's time.
const KEPT_MS: i64 = 7 * 86_400_000;

/// Incidents of a pool that are over.
#[derive(Clone, Debug, Default)]
pub(super) struct Archive {
    past: BTreeMap<IncidentId, Past>,
    by_end: BTreeSet<(Timestamp, IncidentId)>,
    changed: BTreeSet<IncidentId>,
}

/// One of them in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredPast {
    pub pool: PoolId,
    past: Past,
}

/// What changed in an archive.
#[derive(Debug, Default)]
pub(super) struct ArchiveChanges {
    pub put: Vec<StoredPast>,
    pub over: Vec<IncidentId>,
}

impl Archive {
    /// Takes in an incident at `now`, and forgets those that are too old or too many.
    pub fn add(&mut self, past: Past, now: Timestamp) {
        self.changed.insert(past.id());
        self.insert(past);
        while let Some((ended, id)) = self.by_end.first().copied() {
            if now - ended <= KEPT_MS && self.by_end.len() <= MOST {
                break;
            }
            self.by_end.remove(&(ended, id));
            self.past.remove(&id);
            self.changed.insert(id);
        }
    }

    fn insert(&mut self, past: Past) {
        self.by_end.insert((past.ended_at(), past.id()));
        self.past.insert(past.id(), past);
    }

    /// The incident, to be changed.
    pub fn get_mut(&mut self, id: IncidentId) -> Option<&mut Past> {
        let past = self.past.get_mut(&id)?;
        self.changed.insert(id);
        Some(past)
    }

    pub fn restore(&mut self, stored: StoredPast) {
        self.insert(stored.past);
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self, pool: &PoolId) -> ArchiveChanges {
        let mut changes = ArchiveChanges::default();
        for id in std::mem::take(&mut self.changed) {
            match self.past.get(&id) {
                Some(past) => changes.put.push(StoredPast { pool: pool.clone(), past: past.clone() }),
                None => changes.over.push(id),
            }
        }
        changes
    }
}

impl StoredPast {
    /// The bytes under which it is stored.
    pub fn key(pool: &PoolId, id: IncidentId) -> Vec<u8> {
        [pool.as_str().as_bytes(), &[0], &id.0.to_be_bytes()].concat()
    }

    /// The same, of this one.
    pub fn own_key(&self) -> Vec<u8> {
        Self::key(&self.pool, self.past.id())
    }
}
