//! What a machine goes on with when it gains a partition: its own state or the checkpoint, whichever has come further, and
//! an epoch that no other machine has.
//!
//! Where the object store does not answer, a machine with a state of its own goes on with it and counts the epoch for
//! itself: the broker's fence holds without the object store. A machine without one has nothing to go on with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpointer::Checkpointer;
use super::error::CheckpointError;
use super::local::clear;
use super::name::Epoch;
use crate::clock;
use crate::detect::snapshot::reached;
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
    fn choose(&self, partition: i32) -> Result<Box<dyn StateStore>, StoreError> {
        let folder = self.folder.join(partition.to_string());
        let chosen = self.choose_in(partition, &folder);
        let what = "choose the state to go on with";
        let failed = |error: CheckpointError| match error {
            CheckpointError::Store(error) => error,
            error => StoreError { place: folder.display().to_string(), what, cause: error.to_string() },
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
        let come_there = match self.checkpoints.latest(partition) {
            Ok(chosen) => chosen.map(|chosen| chosen.manifest.offset),
            Err(error) if error.passes() && come_here.is_some() => {
                tracing::warn!(partition, %error, "goes on with the state of this machine; later ones are not known");
                None
            }
            Err(error) => return Err(error),
        };
        match here {
            Some(store) if come_here >= come_there => Ok(store),
            None if come_there.is_none() => Ok(RocksStore::open(folder)?),
            store => {
                drop(store);
                tracing::info!(partition, here = come_here, there = come_there, "the checkpoint has come further");
                self.bring_back(partition, folder)
            }
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
