use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions, PutResult,
};

use super::*;
use crate::partition::{Limits, Partition, Place, Record};
use crate::samples::finding;

/// A store of which each change counts, and the one with the chosen number fails: before it happened, or after it, which
/// nobody is told.
#[derive(Debug)]
struct Faulty {
    inner: InMemory,
    changes: AtomicUsize,
    fails: usize,
    after: bool,
}

impl std::fmt::Display for Faulty {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("faulty")
    }
}

fn down() -> Refusal {
    // A refusal that is not worth trying again, so that the writer ends as if it was killed.
    Refusal::NotSupported { source: "down".into() }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        let is_chosen = self.changes.fetch_add(1, Ordering::SeqCst) == self.fails;
        if is_chosen && !self.after {
            return Err(down());
        }
        let result = self.inner.put_opts(path, payload, options).await;
        if is_chosen { Err(down()) } else { result }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        self.inner.get_ranges(path, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let is_chosen = self.changes.fetch_add(1, Ordering::SeqCst) == self.fails;
        if is_chosen && !self.after {
            return futures::stream::once(async { Err(down()) }).boxed();
        }
        let deleted = self.inner.delete_stream(paths);
        if is_chosen { deleted.map(|_| Err(down())).boxed() } else { deleted }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A topic: outputs with their numbers, some of them twice, as findings may stand after a crash of detect.
fn topic() -> Vec<Record> {
    let sequences = [1, 2, 3, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 13];
    let record = |(offset, sequence): (i64, u64)| Record {
        offset,
        numbered: Some((0, sequence)),
        bytes: Bytes::from(finding("acme", 300 * i64::try_from(sequence).unwrap()).to_string()),
    };
    (0..).zip(sequences).map(record).collect()
}

fn place() -> Place {
    Place { table: Table::Findings, number: 0, source: "cluster/findings".to_owned() }
}

/// Writes on from where the lake stands, a file for every `rows` rows, until everything is written or the store fails.
async fn write(store: &Store, rows: usize) -> Result<(), LakeError> {
    write_until(store, rows, topic().len()).await
}

/// The same up to an offset.
async fn write_until(store: &Store, rows: usize, end: usize) -> Result<(), LakeError> {
    let last = store.last(Table::Findings, 0).await?;
    let mut partition = Partition::resume(place(), Limits { rows, bytes: 1 << 20 }, last, 0)?;
    let records: Vec<Record> = topic().into_iter().take(end).collect();
    let count = records.len();
    for (at, record) in records.into_iter().enumerate() {
        partition.take(record);
        if partition.is_full() || at + 1 == count {
            let Some(sealed) = partition.seal()? else { continue };
            assert_eq!(store.publish(&sealed).await?, Published::Ours);
            partition.published();
        }
    }
    Ok(())
}

/// The offsets of all visible rows, read from the files themselves.
async fn visible(store: &Store) -> Vec<f64> {
    let folder = tempfile::tempdir().unwrap();
    let mut offsets = Vec::new();
    for file in store.files(Table::Findings).await.unwrap() {
        let bytes = store.read(&Path::from(file.path.as_str())).await.expect("a visible file is there");
        assert_eq!(bytes.len() as u64, file.bytes, "a visible file is whole");
        let path = folder.path().join("file.parquet");
        std::fs::write(&path, &bytes).unwrap();
        let columns = crate::file::read(&path).unwrap();
        let column = columns.into_iter().find(|column| column.name == "record_offset").unwrap();
        let crate::file::Cells::Numbers(cells) = column.cells else { panic!("offsets are numbers") };
        offsets.extend(cells.into_iter().flatten());
    }
    offsets.sort_by(f64::total_cmp);
    offsets
}

/// Every row of the topic once, the first of those that stand there twice.
const ONCE: [f64; 13] = [0.0, 1.0, 2.0, 5.0, 6.0, 7.0, 8.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];

/// The writer dies at each of its changes, before it or right after it; its successor cuts files elsewhere or where it did.
#[tokio::test]
async fn each_record_is_visible_once_wherever_the_writer_dies() {
    let mut deaths = 0;
    for after in [false, true] {
        for successor_rows in [3, 5] {
            for fails in 0.. {
                let inner = InMemory::new();
                let faulty = Arc::new(Faulty { inner, changes: AtomicUsize::default(), fails, after });
                let store = Store::new(faulty, "faulty".to_owned());
                let first = write(&store, 3).await;
                let seen = visible(&store).await;
                assert!(ONCE.starts_with(&seen), "a beginning of the topic is visible: {seen:?}");
                if first.is_ok() {
                    assert_eq!(seen, ONCE);
                    break;
                }
                deaths += 1;
                write(&store, successor_rows).await.unwrap();
                assert_eq!(visible(&store).await, ONCE, "died at change {fails}, after it: {after}");
            }
        }
    }
    assert!(deaths > 40, "{deaths} deaths were tried");
}

/// Two writers that both believe to own the partition: whoever comes second learns it, and what both wrote is there once.
#[tokio::test]
async fn of_two_writers_one_wins_each_step() {
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    let writer = |rows: usize| Partition::resume(place(), Limits { rows, bytes: 1 << 20 }, None, 0).unwrap();
    let (mut one, mut other) = (writer(3), writer(6));
    topic().into_iter().take(3).for_each(|record| drop(one.take(record)));
    topic().into_iter().take(8).for_each(|record| drop(other.take(record)));
    assert_eq!(store.publish(&one.seal().unwrap().unwrap()).await.unwrap(), Published::Ours);
    assert_eq!(store.publish(&other.seal().unwrap().unwrap()).await.unwrap(), Published::Another);
    write(&store, 4).await.unwrap();
    assert_eq!(visible(&store).await, ONCE);
}

#[tokio::test]
async fn a_manifest_beside_the_chain_is_not_seen() {
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    write(&store, 5).await.unwrap();
    let stale = Manifest { start: 4, next: 9, ..store.last(Table::Findings, 0).await.unwrap().unwrap() };
    let path = manifest::path(Table::Findings, 0, 4);
    assert_eq!(store.create(&path, &stale.written()).await.unwrap(), Published::Ours);
    assert_eq!(visible(&store).await, ONCE);
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_known_by_its_content() {
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    let path = Path::from("a");
    assert_eq!(store.create(&path, b"one").await.unwrap(), Published::Ours);
    assert_eq!(store.create(&path, b"one").await.unwrap(), Published::Ours);
    assert_eq!(store.create(&path, b"other").await.unwrap(), Published::Another);
}

#[tokio::test]
async fn a_damaged_manifest_is_named() {
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    store.create(&manifest::path(Table::Findings, 0, 0), b"{").await.unwrap();
    let error = store.files(Table::Findings).await.unwrap_err().to_string();
    assert!(
        error.starts_with("the lake at memory: _manifests/findings/00000/00000000000000000000.json is damaged"),
        "{error}"
    );
}

mod replacing;
