//! Snapshots: the visible files of a partition up to an offset, in one object.
//!
//! Manifests only ever add files. What replaces some, by larger ones or by none, is a snapshot: it says for everything up to
//! an offset which files there are, and the chain of manifests goes on from there. The writer only adds behind the end, and a
//! snapshot only speaks of what lies before it, so that neither waits for the other. Snapshots are numbered, and each is
//! created only where there is none: of two that were made from the same one, one wins, and the other is made again.

use std::collections::BTreeMap;

use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::manifest::{FileEntry, Manifest, VERSION};
use crate::table::Table;

/// Folder of all snapshots, beside that of the manifests.
const FOLDER: &str = "_snapshots";

/// The visible files of a partition up to an offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Version of the form.
    pub version: u32,
    /// Counts the snapshots of the partition from 1.
    pub number: u64,
    /// Cluster and topic that the offsets count in.
    pub source: String,
    /// Table.
    pub table: String,
    /// Partition of the topic.
    pub partition: i32,
    /// The offset at which the first manifest of all began.
    pub start: i64,
    /// The offset up to which it speaks, exclusive: where the next manifest begins.
    pub next: i64,
    /// The last number of each source partition, as in the last manifest that it replaces.
    pub sequences: BTreeMap<i32, u64>,
    /// All files up to there.
    pub files: Vec<FileEntry>,
}

impl Snapshot {
    /// Reads one.
    ///
    /// # Errors
    /// With what is wrong, when it is none or of a version that is unknown here.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let snapshot: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if snapshot.version > VERSION {
            return Err(format!("it has version {}, and this release knows {VERSION}", snapshot.version));
        }
        Ok(snapshot)
    }

    /// Its bytes.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Itself as the one manifest that would say the same, which is what a writer goes on from.
    #[must_use]
    pub fn as_manifest(self) -> Manifest {
        Manifest {
            version: self.version,
            source: self.source,
            table: self.table,
            partition: self.partition,
            start: self.start,
            next: self.next,
            sequences: self.sequences,
            files: self.files,
            first: true,
        }
    }
}

/// What is visible of a partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The newest snapshot.
    pub snapshot: Option<Snapshot>,
    /// The manifests that follow it, each beginning where the one before ends.
    pub chain: Vec<Manifest>,
}

impl View {
    /// What `snapshot` and those of `manifests` that follow it show. A manifest beside the chain is that of a writer that did
    /// not know yet that it was replaced.
    #[must_use]
    pub fn of(snapshot: Option<Snapshot>, manifests: Vec<Manifest>) -> Self {
        let mut all: BTreeMap<i64, Manifest> = manifests.into_iter().map(|one| (one.start, one)).collect();
        let mut at = snapshot.as_ref().map(|snapshot| snapshot.next).or_else(|| all.keys().next().copied());
        let mut chain = Vec::new();
        while let Some(manifest) = at.and_then(|start| all.remove(&start)) {
            at = Some(manifest.next);
            chain.push(manifest);
        }
        Self { snapshot, chain }
    }

    /// The visible files, in the order of offsets.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let before = self.snapshot.iter().flat_map(|snapshot| &snapshot.files);
        before.chain(self.chain.iter().flat_map(|manifest| &manifest.files))
    }

    /// Whether it begins where the partition does; an incomplete listing may show less.
    #[must_use]
    pub fn has_beginning(&self) -> bool {
        self.snapshot.is_some() || self.chain.first().is_some_and(|manifest| manifest.first)
    }

    /// The number of the next snapshot.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.snapshot.as_ref().map_or(1, |snapshot| snapshot.number.saturating_add(1))
    }

    /// The next snapshot, which says the same of offsets and has `files`; `None` where nothing was ever written, or where the
    /// beginning is not in sight.
    #[must_use]
    pub fn successor(&self, files: Vec<FileEntry>) -> Option<Snapshot> {
        if !self.has_beginning() {
            return None;
        }
        let before = self.snapshot.clone().map(Snapshot::as_manifest);
        let last = self.chain.last().or(before.as_ref())?;
        let first = before.as_ref().or(self.chain.first())?;
        Some(Snapshot {
            version: VERSION,
            number: self.next_number(),
            source: last.source.clone(),
            table: last.table.clone(),
            partition: last.partition,
            start: first.start,
            next: last.next,
            sequences: last.sequences.clone(),
            files,
        })
    }
}

/// Folder of the snapshots of a table; one folder per partition in it.
#[must_use]
pub fn folder(table: Table) -> Path {
    Path::from_iter([FOLDER, table.name()])
}

/// Folder of the snapshots of a partition.
#[must_use]
pub fn partition_folder(table: Table, partition: i32) -> Path {
    folder(table).join(format!("{partition:05}"))
}

/// Where the snapshot with that number lies.
#[must_use]
pub fn path(table: Table, partition: i32, number: u64) -> Path {
    partition_folder(table, partition).join(format!("{number:020}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(start: i64, next: i64) -> Manifest {
        Manifest {
            version: VERSION,
            source: "cluster/findings".to_owned(),
            table: "findings".to_owned(),
            partition: 3,
            start,
            next,
            sequences: BTreeMap::from([(0, next.cast_unsigned())]),
            files: Vec::new(),
            first: start == 5,
        }
    }

    #[test]
    fn a_snapshot_reads_back_what_it_writes() {
        let snapshot = View::of(None, vec![manifest(5, 9)]).successor(Vec::new()).unwrap();
        assert_eq!(Snapshot::read(&snapshot.written()), Ok(snapshot.clone()));
        let later = Snapshot { version: 9, ..snapshot };
        assert!(Snapshot::read(&later.written()).unwrap_err().starts_with("it has version 9"));
    }

    #[test]
    fn the_chain_goes_on_where_the_snapshot_ends_and_leaves_out_what_is_beside_it() {
        let first = View::of(None, vec![manifest(7, 9), manifest(5, 7), manifest(6, 8)]);
        assert_eq!(first.chain, [manifest(5, 7), manifest(7, 9)]);
        let snapshot = first.successor(Vec::new()).unwrap();
        assert_eq!((snapshot.number, snapshot.start, snapshot.next, &snapshot.sequences[&0]), (1, 5, 9, &9));
        let second = View::of(Some(snapshot), vec![manifest(5, 7), manifest(8, 10), manifest(9, 12)]);
        assert_eq!(second.chain, [manifest(9, 12)]);
        let snapshot = second.successor(Vec::new()).unwrap();
        assert_eq!((snapshot.number, snapshot.start, snapshot.next), (2, 5, 12));
        assert_eq!(View::default().successor(Vec::new()), None);
        // The first manifest is missing from the listing.
        assert_eq!(View::of(None, vec![manifest(7, 9)]).successor(Vec::new()), None);
    }
}
