//! Where things lie in the object store, and what their names say.
//!
//! Numbers have twenty digits, so that the order of names is the order of numbers.

use std::fmt;
use std::str::FromStr;

use object_store::path::Path;
use serde::{Deserialize, Serialize};

/// How often a partition has changed hands. Whoever holds the highest epoch owns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// What the name of a manifest says. The greatest counts: first the epoch, then the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManifestName {
    /// Epoch of the owner that wrote it.
    pub epoch: Epoch,
    /// Offset of the first observation that is not in it.
    pub offset: u64,
}

impl fmt::Display for ManifestName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:020}-{:020}.json", self.epoch.0, self.offset)
    }
}

impl FromStr for ManifestName {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let (epoch, offset) = name.strip_suffix(".json").and_then(|numbers| numbers.split_once('-')).ok_or(())?;
        Ok(Self { epoch: Epoch(number(epoch)?), offset: number(offset)? })
    }
}

/// A number of exactly twenty digits.
fn number(digits: &str) -> Result<u64, ()> {
    let is_one = digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_one.then(|| digits.parse().ok()).flatten().ok_or(())
}

/// The epoch that the name of a claim says.
#[must_use]
pub fn epoch_of(name: &str) -> Option<Epoch> {
    number(name).ok().map(Epoch)
}

/// Folder of the claims of a partition.
#[must_use]
pub fn epochs(partition: i32) -> Path {
    Path::from_iter(["epochs".to_owned(), partition.to_string()])
}

/// A claim.
#[must_use]
pub fn epoch(partition: i32, epoch: Epoch) -> Path {
    Path::from_iter(["epochs".to_owned(), partition.to_string(), format!("{:020}", epoch.0)])
}

/// Folder of the manifests of all partitions.
#[must_use]
pub fn all_manifests() -> Path {
    Path::from("manifests")
}

/// Folder of the manifests of a partition.
#[must_use]
pub fn manifests(partition: i32) -> Path {
    Path::from_iter(["manifests".to_owned(), partition.to_string()])
}

/// A manifest.
#[must_use]
pub fn manifest(partition: i32, name: ManifestName) -> Path {
    Path::from_iter(["manifests".to_owned(), partition.to_string(), name.to_string()])
}

/// What a file of a store is: nearly all bytes are tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A table of sorted keys; written once.
    Table,
    /// Everything else.
    Other,
}

impl Kind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Table, Self::Other];

    /// The kind of a file of RocksDB.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let is_table = std::path::Path::new(name).extension().is_some_and(|extension| extension == "sst");
        if is_table { Self::Table } else { Self::Other }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Table => "sst",
            Self::Other => "files",
        }
    }
}

/// Folder of the files of one kind of a partition.
#[must_use]
pub fn files(partition: i32, kind: Kind) -> Path {
    Path::from_iter([kind.folder().to_owned(), partition.to_string()])
}

/// A file by the hash of its content.
#[must_use]
pub fn file(partition: i32, kind: Kind, hash: &str) -> Path {
    Path::from_iter([kind.folder().to_owned(), partition.to_string(), hash.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(epoch: u64, offset: u64) -> ManifestName {
        ManifestName { epoch: Epoch(epoch), offset }
    }

    #[test]
    fn the_order_of_names_is_the_order_of_epochs_and_then_of_offsets() {
        let ascending = [named(0, 7), named(1, 0), named(1, 9), named(1, 10), named(2, 3), named(10, 1)];
        assert!(ascending.is_sorted());
        assert!(ascending.map(|name| name.to_string()).is_sorted());
    }

    #[test]
    fn names_read_back_and_others_are_none() {
        let name = named(12, 345);
        assert_eq!(name.to_string(), "00000000000000000012-00000000000000000345.json");
        assert_eq!(name.to_string().parse(), Ok(name));
        for other in ["", "12-345.json", "00000000000000000012-00000000000000000345", "-.json", "a.json"] {
            assert_eq!(other.parse::<ManifestName>(), Err(()), "{other:?}");
        }
        assert_eq!(epoch_of("00000000000000000012"), Some(Epoch(12)));
        assert_eq!(epoch_of("12"), None);
        assert_eq!(epoch_of("+0000000000000000012"), None);
    }

    #[test]
    fn partitions_share_no_file() {
        assert_eq!(file(3, Kind::of("000012.sst"), "ab").as_ref(), "sst/3/ab");
        assert_eq!(file(3, Kind::of("CURRENT"), "ab").as_ref(), "files/3/ab");
        assert_eq!(manifest(3, named(1, 2)).parts().count(), 3);
    }
}
