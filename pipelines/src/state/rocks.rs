//! The state store in RocksDB: a folder a partition, a column family a [`Family`], one write batch at a time.
//!
//! The write-ahead log is on and not synced: a batch survives the end of the process at once, and after a loss of power
//! a prefix of the batches is found, never a part of one. All families are flushed together, so the tables alone are a
//! moment of the store, too, should the log be lost. What RocksDB does not notice by itself, the seal does.

mod seal;

use std::path::Path;

use rocksdb::checkpoint::Checkpoint;
use rocksdb::{ColumnFamily, DB, DBCompressionType, DBRecoveryMode, IteratorMode, Options, WriteBatch};

use super::{Batch, Family, Pair, StateStore, StoreError};
use seal::Seal;

/// Tables that a store keeps open. An instance has one for each of its partitions and, where nobody said otherwise, may have 1,024
/// files and sockets in all.
const OPEN_TABLES: i32 = 64;
/// Bytes of a write buffer before it is flushed.
const WRITE_BUFFER: usize = 16 * 1024 * 1024;

/// A state store in RocksDB.
pub struct RocksStore {
    db: DB,
    place: String,
    written: u64,
    /// Absent when it is open for reading only.
    seal: Option<Seal>,
}

impl RocksStore {
    /// Opens the store in `folder`, creating it where there is none.
    ///
    /// # Errors
    /// When the folder cannot be used, for example because another process has it open.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let place = folder.display().to_string();
        let families = Family::ALL.map(|family| (family.name(), options()));
        let opened = || -> Result<(DB, Seal), String> {
            std::fs::create_dir_all(folder).and_then(|()| Seal::check(folder)).map_err(|cause| cause.to_string())?;
            let opened = DB::open_cf_with_opts(&database_options(), folder, families);
            let db = opened.map_err(|cause| cause.to_string())?;
            Ok((db, Seal::begin(folder).map_err(|cause| cause.to_string())?))
        };
        match opened() {
            Ok((db, seal)) => Ok(Self { db, place, written: 0, seal: Some(seal) }),
            Err(cause) => Err(StoreError { place, what: "open", cause }),
        }
    }

    /// Opens the store in `folder` for reading only, while a service may be writing to it: what it had written is seen.
    ///
    /// # Errors
    /// When there is no store in the folder, or it is another release's.
    pub fn open_to_read(folder: &Path) -> Result<Self, StoreError> {
        let place = folder.display().to_string();
        let families = Family::ALL.map(|family| (family.name(), options()));
        let mut options = options();
        options.set_max_open_files(OPEN_TABLES);
        let opened = Seal::check(folder).map_err(|cause| cause.to_string()).and_then(|()| {
            let opened = DB::open_cf_with_opts_for_read_only(&options, folder, families, false);
            opened.map_err(|cause| cause.to_string())
        });
        let failed = |cause| StoreError { place: place.clone(), what: "open for reading", cause };
        opened.map(|db| Self { db, place: place.clone(), written: 0, seal: None }).map_err(failed)
    }

    fn family(&self, family: Family) -> Result<&ColumnFamily, StoreError> {
        let cause = || self.failed("find a column family", family.name());
        self.db.cf_handle(family.name()).ok_or_else(cause)
    }

    fn failed(&self, what: &'static str, cause: impl std::fmt::Display) -> StoreError {
        StoreError { place: self.place.clone(), what, cause: cause.to_string() }
    }
}

fn database_options() -> Options {
    let mut options = options();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_background_jobs(2);
    options.set_paranoid_checks(true);
    options.set_atomic_flush(true);
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_max_open_files(OPEN_TABLES);
    options.set_keep_log_file_num(2);
    options
}

fn options() -> Options {
    let mut options = Options::default();
    options.set_write_buffer_size(WRITE_BUFFER);
    options.set_compression_type(DBCompressionType::Lz4);
    options
}

impl StateStore for RocksStore {
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(family)?, key).map_err(|cause| self.failed("read a key", cause))
    }

    fn scan(&self, family: Family) -> Result<Vec<Pair>, StoreError> {
        let pairs = self.db.iterator_cf(self.family(family)?, IteratorMode::Start);
        let owned = pairs.map(|pair| pair.map(|(key, value)| (key.into_vec(), value.into_vec())));
        owned.collect::<Result<_, _>>().map_err(|cause| self.failed("scan a family", cause))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut changes = WriteBatch::default();
        for change in batch.changes() {
            let family = self.family(change.family)?;
            match &change.value {
                Some(value) => changes.put_cf(family, &change.key, value),
                None => changes.delete_cf(family, &change.key),
            }
        }
        self.db.write(changes).map_err(|cause| self.failed("write a batch", cause))?;
        self.written += batch.bytes();
        let renewed = self.seal.as_mut().map_or(Ok(()), Seal::renew);
        renewed.map_err(|cause| self.failed("renew the seal", cause))
    }

    /// Tables are linked. What is only in memory is written to tables before, so the write-ahead log of the copy is empty.
    fn copy_to(&self, folder: &Path) -> Result<(), StoreError> {
        let copied = Checkpoint::new(&self.db).and_then(|checkpoint| checkpoint.create_checkpoint(folder));
        copied.map_err(|cause| self.failed("copy it to a folder", format!("{}: {cause}", folder.display())))
    }

    fn written(&self) -> u64 {
        self.written
    }
}
