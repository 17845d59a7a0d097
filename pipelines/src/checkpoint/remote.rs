//! The object store as blocking calls: read, put, create where there is nothing, list, remove.
//!
//! Every call is tried again when the refusal may pass, a few times with growing pauses. That makes one case special: a
//! creation whose answer was lost has happened, and its repetition finds the object. Its content then tells whose it is.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error as Refusal, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use tokio::runtime::Runtime;

use super::error::{CheckpointError, may_pass};
use crate::clock::Stopwatch;

/// How long to insist when the object store refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a call is made at most.
    pub tries: u32,
    /// Pause after the first refusal; each further one is twice as long.
    pub pause: Duration,
    /// How long after the first try none is begun any more. A bucket that takes requests and does not answer lets each try
    /// wait for the timeout of its client.
    pub longest: Duration,
    /// How long nothing is asked after all tries of a call were in vain: whoever asks next gets the same answer at once, so
    /// that an object store that is down holds up a rebalance once and not for each partition.
    pub rest: Duration,
}

impl Patience {
    /// Three seconds in five tries: long enough for a restart of a gateway, short enough for a rebalance.
    pub const USUAL: Self = Self {
        tries: 5,
        pause: Duration::from_millis(200),
        longest: Duration::from_secs(20),
        rest: Duration::from_secs(15),
    };

    fn pause_after(&self, tries: u32) -> Duration {
        self.pause.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(16)))
    }
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The last part of its path.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it was written, in milliseconds since 1970 by the clock of the object store.
    pub modified_ms: i64,
}

/// What came of the creation of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is there with the content that was given.
    Ours,
    /// It was there before with another content.
    Another,
}

/// An object store.
#[derive(Debug)]
pub struct Remote {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) url: String,
    runtime: Runtime,
    patience: Patience,
    /// Since when it rests, and why.
    resting: Mutex<Option<(Stopwatch, String)>>,
}

impl Remote {
    /// The object store at `url`, whose root is where checkpoints begin.
    ///
    /// # Errors
    /// When no runtime can be started for it.
    pub fn new(store: Arc<dyn ObjectStore>, url: String, patience: Patience) -> Result<Self, CheckpointError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .thread_name("checkpoint-io")
            .enable_all()
            .build()
            .map_err(|cause| CheckpointError::Start { what: "the runtime of the object store", cause })?;
        Ok(Self { store, url, runtime, patience, resting: Mutex::default() })
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The content of an object; `None` when there is none.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn find(&self, path: &Path) -> Result<Option<Bytes>, CheckpointError> {
        self.insist("read", path, || async {
            match self.store.get(path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(Refusal::NotFound { .. }) => Ok(None),
                Err(refusal) => Err(refusal),
            }
        })
    }

    /// The length of an object; `None` when there is none.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn length(&self, path: &Path) -> Result<Option<u64>, CheckpointError> {
        self.insist("look for", path, || async {
            match self.store.head(path).await {
                Ok(found) => Ok(Some(found.size)),
                Err(Refusal::NotFound { .. }) => Ok(None),
                Err(refusal) => Err(refusal),
            }
        })
    }

    /// Creates an object where there is none.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn create(&self, path: &Path, content: &[u8]) -> Result<Creation, CheckpointError> {
        let payload = PutPayload::from(content.to_vec());
        let created = self.insist("create", path, || async {
            match self.store.put_opts(path, payload.clone(), PutOptions::from(PutMode::Create)).await {
                Ok(_) => Ok(true),
                Err(Refusal::AlreadyExists { .. } | Refusal::Precondition { .. }) => Ok(false),
                Err(refusal) => Err(refusal),
            }
        })?;
        let is_ours = created || self.find(path)?.is_some_and(|found| found == content);
        Ok(if is_ours { Creation::Ours } else { Creation::Another })
    }

    /// The objects of a folder, by name.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn list(&self, folder: &Path) -> Result<Vec<Listed>, CheckpointError> {
        let mut listed = self.insist("list", folder, || async {
            let objects = self.store.list(Some(folder));
            let named = objects.map_ok(|object| Listed {
                name: object.location.filename().unwrap_or_default().to_owned(),
                bytes: object.size,
                modified_ms: object.last_modified.timestamp_millis(),
            });
            named.try_collect::<Vec<_>>().await
        })?;
        listed.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    /// The names of the folders in a folder.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn folders(&self, folder: &Path) -> Result<Vec<String>, CheckpointError> {
        let found = self.insist("list", folder, || self.store.list_with_delimiter(Some(folder)))?;
        let names = found.common_prefixes.iter().filter_map(Path::filename);
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes an object; one that is not there is removed.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn remove(&self, path: &Path) -> Result<(), CheckpointError> {
        self.insist("remove", path, || async {
            match self.store.delete(path).await {
                Ok(()) | Err(Refusal::NotFound { .. }) => Ok(()),
                Err(refusal) => Err(refusal),
            }
        })
    }

    /// Makes a call, again while the refusal may pass.
    pub(super) fn insist<T, F: Future<Output = Result<T, Refusal>>>(
        &self,
        what: &'static str,
        path: &Path,
        call: impl Fn() -> F,
    ) -> Result<T, CheckpointError> {
        let result = self.rested().and_then(|()| self.block_on(self.patiently(call)));
        if let Err(refusal) = &result
            && may_pass(refusal)
        {
            self.rest(refusal);
        }
        result.map_err(|refusal| CheckpointError::remote(&self.url, what, path, &refusal))
    }

    fn rested(&self) -> Result<(), Refusal> {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        match &*resting {
            Some((since, why)) if since.elapsed() < self.patience.rest => {
                Err(Refusal::Generic { store: "object store", source: why.clone().into() })
            }
            _ => Ok(()),
        }
    }

    /// Begins to rest, unless it rests already.
    fn rest(&self, refusal: &Refusal) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.as_ref().is_none_or(|(since, _)| since.elapsed() >= self.patience.rest) {
            *resting = Some((Stopwatch::start(), refusal.to_string()));
        }
    }

    pub(super) async fn patiently<T, F: Future<Output = Result<T, Refusal>>>(
        &self,
        call: impl Fn() -> F,
    ) -> Result<T, Refusal> {
        let (since, mut tries) = (Stopwatch::start(), 0);
        loop {
            tries += 1;
            let is_patient = || tries < self.patience.tries && since.elapsed() < self.patience.longest;
            match call().await {
                Err(refusal) if may_pass(&refusal) && is_patient() => {
                    tokio::time::sleep(self.patience.pause_after(tries)).await;
                }
                result => return result,
            }
        }
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn remote() -> Remote {
        Remote::new(Arc::new(InMemory::new()), "memory".to_owned(), Patience::USUAL).unwrap()
    }

    #[test]
    fn an_object_is_created_once_and_by_its_content_known() {
        let (remote, path) = (remote(), Path::from("a/b"));
        assert_eq!(remote.find(&path).unwrap(), None);
        assert_eq!(remote.create(&path, b"one").unwrap(), Creation::Ours);
        assert_eq!(remote.create(&path, b"one").unwrap(), Creation::Ours);
        assert_eq!(remote.create(&path, b"other").unwrap(), Creation::Another);
        assert_eq!(remote.find(&path).unwrap().as_deref(), Some(b"one".as_slice()));
        assert_eq!(remote.length(&path).unwrap(), Some(3));
    }

    #[test]
    fn folders_are_listed_by_name() {
        let remote = remote();
        for path in ["a/2/x", "a/1/y", "a/1/x", "b/3/z"] {
            remote.create(&Path::from(path), b"").unwrap();
        }
        let names: Vec<String> = remote.list(&Path::from("a/1")).unwrap().into_iter().map(|each| each.name).collect();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(remote.folders(&Path::from("a")).unwrap(), ["1", "2"]);
        assert!(remote.list(&Path::from("nowhere")).unwrap().is_empty());
        remote.remove(&Path::from("a/1/x")).unwrap();
        remote.remove(&Path::from("a/1/x")).unwrap();
        assert_eq!(remote.list(&Path::from("a/1")).unwrap().len(), 1);
    }

    #[test]
    fn pauses_double_and_stay_finite() {
        let patience = Patience { tries: 9, pause: Duration::from_millis(100), ..Patience::USUAL };
        let pauses = [1, 2, 3, 4].map(|tries| patience.pause_after(tries).as_millis());
        assert_eq!(pauses, [100, 200, 400, 800]);
        assert!(patience.pause_after(u32::MAX) < Duration::from_hours(24));
    }
}
