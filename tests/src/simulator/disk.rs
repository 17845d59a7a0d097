//! The disk of an instance. A batch survives the end of the process at once, and a power cut only once it was synced: then
//! a prefix of the batches is left.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tidewatch_pipelines::state::{Batch, Family, Pair, StateStore, StoreError};

use super::fuse::Fuse;
use super::random::Random;

/// Keys and values.
pub type Content = BTreeMap<(Family, Vec<u8>), Vec<u8>>;

/// A disk; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    content: Content,
    synced: Content,
    unsynced: Vec<Batch>,
    /// A batch that was said to be written and is not: the breach of "commit, then publish".
    late: Option<Batch>,
}

/// The store on a disk, as a process has it open.
pub struct OpenDisk {
    disk: Disk,
    fuse: Fuse,
    is_late: bool,
}

impl Disk {
    /// A disk with this content.
    pub fn with(content: Content) -> Self {
        let platter = Platter { synced: content.clone(), content, ..Platter::default() };
        Self(Arc::new(Mutex::new(platter)))
    }

    /// The store, for a process with `fuse`. One that `is_late` writes a batch only when the next one comes.
    pub fn open(&self, fuse: &Fuse, is_late: bool) -> OpenDisk {
        self.with_platter(|platter| platter.late = None);
        OpenDisk { disk: self.clone(), fuse: fuse.clone(), is_late }
    }

    /// What is on it.
    pub fn content(&self) -> Content {
        self.with_platter(|platter| platter.content.clone())
    }

    /// Writes what was said to be written and is not.
    pub fn catch_up(&self) {
        self.with_platter(|platter| {
            if let Some(batch) = platter.late.take() {
                apply(&mut platter.content, &batch);
            }
        });
    }

    /// Everything so far survives a power cut.
    pub fn sync(&self) {
        self.with_platter(|platter| {
            platter.synced = platter.content.clone();
            platter.unsynced.clear();
        });
    }

    /// Loses the end of what was not synced.
    pub fn cut_power(&self, random: &mut Random) {
        self.with_platter(|platter| {
            let left = random.below(platter.unsynced.len() + 1);
            platter.unsynced.truncate(left);
            platter.content = platter.synced.clone();
            platter.unsynced.iter().for_each(|batch| apply(&mut platter.content, batch));
        });
    }

    fn with_platter<T>(&self, action: impl FnOnce(&mut Platter) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn apply(content: &mut Content, batch: &Batch) {
    for change in batch.changes() {
        let key = (change.family, change.key.clone());
        match &change.value {
            Some(value) => drop(content.insert(key, value.clone())),
            None => drop(content.remove(&key)),
        }
    }
}

impl StateStore for OpenDisk {
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.disk.with_platter(|platter| platter.content.get(&(family, key.to_vec())).cloned()))
    }

    fn scan(&self, family: Family) -> Result<Vec<Pair>, StoreError> {
        Ok(self.disk.with_platter(|platter| {
            let from_start = platter.content.range((family, Vec::new())..);
            let own = from_start.take_while(|((of, _), _)| *of == family);
            own.map(|((_, key), value)| (key.clone(), value.clone())).collect()
        }))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let written = self.fuse.effect(|| {
            self.disk.with_platter(|platter| {
                let due = if self.is_late { platter.late.replace(batch.clone()) } else { Some(batch.clone()) };
                if let Some(batch) = due {
                    apply(&mut platter.content, &batch);
                    platter.unsynced.push(batch);
                }
            });
        });
        written.map_err(|_| StoreError {
            place: "disk".to_owned(),
            what: "write",
            cause: "the process ended".to_owned(),
        })
    }

    /// Checkpoints of the simulator are copies of [`Disk::content`].
    fn copy_to(&self, folder: &Path) -> Result<(), StoreError> {
        let cause = format!("{} is a real folder", folder.display());
        Err(StoreError { place: "disk".to_owned(), what: "copy it", cause })
    }

    fn written(&self) -> u64 {
        0
    }
}
