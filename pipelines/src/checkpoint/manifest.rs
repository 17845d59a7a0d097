//! What a checkpoint consists of: where its partition stood, and the files of its store.
//!
//! ```json
//! {"checksum": "<BLAKE3 of checkpoint>", "checkpoint": {"format": 1, "source": "...", "partition": 0, ..., "files": []}}
//! ```
//!
//! The checksum covers the compact JSON of `checkpoint`, which is written again to compare: damage is noticed wherever it
//! strikes, and a manifest stays a file that people can read.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

use super::name::{Epoch, Kind, ManifestName};
use crate::detect::Lineage;

/// The format of manifests that this release writes and reads.
pub const FORMAT: u32 = 1;
/// Digits of a hash.
const HASH_DIGITS: usize = 64;

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the manifest.
    pub format: u32,
    /// Version of the values in the store.
    pub state_version: u8,
    /// The release that wrote it.
    pub release: String,
    /// The log that was read: a checkpoint of another one says nothing about this one.
    pub source: String,
    /// Partition of that log.
    pub partition: i32,
    /// Epoch of the owner that wrote it.
    pub epoch: Epoch,
    /// Offset of the first observation that is not in it.
    pub offset: u64,
    /// Last number given to an output.
    pub sequence: u64,
    /// Last number given to a note.
    #[serde(rename = "finding_sequence")]
    pub note_sequence: u64,
    /// The lineage of the state; left out where it was never moved.
    #[serde(default, skip_serializing_if = "Lineage::is_empty")]
    pub lineage: Lineage,
    /// When it was taken, by the clock of the machine that took it; for people.
    pub taken_at: Timestamp,
    /// The files of the store.
    pub files: Vec<StoreFile>,
}

/// A file of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreFile {
    /// Its name in the folder of the store.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub hash: String,
}

/// Why bytes are no manifest that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not what a manifest looks like, or changed since it was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Written by another release.
    #[error("{what} has version {found}; this release reads version {read}: run the release that wrote it, {release}")]
    UnknownVersion {
        /// What has the version.
        what: &'static str,
        /// The version it has.
        found: u32,
        /// The version that can be read.
        read: u32,
        /// The release that wrote it.
        release: String,
    },
    /// A checkpoint of another log.
    #[error(
        "it is a checkpoint of {found:?}, not of {wanted:?}: the topic was made again, or the URL is another service's"
    )]
    OtherSource {
        /// The log it is of.
        found: String,
        /// The log that was asked for.
        wanted: String,
    },
    /// A checkpoint of another history of the partition.
    #[error(
        "it is of the lineage {found}, and the state of this machine of {here}: tidewatch state reshard was run in between, or \
         the URL is another service's; set another detect.checkpoints.url"
    )]
    OtherLineage {
        /// The lineage it is of.
        found: Lineage,
        /// That of the state it was to replace.
        here: Lineage,
    },
    /// A file is not there, or not all of it.
    #[error("file {name} ({path}) {problem}")]
    File {
        /// Its name in the folder of the store.
        name: String,
        /// Where it should be.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Document<T> {
    checksum: String,
    checkpoint: T,
}

/// The part of a manifest that every format has.
#[derive(Deserialize)]
struct Preamble {
    format: u32,
    #[serde(default)]
    release: String,
}

impl Manifest {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> ManifestName {
        ManifestName { epoch: self.epoch, offset: self.offset }
    }

    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The bytes under which it is stored.
    ///
    /// # Errors
    /// Never for a manifest whose texts are texts.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let checksum = checksum(self)?;
        serde_json::to_vec(&Document { checksum, checkpoint: self })
    }

    /// Reads a manifest and checks everything about it that its bytes can tell.
    ///
    /// # Errors
    /// When it is damaged, or another release wrote it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Flaw> {
        let damaged = |error: serde_json::Error| Flaw::Damaged(error.to_string());
        let Document { checkpoint: Preamble { format, release }, .. } =
            serde_json::from_slice(bytes).map_err(damaged)?;
        if format != FORMAT {
            return Err(Flaw::UnknownVersion { what: "the manifest", found: format, read: FORMAT, release });
        }
        let document: Document<Self> = serde_json::from_slice(bytes).map_err(damaged)?;
        let manifest = document.checkpoint;
        if checksum(&manifest).map_err(damaged)? != document.checksum {
            return Err(Flaw::Damaged("its checksum is another one".to_owned()));
        }
        if manifest.encode().map_err(damaged)? != bytes {
            return Err(Flaw::Damaged("its bytes are not as they were written".to_owned()));
        }
        manifest.check_files()?;
        Ok(manifest)
    }

    /// A name of a file must name a file of the folder, whoever wrote the manifest.
    fn check_files(&self) -> Result<(), Flaw> {
        for file in &self.files {
            let is_name = !file.name.is_empty() && !file.name.contains(['/', '\\']) && !file.name.starts_with('.');
            let is_hash = file.hash.len() == HASH_DIGITS && file.hash.bytes().all(|digit| digit.is_ascii_hexdigit());
            if !is_name || !is_hash {
                return Err(Flaw::Damaged(format!("{:?} with hash {:?} is no file of a store", file.name, file.hash)));
            }
        }
        Ok(())
    }
}

impl StoreFile {
    /// Which kind of file it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(&self.name)
    }
}

fn checksum(manifest: &Manifest) -> Result<String, serde_json::Error> {
    Ok(blake3::hash(&serde_json::to_vec(manifest)?).to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            state_version: 2,
            release: "0.1.0".to_owned(),
            source: "tidewatch.observations".to_owned(),
            partition: 3,
            epoch: Epoch(7),
            offset: 1_234,
            sequence: 56,
            note_sequence: 78,
            lineage: Lineage::default(),
            taken_at: Timestamp(1_793_606_400_000),
            files: vec![StoreFile { name: "000012.sst".to_owned(), bytes: 9, hash: "0f".repeat(32) }],
        }
    }

    #[test]
    fn a_manifest_reads_back() {
        let bytes = manifest().encode().unwrap();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest()));
    }

    #[test]
    fn no_flipped_bit_and_no_missing_end_goes_unnoticed() {
        let bytes = manifest().encode().unwrap();
        for place in 0..bytes.len() {
            assert!(Manifest::decode(&bytes[..place]).is_err(), "cut off at byte {place}");
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[place] ^= 1 << bit;
                let read = Manifest::decode(&flipped);
                assert!(read.is_err(), "bit {bit} of byte {place} flipped: {}", String::from_utf8_lossy(&flipped));
            }
        }
    }

    #[test]
    fn another_format_is_refused_by_its_number_and_release() {
        let bytes = br#"{"checksum":"","checkpoint":{"format":9,"release":"7.0","anything":[]}}"#;
        let error = Manifest::decode(bytes).unwrap_err().to_string();
        let expected = "the manifest has version 9; this release reads version 1: run the release that wrote it, 7.0";
        assert_eq!(error, expected);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["../CURRENT", "/etc/passwd", "a/b", "", "..", ".hidden", "a\\b"] {
            let mut wrong = manifest();
            wrong.files[0].name = name.to_owned();
            let read = Manifest::decode(&wrong.encode().unwrap());
            assert!(matches!(read, Err(Flaw::Damaged(_))), "{name:?}: {read:?}");
        }
    }
}
