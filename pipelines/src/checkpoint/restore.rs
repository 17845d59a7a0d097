//! Brings a checkpoint back into a folder: every file by its length and hash, then the whole by opening it.
//!
//! Files come into a folder beside the one that is meant, which appears with one rename when all is well. A restore that
//! was cut short leaves nothing that could be taken for a state.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::choice::{self, Chosen, Flawed};
use super::error::CheckpointError;
use super::local::clear;
use super::manifest::{Flaw, Manifest};
use super::name;
use super::remote::Remote;
use super::transfer::Move;
use crate::detect::Lineage;
use crate::detect::snapshot::{Reached, reached};
use crate::state::RocksStore;

/// How often a checkpoint is chosen anew because the one that was chosen vanished: its owner keeps only a few.
const TRIES: u32 = 3;

/// Restores the checkpoint of `partition` of the log `source`, or of any log, that counts into `folder`, which must be
/// empty or missing. One that turns out to be damaged is passed over. `None` when there is no checkpoint.
///
/// # Errors
/// When there is something in the folder, when no checkpoint can be used, or when the object store or the folder refuses.
pub fn latest(
    remote: &Remote,
    source: Option<&str>,
    partition: i32,
    folder: &Path,
) -> Result<Option<Chosen>, CheckpointError> {
    let (mut vanished, mut flawed) = (0, Vec::new());
    loop {
        let Some(chosen) = choice::latest(remote, source, partition, &flawed)? else { return Ok(None) };
        let Err(error) = restore(remote, &chosen.manifest, folder) else { return Ok(Some(chosen)) };
        if vanished < TRIES && is_gone(remote, &chosen.manifest)? {
            vanished += 1;
            tracing::info!(partition, %error, "the checkpoint was replaced by a later one while it was restored");
            continue;
        }
        let name = chosen.manifest.name();
        tracing::warn!(partition, checkpoint = %name, %error, "a checkpoint is passed over");
        let flaw = flaw_of(error)?;
        flawed.push(Flawed { name, flaw });
    }
}

/// What an error says about the checkpoint; an error that says nothing about it ends the restore.
fn flaw_of(error: CheckpointError) -> Result<Flaw, CheckpointError> {
    match error {
        CheckpointError::Damaged { .. }
        | CheckpointError::Differs { .. }
        | CheckpointError::Store(_)
        | CheckpointError::Processor(_)
        | CheckpointError::Remote { passes: false, .. } => Ok(Flaw::Damaged(error.to_string())),
        other => Err(other),
    }
}

fn is_gone(remote: &Remote, manifest: &Manifest) -> Result<bool, CheckpointError> {
    Ok(remote.length(&name::manifest(manifest.partition, manifest.name()))?.is_none())
}

/// Restores a checkpoint into `folder`, which must be empty or missing.
///
/// # Errors
/// When there is something in the folder, or the checkpoint is not what it should be; then the folder is as before.
pub fn restore(remote: &Remote, manifest: &Manifest, folder: &Path) -> Result<(), CheckpointError> {
    refuse_content(folder)?;
    let beside = beside(folder);
    clear(&beside)?;
    fs::create_dir_all(&beside).map_err(CheckpointError::local("make", &beside))?;
    let moves: Vec<Move> = manifest
        .files
        .iter()
        .map(|file| Move {
            file: beside.join(&file.name),
            object: name::file(manifest.partition, file.kind(), &file.hash),
            bytes: file.bytes,
            hash: file.hash.clone(),
        })
        .collect();
    let restored = remote.download(&moves).and_then(|()| verify(manifest, &beside));
    if restored.is_err() {
        clear(&beside)?;
        return restored;
    }
    // An empty folder would be in the way on some systems.
    if folder.exists() {
        fs::remove_dir(folder).map_err(CheckpointError::local("replace", folder))?;
    }
    fs::rename(&beside, folder).map_err(CheckpointError::local("make", folder))
}

/// Opens what was restored and compares where it stands with what the manifest says.
fn verify(manifest: &Manifest, folder: &Path) -> Result<(), CheckpointError> {
    let store = RocksStore::open_to_read(folder)?;
    let (found, lineage) = (reached(&store)?, Lineage::of(&store)?);
    let said =
        Reached { next_offset: manifest.offset, sequence: manifest.sequence, note_sequence: manifest.note_sequence };
    let difference = if found != Some(said) {
        format!("it should stand at {said:?} and stands at {found:?}")
    } else if lineage != manifest.lineage {
        format!("it should be of the lineage {} and is of {lineage}", manifest.lineage)
    } else {
        return Ok(());
    };
    Err(CheckpointError::Differs { partition: manifest.partition, name: manifest.name(), difference })
}

fn refuse_content(folder: &Path) -> Result<(), CheckpointError> {
    let first = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(CheckpointError::local("list", folder)(error)),
    };
    match first {
        None => Ok(()),
        Some(_) => Err(CheckpointError::NotEmpty { folder: folder.display().to_string() }),
    }
}

fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().map_or_else(|| OsString::from("state"), OsString::from);
    name.push(".restoring");
    folder.with_file_name(name)
}
