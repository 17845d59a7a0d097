//! Whatever an object store does, a checkpoint is whole or it does not count, and the one that counts is never removed.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::{Epoch, Patience, Remote, choice, restore};
use tidewatch_pipelines::state::{Pair, RocksStore};
use tidewatch_tests::lives::{Fortune, Lives};
use tidewatch_tests::object_faults::{Call, Dice, Fault, Faulty};
use tidewatch_tests::partition::{
    PARTITION, START, checkpoint, checkpointer, content, feed, open, remote, remote_with,
};

/// Something goes wrong with a third of all calls.
fn misfortune(mut dice: Dice) -> impl FnMut(Call, &Path) -> Fault + Send {
    move |call, _| match (dice.roll(9), call) {
        (0, _) => Fault::Refused,
        (1, Call::Put | Call::Remove) => Fault::AnswerLost,
        (1 | 2, Call::List) => Fault::Partial,
        _ => Fault::None,
    }
}

/// Restores from a healthy view of `store` and returns the offset and what the state holds.
fn restored(store: &Arc<InMemory>) -> Option<(u64, Vec<Vec<Pair>>)> {
    let folder = TempDir::new().expect("a folder can be made");
    let target = folder.path().join("3");
    let chosen = restore::latest(&remote(store.clone()), None, PARTITION, &target).expect("one can be used")?;
    Some((chosen.manifest.offset, content(&RocksStore::open(&target).expect("it opens"))))
}

#[test]
fn no_misfortune_makes_half_a_checkpoint_count() {
    let mut all = Fortune::default();
    for seed in 0..6 {
        let store = Arc::new(InMemory::new());
        let healthy = || remote(store.clone());
        let faulty = |life| remote_with(Arc::new(Faulty::new(store.clone(), misfortune(Dice(seed * 100 + life)))), 2);
        let Fortune { tried, failed } = Lives { healthy: &healthy, faulty: &faulty }.live(&format!("seed {seed}"));
        (all.tried, all.failed) = (all.tried + tried, all.failed + failed);
    }
    assert!(all.failed > 5 && all.failed < all.tried, "{all:?}: the faults are too few or too many");
}

/// Refuses every put of a path that begins so, once `is_on` says so.
fn refusing(
    store: &Arc<InMemory>,
    begins: &'static str,
    fault: Fault,
) -> (Arc<std::sync::atomic::AtomicBool>, Arc<dyn ObjectStore>) {
    let switch = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_on = Arc::clone(&switch);
    let faulty = Faulty::new(store.clone(), move |call, path| {
        let is_meant = call == Call::Put && path.as_ref().starts_with(begins);
        if is_meant && is_on.load(std::sync::atomic::Ordering::Relaxed) { fault } else { Fault::None }
    });
    (switch, Arc::new(faulty))
}

#[test]
fn a_checkpoint_without_its_manifest_or_a_file_does_not_exist() {
    for begins in ["manifests/", "sst/", "files/"] {
        let (local, store) = (TempDir::new().expect("a folder"), Arc::new(InMemory::new()));
        let (switch, faulty) = refusing(&store, begins, Fault::Refused);
        let checkpoints = checkpointer(remote(faulty), local.path(), "first");
        let mut processor = open(RocksStore::open(&local.path().join("3")).expect("it opens"));
        let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
        checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
        feed(&mut processor, 20);
        assert_eq!(checkpoint(&checkpoints, &processor), Some(20));
        switch.store(true, std::sync::atomic::Ordering::Relaxed);
        feed(&mut processor, 40);
        assert_eq!(checkpoint(&checkpoints, &processor), None, "{begins}");
        assert_eq!(restored(&store).map(|(offset, _)| offset), Some(20), "{begins}");
        switch.store(false, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(checkpoint(&checkpoints, &processor), Some(40), "{begins}: the next one makes up for it");
        assert_eq!(restored(&store).map(|(offset, _)| offset), Some(40), "{begins}");
    }
}

#[test]
fn a_manifest_whose_answer_was_lost_is_there_and_known_to_be() {
    let (local, store) = (TempDir::new().expect("a folder"), Arc::new(InMemory::new()));
    let (switch, faulty) = refusing(&store, "", Fault::AnswerLost);
    switch.store(true, std::sync::atomic::Ordering::Relaxed);
    // Every answer is lost, so a call never ends well. The first answer that comes after it does.
    let patient = remote(faulty);
    let path = Path::from("epochs/3/00000000000000000001");
    assert!(patient.create(&path, b"me").is_err());
    switch.store(false, std::sync::atomic::Ordering::Relaxed);
    let created = patient.create(&path, b"me").expect("it answers");
    assert_eq!(created, tidewatch_pipelines::checkpoint::remote::Creation::Ours, "its content tells whose it is");
    let checkpoints = checkpointer(patient, local.path(), "first");
    assert_eq!(checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("it answers").0, 2);
}

#[test]
fn a_file_that_was_removed_is_passed_over_with_its_checkpoint() {
    let (local, store) = (TempDir::new().expect("a folder"), Arc::new(InMemory::new()));
    let checkpoints = checkpointer(remote(store.clone()), local.path(), "first");
    let mut processor = open(RocksStore::open(&local.path().join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    let mut files = Vec::new();
    for end in [20, 40] {
        feed(&mut processor, end);
        assert!(checkpoint(&checkpoints, &processor).is_some());
        let manifest = checkpoints.latest(PARTITION).expect("it reads").expect("it is there").manifest;
        files.push(manifest.files.into_iter().map(|file| file.hash).collect::<std::collections::BTreeSet<_>>());
    }
    let only_in_last = files[1].difference(&files[0]).next().expect("something changed");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for folder in ["sst/3", "files/3"] {
        let _ = runtime.block_on(store.delete(&Path::from(format!("{folder}/{only_in_last}"))));
    }
    let chosen = checkpoints.latest(PARTITION).expect("it reads").expect("there is another one");
    assert_eq!((chosen.manifest.offset, chosen.passed_over.len()), (20, 1));
    assert!(chosen.passed_over[0].flaw.to_string().contains("is missing"), "{:?}", chosen.passed_over);
}

#[test]
fn an_object_store_that_is_down_is_not_asked_again_for_every_partition() {
    let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let down = Faulty::new(Arc::new(InMemory::new()), move |_, _| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Fault::Refused
    });
    let patience = Patience { tries: 3, pause: Duration::ZERO, rest: Duration::from_hours(1), ..Patience::USUAL };
    let remote = Remote::new(Arc::new(down), "memory".to_owned(), patience).expect("it starts");
    let errors = [1, 2, 3].map(|partition| choice::latest(&remote, None, partition, &[]).expect_err("it is down"));
    assert!(errors.iter().all(|error| error.passes() && error.to_string().contains("503")), "{errors:?}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 3, "three tries, and no more for the others");
}
