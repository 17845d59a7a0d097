//! The object store of a lake: publishing what was sealed, the end of a chain, and which files are visible.
//!
//! All files are written before the manifest that names them, and the manifest is created only where there is none. So a
//! crash or a refusal at any point leaves either nothing that readers see, or all of it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::{Error as Refusal, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use crate::LakeError;
use crate::manifest::{self, FileEntry, Manifest};
use crate::partition::Sealed;
use crate::snapshot::{self, Snapshot, View};
use crate::table::Table;

mod replacing;

pub use replacing::Cleaned;

/// How often a call is made at most, and the pause after the first refusal; each further pause is twice as long.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// Manifests that are read at a time.
const AT_ONCE: usize = 16;
/// How often it is looked again at most, when files were replaced while it was looked.
const LOOKS: u32 = 20;

/// The object store of a lake.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    url: String,
    pause: Duration,
    /// Up to which offset the newest snapshot of a partition speaks, by its number.
    covered: Arc<Mutex<Covered>>,
}

/// Number and end of the newest snapshot of each partition.
type Covered = BTreeMap<(Table, i32), (u64, i64)>;

/// What came of publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The files are visible.
    Ours,
    /// Another writer made what begins there visible: whoever asked must go on from the end of the chain.
    Another,
}

impl Store {
    /// The lake whose root is that of `objects`; `url` says in messages where that is.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, url: String) -> Self {
        Self { objects, url, pause: PAUSE, covered: Arc::default() }
    }

    /// The same with other pauses between tries.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// The object store itself.
    #[must_use]
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes what was sealed visible.
    ///
    /// # Errors
    /// When the object store refuses; publishing may then be tried again with the same.
    pub async fn publish(&self, sealed: &Sealed) -> Result<Published, LakeError> {
        for (path, bytes) in &sealed.files {
            let (path, payload) = (Path::from(path.as_str()), PutPayload::from(bytes.clone()));
            self.insist("write", &path, || async { self.objects.put(&path, payload.clone()).await.map(drop) }).await?;
        }
        let Manifest { table, partition, start, .. } = &sealed.manifest;
        let table: Table = table.parse().map_err(|wrong| self.damaged(&Path::from(table.as_str()), wrong))?;
        let published = self.create(&manifest::path(table, *partition, *start), &sealed.manifest.written()).await?;
        // Where a snapshot speaks of what begins there, the manifest of another stood there and was deleted.
        let is_late = published == Published::Ours && self.covered_until(table, *partition).await? > *start;
        Ok(if is_late { Published::Another } else { published })
    }

    /// Up to where the newest snapshot of a partition speaks.
    async fn covered_until(&self, table: Table, partition: i32) -> Result<i64, LakeError> {
        let Some((path, number)) = self.newest(table, partition).await? else { return Ok(i64::MIN) };
        let known = self.covered.lock().unwrap_or_else(PoisonError::into_inner).get(&(table, partition)).copied();
        if let Some((_, until)) = known.filter(|(known, _)| *known == number) {
            return Ok(until);
        }
        // One that was deleted meanwhile has a later one, which speaks of at least as much.
        let Some(snapshot) = self.find(&path, Snapshot::read).await? else { return Ok(i64::MAX) };
        self.covered.lock().unwrap_or_else(PoisonError::into_inner).insert((table, partition), (number, snapshot.next));
        Ok(snapshot.next)
    }

    /// Path and number of the newest snapshot of a partition. A listing may be behind, so that
    /// what follows the last one that is listed is looked for by its name.
    async fn newest(&self, table: Table, partition: i32) -> Result<Option<(Path, u64)>, LakeError> {
        let listed = self.list(&snapshot::partition_folder(table, partition)).await?;
        let listed = listed.into_iter().next_back().and_then(|path| {
            let number = u64::try_from(manifest::named(&path)?.1).ok()?;
            Some((path, number))
        });
        let Some((mut path, mut number)) = listed else { return Ok(None) };
        loop {
            let next = snapshot::path(table, partition, number.saturating_add(1));
            if !self.has(&next).await? {
                return Ok(Some((path, number)));
            }
            (path, number) = (next, number.saturating_add(1));
        }
    }

    /// Whether there is such an object.
    async fn has(&self, path: &Path) -> Result<bool, LakeError> {
        let look = || async {
            match self.objects.head(path).await {
                Ok(_) => Ok(true),
                Err(Refusal::NotFound { .. }) => Ok(false),
                Err(refusal) => Err(refusal),
            }
        };
        self.insist("look for", path, look).await
    }

    /// Creates an object where there is none. A creation whose answer was lost has happened, and its repetition finds the
    /// object: its content tells whose it is.
    async fn create(&self, path: &Path, content: &[u8]) -> Result<Published, LakeError> {
        let payload = PutPayload::from(content.to_vec());
        let create = || async {
            match self.objects.put_opts(path, payload.clone(), PutOptions::from(PutMode::Create)).await {
                Ok(_) => Ok(true),
                Err(Refusal::AlreadyExists { .. } | Refusal::Precondition { .. }) => Ok(false),
                Err(refusal) => Err(refusal),
            }
        };
        let is_ours = self.insist("create", path, create).await? || self.read(path).await? == content;
        Ok(if is_ours { Published::Ours } else { Published::Another })
    }

    /// The last manifest of the chain of a partition; `None` where nothing was ever written. A listing may be behind, so
    /// that what follows the last one that is listed is looked for by its name.
    ///
    /// # Errors
    /// When the object store refuses, or a manifest is damaged.
    pub async fn last(&self, table: Table, partition: i32) -> Result<Option<Manifest>, LakeError> {
        for _ in 0..LOOKS {
            let newest = self.newest(table, partition).await?;
            let snapshot = match &newest {
                Some((path, _)) => match self.find(path, Snapshot::read).await? {
                    None => continue,
                    found => found,
                },
                None => None,
            };
            let from = snapshot.as_ref().map_or(i64::MIN, |snapshot| snapshot.next);
            let listed = self.list(&manifest::partition_folder(table, partition)).await?;
            let listed = listed.last().filter(|path| manifest::named(path).is_some_and(|(_, start)| start >= from));
            let mut last = match listed {
                Some(path) => match self.find(path, Manifest::read).await? {
                    None => continue,
                    found => found,
                },
                None => snapshot.map(Snapshot::as_manifest),
            };
            while let Some(after) = &last
                && let Some(next) = self.find(&manifest::path(table, partition, after.next), Manifest::read).await?
            {
                last = Some(next);
            }
            if self.newest(table, partition).await? == newest {
                return Ok(last);
            }
        }
        Err(LakeError::Contended { table })
    }

    /// The visible files of a table, in the order of partitions and offsets.
    ///
    /// # Errors
    /// When the object store refuses, or a manifest is damaged.
    pub async fn files(&self, table: Table) -> Result<Vec<FileEntry>, LakeError> {
        let views = self.views(table).await?;
        Ok(views.values().flat_map(View::files).cloned().collect())
    }

    /// What is visible of each partition of a table. When files are replaced meanwhile it is looked again, because what a
    /// snapshot replaces may be deleted as soon as it is there.
    ///
    /// # Errors
    /// When the object store refuses, or a manifest is damaged.
    pub async fn views(&self, table: Table) -> Result<BTreeMap<i32, View>, LakeError> {
        for _ in 0..LOOKS {
            let newest = self.newest_of_all(table).await?;
            let Some(snapshots) = self.read_all(newest.values().cloned().collect(), Snapshot::read).await? else {
                continue;
            };
            let mut snapshots: BTreeMap<i32, Snapshot> =
                snapshots.into_iter().map(|snapshot| (snapshot.partition, snapshot)).collect();
            let mut paths = self.list(&manifest::folder(table)).await?;
            paths.retain(|path| {
                let after = |partition| snapshots.get(&partition).map_or(i64::MIN, |snapshot| snapshot.next);
                manifest::named(path).is_some_and(|(partition, start)| start >= after(partition))
            });
            let manifests = self.read_all(paths, Manifest::read).await?;
            if let Some(manifests) = manifests
                && self.newest_of_all(table).await? == newest
            {
                let mut by_partition: BTreeMap<i32, Vec<Manifest>> = BTreeMap::new();
                for manifest in manifests {
                    by_partition.entry(manifest.partition).or_default().push(manifest);
                }
                for partition in snapshots.keys() {
                    by_partition.entry(*partition).or_default();
                }
                let view = |(partition, manifests)| (partition, View::of(snapshots.remove(&partition), manifests));
                return Ok(by_partition.into_iter().map(view).collect());
            }
        }
        Err(LakeError::Contended { table })
    }

    /// The newest snapshot of each partition of a table.
    async fn newest_of_all(&self, table: Table) -> Result<BTreeMap<i32, Path>, LakeError> {
        let listed = self.list(&snapshot::folder(table)).await?;
        Ok(listed.into_iter().filter_map(|path| Some((manifest::named(&path)?.0, path))).collect())
    }

    /// Reads objects; `None` when one of them is not there.
    async fn read_all<T>(
        &self,
        paths: Vec<Path>,
        read: fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, LakeError> {
        let found = |path: Path| async move { self.find(&path, read).await };
        let found: Vec<Option<T>> = stream::iter(paths).map(found).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().collect())
    }

    /// The manifests in a folder by name, which is by partition and offset.
    async fn list(&self, folder: &Path) -> Result<Vec<Path>, LakeError> {
        let list = || async {
            let named = self.objects.list(Some(folder)).map_ok(|object| object.location);
            named.try_collect::<Vec<_>>().await
        };
        let mut paths = self.insist("list", folder, list).await?;
        paths.retain(|path| manifest::named(path).is_some());
        paths.sort_unstable();
        Ok(paths)
    }

    async fn find<T>(&self, path: &Path, read: fn(&[u8]) -> Result<T, String>) -> Result<Option<T>, LakeError> {
        let look = || async {
            match self.objects.get(path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(Refusal::NotFound { .. }) => Ok(None),
                Err(refusal) => Err(refusal),
            }
        };
        let found = self.insist("look for", path, look).await?;
        found.map(|bytes| read(&bytes).map_err(|wrong| self.damaged(path, wrong))).transpose()
    }

    async fn read(&self, path: &Path) -> Result<Bytes, LakeError> {
        self.insist("read", path, || async { self.objects.get(path).await?.bytes().await }).await
    }

    fn damaged(&self, path: &Path, wrong: String) -> LakeError {
        LakeError::Damaged { url: self.url.clone(), path: path.to_string(), wrong }
    }

    /// Makes a call, again while the refusal may pass.
    async fn insist<T, F>(&self, what: &'static str, path: &Path, call: impl Fn() -> F) -> Result<T, LakeError>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            match call().await {
                Err(refusal) if may_pass(&refusal) && tries < TRIES => {
                    tokio::time::sleep(self.pause.saturating_mul(1 << (tries - 1))).await;
                }
                Err(refusal) => return Err(self.refused(what, path, &refusal)),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    fn refused(&self, what: &'static str, path: &Path, refusal: &Refusal) -> LakeError {
        let (url, path, cause) = (self.url.clone(), path.to_string(), refusal.to_string());
        LakeError::Store { url, what, path, cause, passes: may_pass(refusal) }
    }
}

/// Whether a refusal may be another one a moment later.
fn may_pass(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Generic { .. } | Refusal::JoinError { .. })
}

#[cfg(test)]
mod tests;
