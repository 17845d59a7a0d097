//! A checkpoint of every version of the state that was ever released opens, and goes on as the release that wrote it did.
//!
//! `fixtures/checkpoint/v<N>` is what an object store holds after the release took one. When a new version of the state is
//! made, `writes_the_golden_checkpoint` writes the next one, and the migration makes the old ones pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::{Epoch, restore};
use tidewatch_pipelines::detect::snapshot::STATE_VERSION;
use tidewatch_pipelines::state::{MemoryStore, RocksStore};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, feed, open, remembered, remote};

/// Offset of the golden checkpoints.
const OFFSET: i64 = 150;
/// Where the partition is led on to.
const END: i64 = 300;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checkpoint")
}

#[test]
#[ignore = "writes the fixture of this version: cargo test --workspace --test system checkpoints::golden -- --ignored"]
fn writes_the_golden_checkpoint() {
    let folder = fixtures().join(format!("v{STATE_VERSION}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the fixture can be replaced");
    }
    fs::create_dir_all(&folder).expect("a folder can be made");
    let local = TempDir::new().expect("a folder can be made");
    let store = Arc::new(LocalFileSystem::new_with_prefix(&folder).expect("a folder"));
    let checkpoints = checkpointer(remote(store), local.path(), "golden");
    let mut processor = open(RocksStore::open(&local.path().join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    feed(&mut processor, OFFSET);
    assert!(checkpoint(&checkpoints, &processor).is_some());
}

#[test]
fn checkpoints_of_every_released_version_open_and_go_on_the_same() {
    let mut whole = open(MemoryStore::default());
    let before = feed(&mut whole, OFFSET);
    let after = feed(&mut whole, END);
    assert!(!before.is_empty() && !after.is_empty());
    let mut versions = Vec::new();
    for entry in fs::read_dir(fixtures()).expect("there are fixtures") {
        let fixture = entry.expect("an entry").path();
        let name = fixture.file_name().expect("a name").to_string_lossy().into_owned();
        let folder = TempDir::new().expect("a folder can be made");
        let store = Arc::new(LocalFileSystem::new_with_prefix(&fixture).expect("a folder"));
        let target = folder.path().join("3");
        let chosen =
            restore::latest(&remote(store), None, PARTITION, &target).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.expect("there is one").manifest.offset, OFFSET.unsigned_abs(), "{name}");
        let mut processor = open(RocksStore::open(&target).expect("it opens"));
        assert!(feed(&mut processor, END) == after, "{name}: other outputs come of it");
        assert!(remembered(processor.store()) == remembered(whole.store()), "{name}: it remembers something else");
        versions.push(name);
    }
    assert!(versions.contains(&format!("v{STATE_VERSION}")), "{versions:?} lack the version of this release");
}

#[test]
fn another_version_is_refused_and_names_the_release_that_wrote_it() {
    let folder = TempDir::new().expect("a folder can be made");
    let from = fixtures().join(format!("v{STATE_VERSION}"));
    let manifests = from.join("manifests/3");
    let file = fs::read_dir(&manifests).expect("it lists").next().expect("there is one").expect("an entry").path();
    let manifest = tidewatch_pipelines::checkpoint::Manifest::decode(&fs::read(&file).expect("it reads"));
    let mut manifest = manifest.expect("it is whole");
    (manifest.state_version, manifest.release) = (99, "9.9.9".to_owned());
    let target = folder.path().join("manifests/3");
    fs::create_dir_all(&target).expect("a folder can be made");
    fs::write(target.join(file.file_name().expect("a name")), manifest.encode().expect("it encodes")).expect("written");
    let store = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).expect("a folder"));
    let error = restore::latest(&remote(store), None, PARTITION, &folder.path().join("3")).expect_err("it is refused");
    let said = error.to_string();
    assert!(
        said.contains("the state has version 99") && said.contains("run the release that wrote it, 9.9.9"),
        "{said}"
    );
}
