//! Checkpoints in a bucket over the life of a partition: taken, restored on an empty disk, and removed when they are old.

use std::collections::BTreeMap;

use object_store::path::Path;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::{Epoch, choice, collect};
use tidewatch_pipelines::state::{MemoryStore, RocksStore};
use tidewatch_tests::bucket::{Bucket, remote};
use tidewatch_tests::detour::{Detour, Mishap};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, content, feed, open, remembered};

/// Objects that one answer to a listing names: fewer than a checkpoint has.
const PAGE: u32 = 5;
const END: i64 = 300;

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn an_empty_disk_goes_on_from_the_bucket_as_if_nothing_had_been() {
    let bucket = Bucket::start(PAGE);
    let mut whole = open(MemoryStore::default());
    let all = feed(&mut whole, END);
    let mut outputs = Vec::new();
    let mut cut = 0;
    while cut < END {
        // Every machine is a new one, with an empty disk.
        let disk = TempDir::new().expect("a folder can be made");
        let checkpoints = checkpointer(remote(bucket.address(), "life", 1), disk.path(), &format!("machine at {cut}"));
        let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
        let target = disk.path().join("3");
        let restored = checkpoints.restore(PARTITION, &target).expect("it restores");
        assert_eq!(restored.map_or(0, |chosen| chosen.manifest.offset), u64::try_from(cut).expect("not negative"));
        let mut processor = open(RocksStore::open(&target).expect("it opens"));
        checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
        for _ in 0..3 {
            cut = END.min(cut + 27);
            outputs.extend(feed(&mut processor, cut));
            assert!(checkpoint(&checkpoints, &processor).is_some(), "no checkpoint of {cut}");
        }
        assert!(cut < END || remembered(processor.store()) == remembered(whole.store()), "memories differ in the end");
    }
    assert_eq!(outputs, all);
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn checkpoints_that_are_old_go_and_those_that_stay_restore() {
    let bucket = Bucket::start(PAGE);
    let disk = TempDir::new().expect("a folder can be made");
    let checkpoints = checkpointer(remote(bucket.address(), "old", 1), disk.path(), "first");
    let mut processor = open(RocksStore::open(&disk.path().join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    for turn in 1..=8 {
        feed(&mut processor, turn * 12);
        assert!(checkpoint(&checkpoints, &processor).is_some());
    }
    let view = remote(bucket.address(), "old", 1);
    let names = choice::names(&view, PARTITION).expect("it lists");
    assert_eq!(names.iter().map(|name| name.offset).collect::<Vec<_>>(), [96, 84, 72], "three are kept");
    let files = || ["sst/3", "files/3"].map(|folder| view.list(&Path::from(folder)).expect("it lists").len());
    let before = files();
    // All but the manifests is from years ago.
    let detour = Detour::to(bucket.address(), |asked| {
        if asked.is_list() && !asked.path.contains("manifests") { Mishap::Old } else { Mishap::None }
    });
    let newest = checkpoints.latest(PARTITION).expect("it reads").expect("it is there").manifest;
    let aged = remote(detour.address(), "old", 1);
    let collected = collect::collect(&aged, &newest, 3, &mut BTreeMap::new()).expect("it answers");
    let after = files();
    assert!(collected.files > 0 && before.iter().sum::<usize>() - after.iter().sum::<usize>() == collected.files);
    for (name, read) in choice::all(&view, PARTITION).expect("it lists") {
        assert!(read.is_ok(), "{name}: {read:?}");
    }
    let back = TempDir::new().expect("a folder can be made");
    let target = back.path().join("3");
    checkpoints.restore(PARTITION, &target).expect("it restores").expect("it is there");
    assert!(content(&RocksStore::open(&target).expect("it opens")) == content(processor.store()));
}
