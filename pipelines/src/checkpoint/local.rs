//! A copy of a store beside it, made of links: the moment that a checkpoint is of, while the store goes on.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::CheckpointError;
use super::manifest::StoreFile;
use super::transfer::hash_of;
use crate::state::StateStore;

/// A copy of a store in a folder, which is removed with it.
#[derive(Debug)]
pub struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// Copies `store` to `folder`, where what an earlier process left behind is removed.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn take(store: &dyn StateStore, folder: PathBuf) -> Result<Self, CheckpointError> {
        clear(&folder)?;
        store.copy_to(&folder)?;
        Ok(Self { folder })
    }

    /// The files of the copy, by name.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn files(&self, hashes: &mut Hashes) -> Result<Vec<(PathBuf, StoreFile)>, CheckpointError> {
        let listed = || -> std::io::Result<Vec<PathBuf>> {
            fs::read_dir(&self.folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
        };
        let mut paths = listed().map_err(CheckpointError::local("list", &self.folder))?;
        paths.sort();
        let described = paths.into_iter().map(|path| {
            let file = hashes.describe(&path)?;
            Ok((path, file))
        });
        let described = described.collect::<Result<Vec<_>, CheckpointError>>()?;
        hashes.forget_others(&described);
        Ok(described)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = clear(&self.folder) {
            tracing::warn!(%error, "a copy of a store stays behind");
        }
    }
}

/// The name of the folder of a copy. Every copy of a process has its own number.
pub(super) fn copy_name(partition: i32, number: u64) -> String {
    format!("{partition}-{number}.checkpoint")
}

/// Removes the copies of a partition with numbers from `first`: those that a process left behind as it died.
pub(super) fn clear_copies(folder: &Path, partition: i32, first: u64) -> Result<(), CheckpointError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(CheckpointError::local("list", folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(CheckpointError::local("list", folder))?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            name.strip_suffix(".checkpoint")?.strip_prefix(&format!("{partition}-"))?.parse::<u64>().ok()
        });
        if number.is_some_and(|number| number >= first) {
            clear(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder and what is in it, if it is there.
pub(super) fn clear(folder: &Path) -> Result<(), CheckpointError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CheckpointError::local("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Hashes of files that are known. A link is the same file, so a table is read for its hash only once.
#[derive(Debug, Default)]
pub struct Hashes {
    known: HashMap<Identity, String>,
}

/// What makes a file this one and unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Identity {
    name: String,
    inode: u64,
    bytes: u64,
    modified_ns: i128,
}

impl Hashes {
    fn describe(&mut self, path: &Path) -> Result<StoreFile, CheckpointError> {
        let identity = identity_of(path)?;
        let hash = match self.known.get(&identity) {
            Some(hash) => hash.clone(),
            None => hash_of(path)?,
        };
        let file = StoreFile { name: identity.name.clone(), bytes: identity.bytes, hash: hash.clone() };
        self.known.insert(identity, hash);
        Ok(file)
    }

    fn forget_others(&mut self, files: &[(PathBuf, StoreFile)]) {
        let is_there = |name: &str| files.binary_search_by(|(_, file)| file.name.as_str().cmp(name)).is_ok();
        self.known.retain(|identity, _| is_there(&identity.name));
    }
}

fn identity_of(path: &Path) -> Result<Identity, CheckpointError> {
    let data = fs::metadata(path).map_err(CheckpointError::local("look at", path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let modified_ns = i128::from(data.mtime()) * 1_000_000_000 + i128::from(data.mtime_nsec());
    Ok(Identity { name, inode: data.ino(), bytes: data.len(), modified_ns })
}
