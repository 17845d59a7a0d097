//! One partition of a topic on its way into the lake: records become rows, and rows become files with their manifest.
//!
//! No I/O and no clock. Where a file ends is decided by how many rows and bytes wait, which is the same after every restart,
//! and by whoever asks for what waits to be written now. The second may cut elsewhere after a crash, and that is harmless: what
//! counts is the one manifest that begins at an offset, and its files.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::LakeError;
use crate::manifest::{FileEntry, MOST_TENANTS, Manifest, VERSION, file_path};
use crate::parquet_file::written;
use crate::row::{Row, to_batch};
use crate::table::Table;

/// Most rows that wait, and most bytes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows.
    pub rows: usize,
    /// Bytes.
    pub bytes: usize,
}

/// What a partition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Table that it fills.
    pub table: Table,
    /// Its number.
    pub number: i32,
    /// Cluster and topic that its offsets count in.
    pub source: String,
}

/// A record of the topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its offset.
    pub offset: i64,
    /// Source partition and number, of outputs that are numbered.
    pub numbered: Option<(i32, u64)>,
    /// The record.
    pub bytes: Bytes,
}

/// What came of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It will be a row.
    Kept,
    /// It stands in the lake already.
    Repeat,
    /// It cannot be a row.
    Refused(String),
}

/// Files and the manifest that makes them visible.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// Path and bytes of each file.
    pub files: Vec<(String, Vec<u8>)>,
    /// The manifest.
    pub manifest: Manifest,
}

/// A partition.
#[derive(Clone, Debug)]
pub struct Partition {
    place: Place,
    limits: Limits,
    /// Whether nothing was written before.
    first: bool,
    /// Where the next manifest begins.
    start: i64,
    /// The offset after the last record that was taken.
    next: i64,
    /// The last number of each source partition.
    sequences: BTreeMap<i32, u64>,
    rows: Vec<Row>,
    bytes: usize,
}

impl Partition {
    /// Goes on after `last`, the end of the chain; without one at `beginning`.
    ///
    /// # Errors
    /// When the chain counts the offsets of another topic.
    pub fn resume(place: Place, limits: Limits, last: Option<Manifest>, beginning: i64) -> Result<Self, LakeError> {
        let first = last.is_none();
        let (start, sequences) = match last {
            Some(last) if last.source != place.source => {
                return Err(LakeError::Source { table: place.table, lake: last.source, topic: place.source });
            }
            Some(last) => (last.next, last.sequences),
            None => (beginning, BTreeMap::new()),
        };
        Ok(Self { place, limits, first, start, next: start, sequences, rows: Vec::new(), bytes: 0 })
    }

    /// What it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The offset to read next.
    #[must_use]
    pub fn next_offset(&self) -> i64 {
        self.next
    }

    /// The offset before which everything is visible.
    #[must_use]
    pub fn written_until(&self) -> i64 {
        self.start
    }

    /// Goes on at `offset`, because what lies before it was deleted. The next manifest says so by where it begins.
    pub fn skip_to(&mut self, offset: i64) {
        self.next = self.next.max(offset);
    }

    /// Rows that wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.rows.len()
    }

    /// Whether as much waits as may.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.rows.len() >= self.limits.rows || self.bytes >= self.limits.bytes
    }

    /// Takes a record; offsets only grow, and what lies before the next one is passed over.
    pub fn take(&mut self, record: Record) -> Taken {
        if record.offset < self.next {
            return Taken::Repeat;
        }
        self.next = record.offset.saturating_add(1);
        if let Some((source, sequence)) = record.numbered {
            let last = self.sequences.entry(source).or_default();
            if sequence <= *last {
                return Taken::Repeat;
            }
            *last = sequence;
        }
        match Row::read(self.place.table, record.offset, record.bytes) {
            Ok(row) => {
                self.bytes += row.size();
                self.rows.push(row);
                Taken::Kept
            }
            Err(wrong) => Taken::Refused(wrong),
        }
    }

    /// What waits, as files and their manifest; `None` while no row waits. The rows stay until they are
    /// [`published`](Self::published).
    ///
    /// # Errors
    /// When rows cannot be written as Parquet.
    pub fn seal(&self) -> Result<Option<Sealed>, LakeError> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let Place { table, number, source } = &self.place;
        let range = (self.start, self.next);
        let (mut files, mut entries) = (Vec::new(), Vec::new());
        for (day, mut rows) in self.by_day() {
            rows.sort_by(|one, other| one.order().cmp(&other.order()));
            let bytes = written(&[to_batch(*table, *number, &rows)?])?;
            let path = file_path(*table, *number, range, day);
            entries.push(entry(&path, bytes.len(), &rows));
            files.push((path, bytes));
        }
        let manifest = Manifest {
            version: VERSION,
            source: source.clone(),
            table: table.name().to_owned(),
            partition: *number,
            start: range.0,
            next: range.1,
            sequences: self.sequences.clone(),
            files: entries,
            first: self.first,
        };
        Ok(Some(Sealed { files, manifest }))
    }

    /// Goes on behind what was sealed: it is visible.
    pub fn published(&mut self) {
        self.start = self.next;
        self.first = false;
        self.rows = Vec::new();
        self.bytes = 0;
    }

    fn by_day(&self) -> BTreeMap<i64, Vec<&Row>> {
        let mut days: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
        for row in &self.rows {
            days.entry(row.day()).or_default().push(row);
        }
        days
    }
}

fn entry(path: &str, bytes: usize, rows: &[&Row]) -> FileEntry {
    let tenants: BTreeSet<&String> = rows.iter().flat_map(|row| &row.tenants).collect();
    let times = || rows.iter().map(|row| row.micros);
    FileEntry {
        path: path.to_owned(),
        bytes: bytes as u64,
        rows: rows.len() as u64,
        first: times().min().unwrap_or_default(),
        last: times().max().unwrap_or_default(),
        tenants: (tenants.len() <= MOST_TENANTS).then(|| tenants.into_iter().cloned().collect()),
    }
}

#[cfg(test)]
mod tests;
