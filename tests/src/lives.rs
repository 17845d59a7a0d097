//! An owner of a partition lives several times over an object store on which things go wrong, and after each checkpoint
//! that it tries to take, whatever is there restores to a state that was.

use std::collections::BTreeMap;

use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::{Epoch, Remote, choice, restore};
use tidewatch_pipelines::state::{Pair, RocksStore};

use crate::partition::{PARTITION, START, checkpoint, checkpointer, content, feed, open};

/// Lives of an owner, each with its own epoch, and checkpoints that each tries to take.
const LIVES: u64 = 4;
const TRIES: i64 = 8;

/// An object store, reached as it is and with misfortune.
pub struct Lives<'a> {
    /// A view without faults.
    pub healthy: &'a dyn Fn() -> Remote,
    /// The view of the owner in its life of this number.
    pub faulty: &'a dyn Fn(u64) -> Remote,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fortune {
    /// Checkpoints that were tried.
    pub tried: usize,
    /// Of these, those that failed.
    pub failed: usize,
}

impl Lives<'_> {
    /// Lives through it; `case` is what a failure is called.
    ///
    /// # Panics
    /// When a checkpoint is not whole, or one that was said to be there does not count.
    pub fn live(&self, case: &str) -> Fortune {
        let (mut contents, mut last_said, mut failed) = (BTreeMap::new(), None, 0);
        let mut end = 0;
        for life in 0..LIVES {
            let local = TempDir::new().expect("a folder can be made");
            let checkpoints = checkpointer((self.faulty)(life), local.path(), &format!("life {life}"));
            let target = local.path().join("3");
            // The new owner takes what is there with the same misfortune, or waits.
            let epoch = loop {
                if let Ok(epoch) = checkpoints.claim_epoch(PARTITION, Epoch(0)) {
                    break epoch;
                }
            };
            while checkpoints.restore(PARTITION, &target).is_err() {
                assert!(!target.exists(), "{case}: a restore that failed left something behind");
            }
            let mut processor = open(RocksStore::open(&target).expect("it opens"));
            end = processor.next_offset().unwrap_or(0).max(end - 40);
            checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
            for _ in 0..TRIES {
                end += 11;
                feed(&mut processor, end);
                contents.insert(u64::try_from(end).expect("not negative"), content(processor.store()));
                match checkpoint(&checkpoints, &processor) {
                    Some(offset) => last_said = Some((epoch, offset)),
                    None => failed += 1,
                }
                let Some((offset, held)) = self.restored() else {
                    assert_eq!(last_said, None, "{case}: a checkpoint was said to be there and is not");
                    continue;
                };
                assert!(contents.get(&offset) == Some(&held), "{case}: offset {offset} restores to another state");
                let newest = choice::latest(&(self.healthy)(), None, PARTITION, &[]).expect("it reads");
                let newest = newest.expect("it is there").manifest;
                assert!(Some((newest.epoch, newest.offset)) >= last_said, "{case}: an older checkpoint counts");
            }
        }
        Fortune { tried: contents.len(), failed }
    }

    /// Restores what counts; returns the offset and what the state holds.
    fn restored(&self) -> Option<(u64, Vec<Vec<Pair>>)> {
        let folder = TempDir::new().expect("a folder can be made");
        let target = folder.path().join("3");
        let chosen = restore::latest(&(self.healthy)(), None, PARTITION, &target).expect("one can be used")?;
        Some((chosen.manifest.offset, content(&RocksStore::open(&target).expect("it opens"))))
    }
}
