//! What a machine goes on with when it gains a partition: its own state or the checkpoint, whichever has come further, and
//! an epoch that no other machine has.
//!
//! How far they have come compares only where both are of one lineage. A checkpoint of a later one counts, however far it
//! has come: the state was moved to another number of partitions elsewhere. One of an earlier lineage is refused: it would
//! undo the move.
//!
//! Where the object store does not answer, a machine with a state of its own goes on with it and counts the epoch for
//! itself: the broker's fence holds without the object store. A machine without one has nothing to go on with, and waits.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpointer::Checkpointer;
use super::error::CheckpointError;
use super::local::clear;
use super::manifest::{Flaw, Manifest};
use super::name::Epoch;
use crate::clock;
use crate::detect::snapshot::reached;
use crate::detect::{Kinship, Lineage, ProcessorError};
use crate::protocol::{Epochs, OwnershipError, States};
use crate::state::{RocksStore, StateStore, StoreError};

/// States on this machine and in checkpoints.
pub struct SharedStates {
    /// Folder of the states on this machine, a folder a partition.
    pub folder: PathBuf,
    /// Their checkpoints.
    pub checkpoints: Arc<Checkpointer>,
}

impl States for SharedStates {
    fn choose(&self, partition: i32) -> Result<Box<dyn StateStore>, OwnershipError> {
        let folder = self.folder.join(partition.to_string());
        let chosen = self.choose_in(partition, &folder);
        let what = "choose the state to go on with";
        let failed = |error: CheckpointError| match error {
            CheckpointError::Store(error) => OwnershipError::from(ProcessorError::from(error)),
            error if error.passes() => OwnershipError::Unreachable { partition, cause: error.to_string() },
            error => {
                let store = StoreError { place: folder.display().to_string(), what, cause: error.to_string() };
                OwnershipError::from(ProcessorError::from(store))
            }
        };
        Ok(Box::new(chosen.map_err(failed)?))
    }
}

impl SharedStates {
    fn choose_in(&self, partition: i32, folder: &Path) -> Result<RocksStore, CheckpointError> {
        let aside = folder.with_extension("behind");
        if !folder.exists() && aside.exists() {
            // A process died while it replaced the state.
            fs::rename(&aside, folder).map_err(CheckpointError::local("take back", &aside))?;
        }
        let here = if folder.exists() { Some(RocksStore::open(folder)?) } else { None };
        let come_here = here.as_ref().map(|store| reached(store)).transpose()?.flatten().map(|it| it.next_offset);
        let there = match self.checkpoints.latest(partition) {
            Ok(chosen) => chosen.map(|chosen| chosen.manifest),
            Err(error) if error.passes() && come_here.is_some() => {
                tracing::warn!(partition, %error, "goes on with the state of this machine; later ones are not known");
                None
            }
            Err(error) => return Err(error),
        };
        let (there, store) = match (there, here) {
            (None, Some(store)) => return Ok(store),
            (None, None) => return Ok(RocksStore::open(folder)?),
            (Some(there), store) => (there, store),
        };
        if let Some(store) = store
            && let Some(come_here) = come_here
            && !self.counts(&there, (&store, come_here))?
        {
            return Ok(store);
        }
        let (lineage, offset) = (&there.lineage, there.offset);
        tracing::info!(partition, here = come_here, there = offset, %lineage, "the checkpoint counts");
        self.bring_back(partition, folder)
    }

    /// Whether a checkpoint counts more than a state that has come to some offset.
    fn counts(&self, there: &Manifest, (store, come_here): (&RocksStore, u64)) -> Result<bool, CheckpointError> {
        let here = Lineage::of(store)?;
        match there.lineage.kinship(&here) {
            Kinship::Same => Ok(there.offset > come_here),
            Kinship::Later => Ok(true),
            Kinship::Earlier | Kinship::Foreign => Err(CheckpointError::Flawed {
                url: self.checkpoints.url().to_owned(),
                partition: there.partition,
                name: there.name(),
                flaw: Flaw::OtherLineage { found: there.lineage.clone(), here },
            }),
        }
    }

    /// Replaces the state in `folder` by the checkpoint; the state is put aside until the checkpoint is there.
    fn bring_back(&self, partition: i32, folder: &Path) -> Result<RocksStore, CheckpointError> {
        let aside = folder.with_extension("behind");
        if folder.exists() {
            clear(&aside)?;
            fs::rename(folder, &aside).map_err(CheckpointError::local("put aside", folder))?;
        }
        let restored = self.checkpoints.restore(partition, folder);
        if restored.is_err() && aside.exists() {
            fs::rename(&aside, folder).map_err(CheckpointError::local("take back", &aside))?;
        }
        let offset = restored?.map(|chosen| chosen.manifest.offset);
        clear(&aside)?;
        tracing::info!(partition, offset, "restored from the checkpoint");
        Ok(RocksStore::open(folder)?)
    }
}

/// Epochs that all machines with the same object store share.
pub struct SharedEpochs(pub Arc<Checkpointer>);

impl Epochs for SharedEpochs {
    fn claim(&self, partition: i32, last: u64) -> Result<u64, OwnershipError> {
        let failed = |error: CheckpointError| OwnershipError::Epoch { partition, cause: error.to_string() };
        let epoch = match self.0.claim_epoch(partition, Epoch(last)) {
            Ok(epoch) => (epoch, true),
            Err(error) if error.passes() => {
                tracing::warn!(partition, %error, "the epoch is counted without the object store");
                (Epoch(last).next(), false)
            }
            Err(error) => return Err(failed(error)),
        };
        self.0.begin(partition, epoch, clock::now()).map_err(failed)?;
        Ok(epoch.0.0)
    }

    fn release(&self, partition: i32) {
        self.0.forget(partition);
    }
}
