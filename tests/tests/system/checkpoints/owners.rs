//! Owners come and go: the newest one's checkpoints count, and only it removes what is old.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::manifest::Manifest;
use tidewatch_pipelines::checkpoint::{Checkpointer, Epoch, choice, collect};
use tidewatch_pipelines::detect::Processor;
use tidewatch_pipelines::state::RocksStore;
use tidewatch_tests::object_faults::{Call, Fault, Faulty};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, feed, open, remote};

struct Owner {
    checkpoints: Checkpointer,
    processor: Processor,
    epoch: Epoch,
    _folder: TempDir,
}

/// A new owner with an epoch of its own and an empty state.
fn owner(store: &Arc<InMemory>, name: &str) -> Owner {
    let folder = TempDir::new().expect("a folder can be made");
    let checkpoints = checkpointer(remote(store.clone()), folder.path(), name);
    let processor = open(RocksStore::open(&folder.path().join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    Owner { checkpoints, processor, epoch, _folder: folder }
}

impl Owner {
    fn reach(&mut self, end: i64) {
        feed(&mut self.processor, end);
        assert!(checkpoint(&self.checkpoints, &self.processor).is_some(), "offset {end}");
    }
}

/// Epochs and offsets of all manifests, the one that counts first.
fn names(store: &Arc<InMemory>) -> Vec<(u64, u64)> {
    let names = choice::names(&remote(store.clone()), PARTITION).expect("it lists");
    names.into_iter().map(|name| (name.epoch.0, name.offset)).collect()
}

#[test]
fn an_owner_that_was_replaced_never_wins() {
    let store = Arc::new(InMemory::new());
    let mut zombie = owner(&store, "zombie");
    zombie.reach(50);
    let mut next = owner(&store, "next");
    next.reach(30);
    zombie.reach(120);
    let counts = next.checkpoints.latest(PARTITION).expect("it reads").expect("it is there").manifest;
    assert_eq!((counts.epoch, counts.offset), (next.epoch, 30), "a higher offset of a lower epoch is in vain");
    assert_eq!(names(&store), [(2, 30), (1, 120), (1, 50)]);
}

#[test]
fn only_the_newest_owner_removes_what_is_old() {
    let store = Arc::new(InMemory::new());
    let mut zombie = owner(&store, "zombie");
    (1..=6).for_each(|turn| zombie.reach(turn * 10));
    assert_eq!(names(&store), [(1, 60), (1, 50), (1, 40)], "three are kept");
    let mut next = owner(&store, "next");
    (7..=9).for_each(|turn| zombie.reach(turn * 10));
    assert_eq!(names(&store).len(), 6, "one that was replaced removes nothing");
    next.reach(25);
    assert_eq!(names(&store), [(2, 25), (1, 90), (1, 80)]);
}

/// Names of all objects of a folder.
fn listed(store: &Arc<InMemory>, folder: &str) -> Vec<String> {
    let objects = remote(store.clone()).list(&Path::from(folder)).expect("it lists");
    objects.into_iter().map(|object| object.name).collect()
}

#[test]
fn files_that_nothing_names_go_when_they_are_old_and_no_earlier() {
    let store = Arc::new(InMemory::new());
    let mut first = owner(&store, "first");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let stray = Path::from(format!("sst/3/{}", "ab".repeat(32)));
    runtime.block_on(store.put(&stray, b"of a checkpoint that was never finished".as_slice().into())).expect("a put");
    for turn in 1..=6 {
        first.reach(turn * 10);
    }
    let before = listed(&store, "sst/3");
    assert!(before.contains(&"ab".repeat(32)), "it is young");
    let old = |call, path: &Path| match call {
        Call::List if !path.as_ref().starts_with("manifests/") => Fault::Old,
        _ => Fault::None,
    };
    let view = remote(Arc::new(Faulty::new(store.clone(), old)));
    let newest = first.checkpoints.latest(PARTITION).expect("it reads").expect("it is there").manifest;
    let collected = collect::collect(&view, &newest, 3, &mut BTreeMap::new()).expect("it answers");
    let after = listed(&store, "sst/3");
    assert!(!after.contains(&"ab".repeat(32)) && collected.files > 0, "{collected:?}");
    assert!(after.len() < before.len(), "tables of removed checkpoints go, too");
    for checkpoint in choice::all(&remote(store.clone()), PARTITION).expect("it lists") {
        let whole: Manifest = checkpoint.1.expect("all that are left are whole");
        assert_eq!(whole.epoch, first.epoch);
    }
}
