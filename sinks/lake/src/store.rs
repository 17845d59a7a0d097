//! The object store of a lake: publishing what was sealed, the end of a chain, and which files are visible.
//!
//! All files are written before the manifest that names them, and the manifest is created only where there is none. So a
//! crash or a refusal at any point leaves either nothing that readers see, or all of it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::{Error as Refusal, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use crate::LakeError;
use crate::manifest::{self, FileEntry, Manifest};
use crate::partition::Sealed;
use crate::table::Table;

/// How often a call is made at most, and the pause after the first refusal; each further pause is twice as long.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// Manifests that are read at a time.
const AT_ONCE: usize = 16;

/// The object store of a lake.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    url: String,
    pause: Duration,
}

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
        Self { objects, url, pause: PAUSE }
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
        self.create(&manifest::path(table, *partition, *start), &sealed.manifest.written()).await
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
        let listed = self.list(&manifest::partition_folder(table, partition)).await?;
        let Some(path) = listed.last() else { return Ok(None) };
        let mut last = self.manifest(path).await?;
        while let Some(next) = self.find(&manifest::path(table, partition, last.next)).await? {
            last = next;
        }
        Ok(Some(last))
    }

    /// The visible files of a table, in the order of partitions and offsets.
    ///
    /// # Errors
    /// When the object store refuses, or a manifest is damaged.
    pub async fn files(&self, table: Table) -> Result<Vec<FileEntry>, LakeError> {
        let chains = chains(self.manifests(&manifest::folder(table)).await?);
        Ok(chains.into_values().flatten().flat_map(|manifest| manifest.files).collect())
    }

    async fn manifests(&self, folder: &Path) -> Result<Vec<Manifest>, LakeError> {
        let paths = self.list(folder).await?;
        let read = |path: Path| async move { self.manifest(&path).await };
        stream::iter(paths).map(read).buffered(AT_ONCE).try_collect().await
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

    async fn manifest(&self, path: &Path) -> Result<Manifest, LakeError> {
        let bytes = self.read(path).await?;
        Manifest::read(&bytes).map_err(|wrong| self.damaged(path, wrong))
    }

    async fn find(&self, path: &Path) -> Result<Option<Manifest>, LakeError> {
        let look = || async {
            match self.objects.get(path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(Refusal::NotFound { .. }) => Ok(None),
                Err(refusal) => Err(refusal),
            }
        };
        let found = self.insist("look for", path, look).await?;
        found.map(|bytes| Manifest::read(&bytes).map_err(|wrong| self.damaged(path, wrong))).transpose()
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

/// The chain of each partition: from the first manifest on, each that begins where the one before ends. A manifest beside the
/// chain is that of a writer that did not know yet that it was replaced.
fn chains(manifests: Vec<Manifest>) -> BTreeMap<i32, Vec<Manifest>> {
    let mut by_start: BTreeMap<i32, BTreeMap<i64, Manifest>> = BTreeMap::new();
    for manifest in manifests {
        by_start.entry(manifest.partition).or_default().insert(manifest.start, manifest);
    }
    let chain = |mut all: BTreeMap<i64, Manifest>| {
        let mut chain = Vec::new();
        let mut at = all.keys().next().copied();
        while let Some(manifest) = at.and_then(|start| all.remove(&start)) {
            at = Some(manifest.next);
            chain.push(manifest);
        }
        chain
    };
    by_start.into_iter().map(|(partition, all)| (partition, chain(all))).collect()
}

#[cfg(test)]
mod tests;
