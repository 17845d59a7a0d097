//! Where the memory of a partition lives: families of keys and values, written one batch at a time.
//!
//! Two implementations stand behind [`StateStore`]: RocksDB for services, and a twin in memory for the driver and for
//! tests. Both pass the suite in [`conformance`].

pub mod conformance;
mod memory;
mod rocks;

pub use memory::MemoryStore;
pub use rocks::RocksStore;

use std::path::Path;

/// A named set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// One record: how far the partition has come.
    Meta,
    /// A record a pool: its time and its incidents.
    Pools,
    /// A record a class of series: what they have in common.
    Classes,
    /// A record a series: who it is and what is remembered of it.
    Series,
    /// Outputs that are decided and not yet known to be published, by sequence number.
    Outbox,
    /// A record a tenant of a pool: what it may still do.
    Tenants,
    /// Records that were begun and may have ended the process, by offset.
    Attempts,
    /// Records of a pool: what its tenants take of what they share, and how they feel.
    Sharing,
    /// A record a series that is charged: what it measured in periods that are not charged yet.
    Meters,
    /// A record an incident that is over: what people may still say of.
    Archive,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 10] = [
        Self::Meta,
        Self::Pools,
        Self::Classes,
        Self::Series,
        Self::Outbox,
        Self::Tenants,
        Self::Attempts,
        Self::Sharing,
        Self::Meters,
        Self::Archive,
    ];

    /// The name it has on disk.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Pools => "pools",
            Self::Classes => "classes",
            Self::Series => "series",
            Self::Outbox => "outbox",
            Self::Tenants => "tenants",
            Self::Attempts => "attempts",
            Self::Sharing => "sharing",
            Self::Meters => "meters",
            Self::Archive => "archive",
        }
    }
}

/// Changes that become visible together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    changes: Vec<Change>,
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub family: Family,
    /// Which key.
    pub key: Vec<u8>,
    /// Its new value; `None` removes it.
    pub value: Option<Vec<u8>>,
}

impl Batch {
    /// Sets a key.
    pub fn put(&mut self, family: Family, key: Vec<u8>, value: Vec<u8>) {
        self.changes.push(Change { family, key, value: Some(value) });
    }

    /// Removes a key.
    pub fn delete(&mut self, family: Family, key: Vec<u8>) {
        self.changes.push(Change { family, key, value: None });
    }

    /// The changes in the order they were made; a later one wins.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Bytes of its keys and values.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let of = |change: &Change| change.key.len() + change.value.as_ref().map_or(0, Vec::len);
        self.changes.iter().map(of).sum::<usize>() as u64
    }
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// The store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("state store {place}: cannot {what}: {cause}")]
pub struct StoreError {
    /// The store, by its folder or `memory`.
    pub place: String,
    /// What was asked.
    pub what: &'static str,
    /// Why not.
    pub cause: String,
}

/// Keeps the state of one partition.
///
/// The caller is the only writer. The implementer applies a batch as a whole or not at all, survives the end of the
/// process once `write` has returned, reads what was written last, and scans keys in ascending order of their bytes. A copy
/// holds what the store held at that moment, whatever is written to either of them later.
pub trait StateStore: Send {
    /// The value of a key.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// All pairs of a family, in ascending order of their keys.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn scan(&self, family: Family) -> Result<Vec<Pair>, StoreError>;

    /// Applies a batch.
    ///
    /// # Errors
    /// When the batch could not be written; then none of it is.
    fn write(&mut self, batch: &Batch) -> Result<(), StoreError>;

    /// Copies the store to a folder that does not exist, where [`RocksStore`] opens it. It takes the time of writing out
    /// what is only in memory, however large the store is.
    ///
    /// # Errors
    /// When the folder cannot be made.
    fn copy_to(&self, folder: &Path) -> Result<(), StoreError>;

    /// Bytes of all batches that were written since the store was opened.
    fn written(&self) -> u64;
}
