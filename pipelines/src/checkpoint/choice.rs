//! Finds the checkpoint of a partition that counts: the one with the highest epoch and offset of those that are whole.
//!
//! A checkpoint that is not whole is passed over with the reason, because an older one is as right: it only takes longer
//! to catch up. A checkpoint of another release or another log is an error instead. Whoever passed over it would go on from
//! a state that somebody has already replaced.

use super::error::CheckpointError;
use super::manifest::{Flaw, Manifest};
use super::name::{self, Kind, ManifestName};
use super::remote::{Listed, Remote};
use crate::detect::snapshot::STATE_VERSION;

/// A checkpoint that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flawed {
    /// Which one.
    pub name: ManifestName,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// A manifest that can be used, or what is wrong with it.
pub type Read = Result<Manifest, Flaw>;

/// The checkpoint that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The checkpoint.
    pub manifest: Manifest,
    /// Greater ones that cannot be used.
    pub passed_over: Vec<Flawed>,
}

/// The names of all manifests of a partition, the greatest first.
///
/// # Errors
/// When the object store refuses.
pub fn names(remote: &Remote, partition: i32) -> Result<Vec<ManifestName>, CheckpointError> {
    let listed = remote.list(&name::manifests(partition))?;
    let mut names: Vec<ManifestName> = listed.iter().filter_map(|each| each.name.parse().ok()).collect();
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names)
}

/// The checkpoint of `partition` of the log `source`, or of any log, that counts; `None` when there is no manifest at all.
/// Those in `flawed` are known to be of no use.
///
/// # Errors
/// When the object store refuses, when there are manifests and none can be used, or when the one that counts is of
/// another release or another log.
pub fn latest(
    remote: &Remote,
    source: Option<&str>,
    partition: i32,
    flawed: &[Flawed],
) -> Result<Option<Chosen>, CheckpointError> {
    let names = names(remote, partition)?;
    if names.is_empty() {
        return Ok(None);
    }
    let files = Files::list(remote, partition)?;
    let mut passed_over: Vec<Flawed> = Vec::new();
    for name in names {
        if let Some(known) = flawed.iter().find(|known| known.name == name) {
            passed_over.push(known.clone());
            continue;
        }
        let flaw = match usable(remote, (source, partition), name, &files)? {
            Ok(manifest) => return Ok(Some(Chosen { manifest, passed_over })),
            Err(flaw) => flaw,
        };
        if matches!(flaw, Flaw::UnknownVersion { .. } | Flaw::OtherSource { .. }) {
            return Err(unusable(remote, partition, name, flaw));
        }
        passed_over.push(Flawed { name, flaw });
    }
    match passed_over.into_iter().next() {
        None => Ok(None),
        Some(Flawed { name, flaw }) => Err(unusable(remote, partition, name, flaw)),
    }
}

/// Every checkpoint of a partition, the greatest first, each with what is wrong with it.
///
/// # Errors
/// When the object store refuses.
pub fn all(remote: &Remote, partition: i32) -> Result<Vec<(ManifestName, Read)>, CheckpointError> {
    let files = Files::list(remote, partition)?;
    let names = names(remote, partition)?.into_iter();
    names.map(|name| Ok((name, usable(remote, (None, partition), name, &files)?))).collect()
}

fn usable(
    remote: &Remote,
    (source, partition): (Option<&str>, i32),
    name: ManifestName,
    files: &Files,
) -> Result<Read, CheckpointError> {
    let manifest = match read(remote, partition, name)? {
        Ok(manifest) => manifest,
        Err(flaw) => return Ok(Err(flaw)),
    };
    Ok(match check(remote, source, &manifest, files)? {
        None => Ok(manifest),
        Some(flaw) => Err(flaw),
    })
}

/// A manifest, or what is wrong with it.
///
/// # Errors
/// When the object store refuses.
pub fn read(remote: &Remote, partition: i32, name: ManifestName) -> Result<Read, CheckpointError> {
    let Some(bytes) = remote.find(&name::manifest(partition, name))? else {
        return Ok(Err(Flaw::Damaged("it was removed meanwhile".to_owned())));
    };
    let decoded = Manifest::decode(&bytes).and_then(|manifest| {
        let is_itself = manifest.partition == partition && manifest.name() == name;
        let stray = || Flaw::Damaged(format!("it is that of {} of partition {}", manifest.name(), manifest.partition));
        if is_itself { Ok(manifest) } else { Err(stray()) }
    });
    Ok(decoded)
}

/// What is wrong with a manifest that reads well; `None` when a restore of it can begin.
fn check(
    remote: &Remote,
    source: Option<&str>,
    manifest: &Manifest,
    files: &Files,
) -> Result<Option<Flaw>, CheckpointError> {
    if let Some(wanted) = source.filter(|wanted| *wanted != manifest.source) {
        let (found, wanted) = (manifest.source.clone(), wanted.to_owned());
        return Ok(Some(Flaw::OtherSource { found, wanted }));
    }
    if manifest.state_version != STATE_VERSION {
        let (found, read) = (u32::from(manifest.state_version), u32::from(STATE_VERSION));
        return Ok(Some(Flaw::UnknownVersion { what: "the state", found, read, release: manifest.release.clone() }));
    }
    files.missing_of(remote, manifest)
}

/// The files of a partition that are there.
pub(super) struct Files {
    tables: Vec<Listed>,
    others: Vec<Listed>,
}

impl Files {
    pub fn list(remote: &Remote, partition: i32) -> Result<Self, CheckpointError> {
        let list = |kind| remote.list(&name::files(partition, kind));
        Ok(Self { tables: list(Kind::Table)?, others: list(Kind::Other)? })
    }

    pub fn of(&self, kind: Kind) -> &[Listed] {
        match kind {
            Kind::Table => &self.tables,
            Kind::Other => &self.others,
        }
    }

    fn length_of(&self, kind: Kind, hash: &str) -> Option<u64> {
        let files = self.of(kind);
        let place = files.binary_search_by(|file| file.name.as_str().cmp(hash)).ok()?;
        files.get(place).map(|file| file.bytes)
    }

    /// The first file of a checkpoint that is not there as it should be. What a listing lacks is asked for by its name.
    fn missing_of(&self, remote: &Remote, manifest: &Manifest) -> Result<Option<Flaw>, CheckpointError> {
        for file in &manifest.files {
            let path = name::file(manifest.partition, file.kind(), &file.hash);
            let length = match self.length_of(file.kind(), &file.hash) {
                Some(length) => Some(length),
                None => remote.length(&path)?,
            };
            let problem = match length {
                None => "is missing".to_owned(),
                Some(length) if length != file.bytes => format!("has {length} bytes instead of {}", file.bytes),
                Some(_) => continue,
            };
            return Ok(Some(Flaw::File { name: file.name.clone(), path: path.to_string(), problem }));
        }
        Ok(None)
    }
}

fn unusable(remote: &Remote, partition: i32, name: ManifestName, flaw: Flaw) -> CheckpointError {
    CheckpointError::Flawed { url: remote.url().to_owned(), partition, name, flaw }
}
