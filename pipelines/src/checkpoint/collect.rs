//! Removes what no checkpoint needs: manifests beyond those that are kept, then files that no manifest names.
//!
//! Only the owner of the newest epoch removes anything, and only after it wrote a manifest. Manifests go before files, so
//! that a crash in between leaves files without a manifest and never the other way round.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{self, Files};
use super::epoch;
use super::error::CheckpointError;
use super::manifest::Manifest;
use super::name::{self, Kind, ManifestName};
use super::remote::Remote;
use super::retention::{superfluous, unreferenced};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Manifests.
    pub manifests: usize,
    /// Files.
    pub files: usize,
}

/// Manifests that were read before, so that each is read once.
pub type Read = BTreeMap<ManifestName, Manifest>;

/// Cleans up after `newest` was written, keeping `keep` checkpoints. Does nothing when another owner has claimed the
/// partition, or the listing lacks what was just written.
///
/// # Errors
/// When the object store refuses; what is left is removed the next time.
pub fn collect(remote: &Remote, newest: &Manifest, keep: usize, read: &mut Read) -> Result<Collected, CheckpointError> {
    let partition = newest.partition;
    let is_owner = epoch::highest(remote, partition)? == Some(newest.epoch);
    let names = choice::names(remote, partition)?;
    if !is_owner || !names.contains(&newest.name()) {
        return Ok(Collected::default());
    }
    let gone: BTreeSet<ManifestName> = superfluous(&names, keep).into_iter().collect();
    for name in &gone {
        remote.remove(&name::manifest(partition, *name))?;
    }
    let kept: Vec<ManifestName> = names.into_iter().filter(|name| !gone.contains(name)).collect();
    read.insert(newest.name(), newest.clone());
    read.retain(|name, _| kept.contains(name));
    let files = remove_files(remote, newest, &kept, read)?;
    Ok(Collected { manifests: gone.len(), files })
}

fn remove_files(
    remote: &Remote,
    newest: &Manifest,
    kept: &[ManifestName],
    read: &mut Read,
) -> Result<usize, CheckpointError> {
    let partition = newest.partition;
    let listed = Files::list(remote, partition)?;
    let Some(now) = written_at(remote, newest)? else { return Ok(0) };
    for name in kept {
        // A manifest that is damaged names nothing that anyone could restore.
        if !read.contains_key(name)
            && let Ok(manifest) = choice::read(remote, partition, *name)?
        {
            read.insert(*name, manifest);
        }
    }
    let mut count = 0;
    for kind in Kind::ALL {
        let files = read.values().flat_map(|manifest| &manifest.files).filter(|file| file.kind() == kind);
        let named: BTreeSet<String> = files.map(|file| file.hash.clone()).collect();
        for file in unreferenced(listed.of(kind), &named, now) {
            remote.remove(&name::file(partition, kind, &file.name))?;
            count += 1;
        }
    }
    Ok(count)
}

/// When the newest manifest was written, by the clock of the object store.
fn written_at(remote: &Remote, newest: &Manifest) -> Result<Option<i64>, CheckpointError> {
    let name = newest.name().to_string();
    let listed = remote.list(&name::manifests(newest.partition))?;
    Ok(listed.iter().find(|each| each.name == name).map(|each| each.modified_ms))
}
