//! A machine that goes on from a checkpoint says what the first one would have said.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::name::Kind;
use tidewatch_pipelines::checkpoint::{Epoch, Taken};
use tidewatch_pipelines::detect::Outgoing;
use tidewatch_pipelines::state::{MemoryStore, RocksStore};
use tidewatch_schemas::Timestamp;
use tidewatch_tests::object_faults::{Call, Fault, Faulty};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, content, feed, open, remembered, remote};

const END: i64 = 400;

fn folder() -> TempDir {
    TempDir::new().expect("a folder can be made")
}

#[test]
fn what_is_restored_is_what_was_taken_and_goes_on_the_same() {
    let mut whole = open(MemoryStore::default());
    let all = feed(&mut whole, END);
    assert!(all.len() > 20, "{} outputs are too few to compare", all.len());
    for cut in [1, 7, 150, 233, END - 1] {
        let (first, second, store) = (folder(), folder(), Arc::new(InMemory::new()));
        let checkpoints = checkpointer(remote(store.clone()), first.path(), "first");
        let mut processor = open(RocksStore::open(&first.path().join("3")).expect("it opens"));
        let mut outputs = feed(&mut processor, cut);
        let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
        checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
        assert!(checkpoint(&checkpoints, &processor).is_some(), "cut at {cut}");
        let taken = content(processor.store());

        let elsewhere = checkpointer(remote(store), second.path(), "second");
        let target = second.path().join("3");
        let chosen = elsewhere.restore(PARTITION, &target).expect("it restores").expect("there is one");
        assert_eq!(i64::try_from(chosen.manifest.offset), Ok(cut));
        let restored = RocksStore::open(&target).expect("it opens");
        assert!(content(&restored) == taken, "cut at {cut}: the content is another one");
        let mut processor = open(restored);
        let waiting: Vec<Outgoing> = processor.outbox().waiting().iter().cloned().collect();
        assert!(waiting.iter().all(|output| outputs.contains(output)), "the outbox came along");
        outputs.extend(feed(&mut processor, END));
        assert_eq!(outputs, all, "cut at {cut}");
        assert!(remembered(processor.store()) == remembered(whole.store()), "cut at {cut}: memories differ in the end");
    }
}

#[test]
fn only_what_changed_is_uploaded() {
    let (local, store) = (folder(), Arc::new(InMemory::new()));
    let puts = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&puts);
    let watched = Faulty::new(store, move |call, path| {
        if call == Call::Put && path.as_ref().starts_with("sst/") {
            seen.lock().expect("nobody panicked").push(path.to_string());
        }
        Fault::None
    });
    let checkpoints = checkpointer(remote(Arc::new(watched)), local.path(), "first");
    let mut processor = open(RocksStore::open(&local.path().join("3")).expect("it opens"));
    checkpoints.begin(PARTITION, (Epoch(1), true), START).expect("it begins");
    for end in (10..=100).step_by(10) {
        feed(&mut processor, end);
        assert!(checkpoint(&checkpoints, &processor).is_some());
    }
    let puts = puts.lock().expect("nobody panicked");
    let distinct: std::collections::BTreeSet<&String> = puts.iter().collect();
    assert_eq!(puts.len(), distinct.len(), "a table was uploaded twice");
    let manifest = checkpoints.latest(PARTITION).expect("it reads").expect("it is there").manifest;
    let tables = manifest.files.iter().filter(|file| file.kind() == Kind::Table).count();
    assert!(tables > 4 && puts.len() < 10 * tables, "{} uploads, {tables} tables in the last", puts.len());
}

#[test]
fn judging_goes_on_while_a_checkpoint_is_uploaded() {
    let (local, store): (_, Arc<dyn ObjectStore>) = (folder(), Arc::new(InMemory::new()));
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let (say_waiting, waiting) = std::sync::mpsc::channel::<()>();
    let mut is_first = true;
    let gated = Faulty::new(store, move |call, path| {
        if call == Call::Put && path.as_ref().starts_with("manifests/") && std::mem::take(&mut is_first) {
            say_waiting.send(()).expect("the test listens");
            gate.recv().expect("the test opens the gate");
        }
        Fault::None
    });
    let checkpoints = checkpointer(remote(Arc::new(gated)), local.path(), "first");
    let mut processor = open(RocksStore::open(&local.path().join("3")).expect("it opens"));
    checkpoints.begin(PARTITION, (Epoch(1), true), START).expect("it begins");
    feed(&mut processor, 50);
    let take = |processor: &tidewatch_pipelines::detect::Processor| {
        checkpoints.take(PARTITION, processor.store(), START).expect("a copy can be made")
    };
    assert!(matches!(take(&processor), Taken::Queued(reached) if reached.next_offset == 50));
    waiting.recv().expect("the upload comes to its manifest");
    feed(&mut processor, 100);
    let later = Timestamp(START.0 + 3_600_000);
    assert!(!checkpoints.due(PARTITION, later, u64::MAX), "the queue has room for one");
    assert_eq!(take(&processor), Taken::Busy);
    assert!(!checkpoints.settle(std::time::Duration::ZERO), "it is on its way");
    open_gate.send(()).expect("the upload waits");
    assert!(checkpoints.settle(std::time::Duration::from_mins(1)));
    let chosen = checkpoints.latest(PARTITION).expect("it reads").expect("it is there");
    assert_eq!(chosen.manifest.offset, 50, "what is committed after the copy was made is not in it");
    assert!(checkpoints.due(PARTITION, later, 0));
    assert!(matches!(take(&processor), Taken::Queued(_)));
    assert!(checkpoints.settle(std::time::Duration::from_mins(1)));
    assert_eq!(take(&processor), Taken::Unchanged);
    let left: Vec<_> = std::fs::read_dir(local.path()).expect("it lists").map(|entry| entry.expect("one")).collect();
    assert_eq!(left.len(), 1, "copies are removed: {left:?}");
}

#[test]
fn copies_that_a_crash_left_behind_are_removed() {
    let (local, store) = (folder(), Arc::new(InMemory::new()));
    for name in ["3-0.checkpoint", "3-7.checkpoint", "30-0.checkpoint", "3-x.checkpoint"] {
        std::fs::create_dir(local.path().join(name)).expect("it can be made");
    }
    let checkpoints = checkpointer(remote(store), local.path(), "first");
    checkpoints.begin(PARTITION, (Epoch(1), true), START).expect("it begins");
    let mut left: Vec<String> = std::fs::read_dir(local.path())
        .expect("it lists")
        .map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["3-x.checkpoint", "30-0.checkpoint"], "only those of the partition");
}
