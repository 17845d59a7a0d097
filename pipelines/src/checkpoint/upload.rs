//! Uploads a copy of a store: first the files that are not there yet, then the manifest that makes them a checkpoint.

use std::collections::BTreeMap;

use tidewatch_schemas::Timestamp;

use super::choice::Files;
use super::error::CheckpointError;
use super::local::{Copy, Hashes};
use super::manifest::{FORMAT, Manifest, StoreFile};
use super::name::{self, Epoch, Kind};
use super::remote::{Creation, Remote};
use super::transfer::Move;
use crate::detect::Lineage;
use crate::detect::snapshot::{Reached, STATE_VERSION};

/// Files that are uploaded between two questions whether it goes on.
const AT_A_TIME: usize = 8;

/// What a checkpoint is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The log that is read.
    pub source: String,
    /// Its partition.
    pub partition: i32,
    /// Epoch of the owner.
    pub epoch: Epoch,
    /// How far the store has come.
    pub reached: Reached,
    /// The history that the store belongs to.
    pub lineage: Lineage,
    /// When it was taken.
    pub taken_at: Timestamp,
}

/// What an owner knows about its partition in the object store. It is only true as long as nobody else is the owner.
#[derive(Debug, Default)]
pub struct Known {
    hashes: Hashes,
    present: Option<BTreeMap<(Kind, String), u64>>,
}

/// What an upload came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The checkpoint.
    pub manifest: Manifest,
    /// Bytes that were not there yet.
    pub fresh_bytes: u64,
}

/// Uploads `copy`. After every few files `goes_on` is asked; a no ends it, which leaves files that no manifest names.
///
/// # Errors
/// When the object store refuses, or a file cannot be read; then there is no such checkpoint.
pub fn upload(
    remote: &Remote,
    copy: &Copy,
    meta: &Meta,
    known: &mut Known,
    goes_on: &dyn Fn() -> bool,
) -> Result<Uploaded, CheckpointError> {
    let described = copy.files(&mut known.hashes)?;
    let present = match &mut known.present {
        Some(present) => present,
        None => known.present.insert(list(remote, meta.partition)?),
    };
    let is_fresh = |file: &StoreFile| present.get(&(file.kind(), file.hash.clone())) != Some(&file.bytes);
    let fresh: Vec<Move> = described
        .iter()
        .filter(|(_, file)| is_fresh(file))
        .map(|(path, file)| Move {
            file: path.clone(),
            object: name::file(meta.partition, file.kind(), &file.hash),
            bytes: file.bytes,
            hash: file.hash.clone(),
        })
        .collect();
    for some in fresh.chunks(AT_A_TIME) {
        remote.upload(some)?;
        if !goes_on() {
            return Err(CheckpointError::CalledOff { partition: meta.partition });
        }
    }
    let manifest = manifest(meta, described.into_iter().map(|(_, file)| file).collect());
    publish(remote, &manifest)?;
    *present = manifest.files.iter().map(|file| ((file.kind(), file.hash.clone()), file.bytes)).collect();
    Ok(Uploaded { manifest, fresh_bytes: fresh.iter().map(|one| one.bytes).sum() })
}

/// What is there, with its length: a file that a loss of power cut short is uploaded again.
fn list(remote: &Remote, partition: i32) -> Result<BTreeMap<(Kind, String), u64>, CheckpointError> {
    let files = Files::list(remote, partition)?;
    let named = |kind| files.of(kind).iter().map(move |file| ((kind, file.name.clone()), file.bytes));
    Ok(Kind::ALL.into_iter().flat_map(named).collect())
}

fn manifest(meta: &Meta, files: Vec<StoreFile>) -> Manifest {
    Manifest {
        format: FORMAT,
        state_version: STATE_VERSION,
        release: env!("CARGO_PKG_VERSION").to_owned(),
        source: meta.source.clone(),
        partition: meta.partition,
        epoch: meta.epoch,
        offset: meta.reached.next_offset,
        sequence: meta.reached.sequence,
        note_sequence: meta.reached.note_sequence,
        lineage: meta.lineage.clone(),
        taken_at: meta.taken_at,
        files,
    }
}

fn publish(remote: &Remote, manifest: &Manifest) -> Result<(), CheckpointError> {
    let (partition, name) = (manifest.partition, manifest.name());
    let bytes = manifest.encode().map_err(|cause| CheckpointError::Place {
        url: remote.url().to_owned(),
        cause: format!("the manifest {name} cannot be written: {cause}"),
    })?;
    match remote.create(&name::manifest(partition, name), &bytes)? {
        Creation::Ours => Ok(()),
        Creation::Another => Err(CheckpointError::Contested { partition, name, epoch: manifest.epoch }),
    }
}
