//! An object store that refuses, loses answers and lists only some of what is there, as a plan says.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What is asked of the object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Write an object.
    Put,
    /// Read an object, or look whether it is there.
    Get,
    /// List a folder.
    List,
    /// Remove an object.
    Remove,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing goes wrong.
    None,
    /// It is refused for now, as by an error 503.
    Refused,
    /// It happens, and the answer is lost.
    AnswerLost,
    /// Every second object is missing from the list.
    Partial,
    /// What is listed is two hours older than it is.
    Old,
}

/// Decides the fate of each call.
pub type Plan = Box<dyn FnMut(Call, &Path) -> Fault + Send>;

/// An object store with faults in front of one without.
pub struct Faulty {
    inner: Arc<dyn ObjectStore>,
    plan: Mutex<Plan>,
}

impl Faulty {
    /// Puts faults in front of `inner`.
    pub fn new(inner: Arc<dyn ObjectStore>, plan: impl FnMut(Call, &Path) -> Fault + Send + 'static) -> Self {
        Self { inner, plan: Mutex::new(Box::new(plan)) }
    }

    fn fate(&self, call: Call, path: &Path) -> Fault {
        (self.plan.lock().unwrap_or_else(PoisonError::into_inner))(call, path)
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Faulty")
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("faulty")
    }
}

fn two_hours_older(mut object: ObjectMeta) -> ObjectMeta {
    object.last_modified -= Duration::from_hours(2);
    object
}

fn refusal() -> Error {
    Error::Generic { store: "faulty", source: "503 Service Unavailable".into() }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match self.fate(Call::Put, location) {
            Fault::Refused => Err(refusal()),
            Fault::AnswerLost => {
                let _ = self.inner.put_opts(location, payload, options).await;
                Err(refusal())
            }
            _ => self.inner.put_opts(location, payload, options).await,
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        match self.fate(Call::Put, location) {
            Fault::Refused => Err(refusal()),
            _ => self.inner.put_multipart_opts(location, options).await,
        }
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        match self.fate(Call::Get, location) {
            Fault::Refused | Fault::AnswerLost => Err(refusal()),
            _ => self.inner.get_opts(location, options).await,
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let fate = self.fate(Call::Remove, &Path::default());
        let removed = self.inner.delete_stream(locations);
        match fate {
            Fault::Refused => futures::stream::once(async { Err(refusal()) }).boxed(),
            Fault::AnswerLost => removed.and_then(|_| async { Err(refusal()) }).boxed(),
            _ => removed,
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.inner.list(prefix);
        match self.fate(Call::List, prefix.unwrap_or(&Path::default())) {
            // The refusal comes when some of the list is already there.
            Fault::Refused | Fault::AnswerLost => {
                listed.take(1).chain(futures::stream::once(async { Err(refusal()) })).boxed()
            }
            Fault::Partial => {
                let every_second = listed.enumerate().filter(|(place, _)| std::future::ready(place % 2 == 0));
                every_second.map(|(_, object)| object).boxed()
            }
            Fault::Old => listed.map_ok(two_hours_older).boxed(),
            Fault::None => listed,
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match self.fate(Call::List, prefix.unwrap_or(&Path::default())) {
            Fault::Refused | Fault::AnswerLost => Err(refusal()),
            _ => self.inner.list_with_delimiter(prefix).await,
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// Random numbers that are the same in every run: SplitMix64.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number from 0 to `sides` - 1.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }
}
