//! Opening a source partition for its owner: which state it goes on with, and which epoch it has.
//!
//! Two seams: [`States`] chooses among the states there are, [`Epochs`] numbers the owners. The implementations here know the
//! local disk only; where states are shared between machines, others take their place.
//!
//! The state is chosen before the predecessor is fenced. That is safe, since what it publishes until then is read back
//! after the fence: a state that is older than it could be costs a longer replay, never an output.

use std::path::PathBuf;
use std::sync::Arc;

use crate::detect::{Processor, ProcessorError, Settings};
use crate::state::{RocksStore, StateStore};

/// Chooses the state that a partition goes on with.
pub trait States: Send + Sync {
    /// Opens the state of `partition` that has come furthest; an empty one when there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or it is not known for now which state that is.
    fn choose(&self, partition: i32) -> Result<Box<dyn StateStore>, OwnershipError>;
}

/// Numbers the owners of partitions.
pub trait Epochs: Send + Sync {
    /// Claims an epoch above `last`, which the chosen state knows. Where instances share epochs, nobody else ever gets the
    /// same one.
    ///
    /// # Errors
    /// When it cannot be claimed.
    fn claim(&self, partition: i32, last: u64) -> Result<u64, OwnershipError>;

    /// Takes note that a partition is not owned any more.
    fn release(&self, _partition: i32) {}
}

/// A partition could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OwnershipError {
    /// Its state cannot be used.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// It cannot be known for now which state there is: later it may.
    #[error("partition {partition} waits: {cause}")]
    Unreachable {
        /// Which partition.
        partition: i32,
        /// Why.
        cause: String,
    },
    /// No epoch could be claimed.
    #[error("partition {partition}: no epoch could be claimed: {cause}")]
    Epoch {
        /// Which partition.
        partition: i32,
        /// Why.
        cause: String,
    },
}

/// A partition with its state, ready to be taken over.
pub struct Owned {
    /// The state.
    pub processor: Processor,
    /// The owner's number.
    pub epoch: u64,
}

/// Opens partitions.
pub struct Custody {
    settings: Arc<Settings>,
    states: Box<dyn States>,
    epochs: Box<dyn Epochs>,
}

impl Custody {
    /// Partitions judged with `settings`.
    #[must_use]
    pub fn new(settings: Arc<Settings>, states: Box<dyn States>, epochs: Box<dyn Epochs>) -> Self {
        Self { settings, states, epochs }
    }

    /// Opens a partition and writes its epoch down.
    ///
    /// # Errors
    /// When its state cannot be used or no epoch can be claimed.
    pub fn open(&self, partition: i32) -> Result<Owned, OwnershipError> {
        let processor = self.read(partition)?;
        self.own(partition, processor)
    }

    /// The same, unless the partition is not wanted any more once its state is read, which may take long. `None` then: an
    /// epoch that is claimed late would be above that of the owner who came meanwhile.
    ///
    /// # Errors
    /// As above.
    pub fn open_while(&self, partition: i32, is_wanted: impl Fn() -> bool) -> Result<Option<Owned>, OwnershipError> {
        let processor = self.read(partition)?;
        if is_wanted() { self.own(partition, processor).map(Some) } else { Ok(None) }
    }

    fn read(&self, partition: i32) -> Result<Processor, OwnershipError> {
        let store = self.states.choose(partition)?;
        Ok(Processor::open(Arc::clone(&self.settings), store)?)
    }

    fn own(&self, partition: i32, mut processor: Processor) -> Result<Owned, OwnershipError> {
        let epoch = self.epochs.claim(partition, processor.epoch()?)?;
        processor.begin_epoch(epoch)?;
        Ok(Owned { processor, epoch })
    }

    /// Takes note that a partition is not owned any more.
    pub fn release(&self, partition: i32) {
        self.epochs.release(partition);
    }
}

/// The states on this machine: a folder a partition.
#[derive(Clone, Debug)]
pub struct LocalStates(pub PathBuf);

impl States for LocalStates {
    fn choose(&self, partition: i32) -> Result<Box<dyn StateStore>, OwnershipError> {
        let store = RocksStore::open(&self.0.join(partition.to_string()));
        Ok(Box::new(store.map_err(ProcessorError::from)?))
    }
}

/// Epochs that each state counts for itself. Those of two machines say nothing about each other; the broker's fence does.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalEpochs;

impl Epochs for LocalEpochs {
    fn claim(&self, _: i32, last: u64) -> Result<u64, OwnershipError> {
        Ok(last + 1)
    }
}
