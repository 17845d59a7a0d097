//! Records that end the process. A panic is caught where it happens, but what aborts, or eats all memory, takes the whole
//! process with it, and again after every restart.
//!
//! A store tells whether its last owner ended in order. When it did not, the first records are taken one by one, each
//! written down before it is judged. A record that was written down three times and never got through is set aside.

use std::collections::BTreeMap;

use super::processor::ProcessorError;
use super::stored;
use crate::state::{Batch, Family, StateStore};

/// Records that are taken one by one after a disorderly end: more than a micro-batch has at most.
const CAREFUL: u32 = 100_000;
/// Present while somebody works on the store.
const RUNNING: &[u8] = b"running";

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Judge,
    SetAside,
}

/// Records that were begun and did not get through.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    begun: BTreeMap<i64, u8>,
    /// How often a record may end the process.
    most: u8,
    /// Records that are still taken one by one.
    careful: u32,
    is_marked: bool,
    /// The record that is being judged, if it is written down.
    current: Option<i64>,
}

impl Attempts {
    pub fn open(store: &dyn StateStore, most: u8) -> Result<Self, ProcessorError> {
        let mut attempts = Self { most, ..Self::default() };
        for (key, bytes) in store.scan(Family::Attempts)? {
            if key == RUNNING {
                attempts.careful = CAREFUL;
            } else if let Ok(offset) = <[u8; 8]>::try_from(key.as_slice()) {
                attempts.begun.insert(i64::from_be_bytes(offset), stored::decode("an attempt", &bytes)?);
            }
        }
        Ok(attempts)
    }

    /// Takes note that a record is to be judged. What cannot be written is said, and the record is judged all the same.
    pub fn begin(&mut self, store: &mut dyn StateStore, offset: i64) -> Fate {
        let mut batch = Batch::default();
        if !self.is_marked {
            batch.put(Family::Attempts, RUNNING.to_vec(), Vec::new());
        }
        let tried = self.begun.get(&offset).copied().unwrap_or(0);
        let fate = if tried >= self.most { Fate::SetAside } else { Fate::Judge };
        if self.careful > 0 {
            self.careful -= 1;
            self.forget_current(&mut batch);
            if fate == Fate::Judge {
                self.write_down(&mut batch, offset, tried.saturating_add(1));
            }
        }
        if !batch.changes().is_empty() {
            match store.write(&batch) {
                Ok(()) => self.is_marked = true,
                Err(error) => tracing::warn!(offset, %error, "a record is judged without being written down"),
            }
        }
        fate
    }

    fn write_down(&mut self, batch: &mut Batch, offset: i64, tries: u8) {
        if let Ok(bytes) = stored::encode(&tries) {
            batch.put(Family::Attempts, key(offset), bytes);
            self.begun.insert(offset, tries);
            self.current = Some(offset);
        }
    }

    fn forget_current(&mut self, batch: &mut Batch) {
        if let Some(through) = self.current.take() {
            self.begun.remove(&through);
            batch.delete(Family::Attempts, key(through));
        }
    }

    /// Takes note that the record got through: what ends the process from here on is not its fault.
    pub fn through(&mut self, store: &mut dyn StateStore) {
        let mut batch = Batch::default();
        self.forget_current(&mut batch);
        if !batch.changes().is_empty()
            && let Err(error) = store.write(&batch)
        {
            tracing::warn!(%error, "a record that got through stays written down until the commit");
        }
    }

    /// Adds to a commit: the record that is written down got through, and so did all before `next`.
    pub fn commit(&mut self, batch: &mut Batch, next: i64) {
        self.current = None;
        let through: Vec<i64> = self.begun.range(..next).map(|(offset, _)| *offset).collect();
        for offset in through {
            self.begun.remove(&offset);
            batch.delete(Family::Attempts, key(offset));
        }
    }

    /// Takes note of an orderly end.
    pub fn end(&mut self, store: &mut dyn StateStore) {
        if !self.is_marked {
            return;
        }
        let mut batch = Batch::default();
        self.forget_current(&mut batch);
        batch.delete(Family::Attempts, RUNNING.to_vec());
        if let Err(error) = store.write(&batch) {
            tracing::warn!(%error, "the store does not know that it was left in order");
        }
    }
}

fn key(offset: i64) -> Vec<u8> {
    offset.to_be_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryStore;

    /// Opens the store and begins records up to `deadly`, which ends the process; returns the fate of the last one.
    fn live(store: &MemoryStore, deadly: i64) -> Fate {
        let mut store = store.clone();
        let mut attempts = Attempts::open(&store, 3).unwrap();
        for offset in 0..deadly {
            attempts.begin(&mut store, offset);
            attempts.through(&mut store);
        }
        attempts.begin(&mut store, deadly)
    }

    #[test]
    fn a_record_that_ends_the_process_is_set_aside_and_those_before_it_are_not() {
        let store = MemoryStore::default();
        assert_eq!(live(&store, 5), Fate::Judge, "the first time nobody looks");
        for life in 1..=3 {
            assert_eq!(live(&store, 5), Fate::Judge, "life {life}");
        }
        assert_eq!(live(&store, 5), Fate::SetAside);
        assert_eq!(live(&store, 4), Fate::Judge, "the one before got through every time");
    }

    #[test]
    fn after_an_orderly_end_nothing_is_written_down() {
        let store = MemoryStore::default();
        for _ in 0..9 {
            let mut own = store.clone();
            let mut attempts = Attempts::open(&own, 3).unwrap();
            assert_eq!(attempts.begin(&mut own, 7), Fate::Judge);
            assert_eq!(own.scan(Family::Attempts).unwrap().len(), 1, "only that somebody works on it");
            attempts.end(&mut own);
            assert!(own.scan(Family::Attempts).unwrap().is_empty());
        }
    }

    #[test]
    fn what_is_committed_got_through() {
        let store = MemoryStore::default();
        live(&store, 3);
        let mut own = store.clone();
        let mut attempts = Attempts::open(&own, 3).unwrap();
        attempts.begin(&mut own, 3);
        assert_eq!(own.scan(Family::Attempts).unwrap().len(), 2);
        let mut batch = Batch::default();
        attempts.commit(&mut batch, 4);
        own.write(&batch).unwrap();
        assert_eq!(own.scan(Family::Attempts).unwrap().len(), 1);
        assert!(Attempts::open(&own, 3).unwrap().begun.is_empty());
    }
}
