//! Manifests: which files are visible, and up to where the topic is in them.
//!
//! A manifest is named by the offset at which it begins, and is only ever created where there is none. The next one begins
//! where it ends. So the manifests of a partition are one chain, whoever wrote them, and a record is in exactly one of them. A
//! file that no manifest of the chain names does not exist for readers.

use std::collections::BTreeMap;

use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::table::Table;

/// Version of what is written here.
pub(crate) const VERSION: u32 = 1;
/// Most tenants that are listed of a file.
pub(crate) const MOST_TENANTS: usize = 256;
/// Folder of everything that is not a table. Engines that read folders leave out what begins like this.
const FOLDER: &str = "_manifests";

/// What one step of the writer made visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the form.
    pub version: u32,
    /// Cluster and topic that the offsets count in.
    pub source: String,
    /// Table.
    pub table: String,
    /// Partition of the topic.
    pub partition: i32,
    /// The offset at which it begins, inclusive: where the one before ends.
    pub start: i64,
    /// The offset at which it ends, exclusive: where reading goes on.
    pub next: i64,
    /// The last number of each source partition that counts its outputs; what comes again with such a number is a repeat.
    pub sequences: BTreeMap<i32, u64>,
    /// Its files.
    pub files: Vec<FileEntry>,
    /// Whether nothing was written before it. Without it a listing that leaves out the first manifests looks like a chain.
    #[serde(default)]
    pub first: bool,
}

/// A file, and what makes opening it needless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Where it lies, from the root of the lake.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// The earliest time of a row, in microseconds since 1970.
    pub first: i64,
    /// The latest time of a row, likewise.
    pub last: i64,
    /// Whose rows it has, sorted; absent when they are too many to list.
    pub tenants: Option<Vec<String>>,
}

impl FileEntry {
    /// Whether it may have rows of `tenant`.
    #[must_use]
    pub fn may_have(&self, tenant: &str) -> bool {
        self.tenants.as_ref().is_none_or(|all| all.binary_search_by(|name| name.as_str().cmp(tenant)).is_ok())
    }
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// With what is wrong, when it is none or of a version that is unknown here.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.version > VERSION {
            return Err(format!("it has version {}, and this release knows {VERSION}", manifest.version));
        }
        if manifest.next <= manifest.start {
            return Err(format!("it ends at {} and begins at {}", manifest.next, manifest.start));
        }
        Ok(manifest)
    }

    /// Its bytes.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Folder of the manifests of a table; one folder per partition in it.
#[must_use]
pub fn folder(table: Table) -> Path {
    Path::from_iter([FOLDER, table.name()])
}

/// Folder of the manifests of a partition.
#[must_use]
pub fn partition_folder(table: Table, partition: i32) -> Path {
    folder(table).join(format!("{partition:05}"))
}

/// Where the manifest lies that begins at `start`.
#[must_use]
pub fn path(table: Table, partition: i32, start: i64) -> Path {
    partition_folder(table, partition).join(format!("{start:020}.json"))
}

/// Partition and offset of the manifest at `path`; `None` for anything else.
#[must_use]
pub fn named(path: &Path) -> Option<(i32, i64)> {
    let mut parts = path.as_ref().rsplit('/');
    let start = parts.next()?.strip_suffix(".json")?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, start))
}

/// Where the file lies with the rows of `day`, given in days since 1970, from the records of a partition in a range.
#[must_use]
pub fn file_path(table: Table, partition: i32, (start, next): (i64, i64), day: i64) -> String {
    format!("{}/day={}/p{partition:05}-{start:020}-{next:020}.parquet", table.name(), date(day))
}

/// Where the file lies that snapshot `number` puts in the place of others of the same `day`, given as in their paths. Its
/// content is in its name, so that what two wrote for the same snapshot never overwrites another.
pub(crate) fn merged_path(table: Table, partition: i32, number: u64, day: &str, content: &str) -> String {
    format!("{}/{day}/p{partition:05}-s{number:020}-{content}.parquet", table.name())
}

/// What names a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Written from records of the topic, the first of which has this offset or a later one.
    Records(i64),
    /// Written for the snapshot with this number.
    Snapshot(u64),
}

/// Partition and origin of the data file at `path`; `None` for anything else.
pub(crate) fn data_file(path: &Path) -> Option<(i32, Origin)> {
    let name = path.as_ref().rsplit('/').next()?.strip_suffix(".parquet")?.strip_prefix('p')?;
    let mut parts = name.split('-');
    let partition = parts.next()?.parse().ok()?;
    let first = parts.next()?;
    let origin = match first.strip_prefix('s') {
        Some(number) => Origin::Snapshot(number.parse().ok()?),
        None => Origin::Records(first.parse().ok()?),
    };
    Some((partition, origin))
}

/// A day as `2026-11-22`; one outside of the years that a calendar has is the first or the last that it has.
fn date(day: i64) -> String {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let limit = if day < 0 { jiff::civil::Date::MIN } else { jiff::civil::Date::MAX };
    let distance = jiff::Span::new().try_days(day).ok();
    distance.and_then(|days| epoch.checked_add(days).ok()).unwrap_or(limit).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let file = FileEntry {
            path: "findings/day=2026-11-22/a.parquet".to_owned(),
            bytes: 10,
            rows: 2,
            first: 1,
            last: 2,
            tenants: Some(vec!["acme".to_owned(), "delta".to_owned()]),
        };
        Manifest {
            version: VERSION,
            source: "cluster/topic".to_owned(),
            table: "findings".to_owned(),
            partition: 3,
            start: 7,
            next: 9,
            sequences: BTreeMap::from([(3, 5)]),
            files: vec![file],
            first: false,
        }
    }

    #[test]
    fn a_manifest_reads_back_what_it_writes() {
        assert_eq!(Manifest::read(&manifest().written()), Ok(manifest()));
    }

    #[test]
    fn what_is_no_manifest_says_why() {
        let later = Manifest { version: 9, ..manifest() };
        let empty = Manifest { next: 7, ..manifest() };
        let cases = [
            (b"{".to_vec(), "EOF while parsing"),
            (later.written(), "it has version 9, and this release knows 1"),
            (empty.written(), "it ends at 7 and begins at 7"),
        ];
        for (bytes, expected) in cases {
            let error = Manifest::read(&bytes).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn names_order_as_offsets_do_and_are_read_back() {
        let (one, other) = (path(Table::Findings, 3, 9), path(Table::Findings, 3, 10));
        assert!(one < other, "{one} {other}");
        assert_eq!(named(&other), Some((3, 10)));
        assert_eq!(named(&Path::from("_manifests/findings/00003/x")), None);
    }

    #[test]
    fn a_file_lies_under_its_day() {
        let path = file_path(Table::Findings, 3, (7, 9), 20_779);
        assert_eq!(path, "findings/day=2026-11-22/p00003-00000000000000000007-00000000000000000009.parquet");
        assert_eq!(date(-1), "1969-12-31");
        assert!(date(i64::MAX).starts_with("9999-") && date(i64::MIN).starts_with("-009999"));
    }

    #[test]
    fn a_data_file_says_where_it_comes_from() {
        let written = file_path(Table::Findings, 3, (7, 9), 20_779);
        let merged = merged_path(Table::Findings, 3, 12, "day=2026-11-22", "abcdef");
        assert_eq!(data_file(&Path::from(written.as_str())), Some((3, Origin::Records(7))));
        assert_eq!(data_file(&Path::from(merged.as_str())), Some((3, Origin::Snapshot(12))));
        assert_eq!(data_file(&Path::from("findings/day=2026-11-22/others.parquet")), None);
    }

    #[test]
    fn a_file_is_left_out_for_tenants_that_it_does_not_list() {
        let file = &manifest().files[0];
        assert!(file.may_have("acme") && !file.may_have("bolt"));
        assert!(FileEntry { tenants: None, ..file.clone() }.may_have("bolt"));
    }
}
