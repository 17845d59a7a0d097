//! A process that is killed while it takes checkpoints: what it said is there, is there, and it is whole.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::{Epoch, Remote, restore};
use tidewatch_pipelines::state::{MemoryStore, RocksStore};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, feed, open, remembered, remote};

/// Tells the test that is run as a process of its own where to work.
const FOLDER: &str = "TIDEWATCH_TEST_CHECKPOINTS";
/// Offset at which the process gives up waiting for its end.
const END: i64 = 20_000;

fn reach(folder: &Path) -> Remote {
    let remote_folder = folder.join("remote");
    std::fs::create_dir_all(&remote_folder).expect("a folder can be made");
    remote(Arc::new(LocalFileSystem::new_with_prefix(remote_folder).expect("a folder")))
}

#[test]
#[ignore = "is run by the test below as a process of its own, which it kills"]
fn takes_checkpoints_until_it_is_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("the test below names the folder"));
    let checkpoints = checkpointer(reach(&folder), &folder, &std::process::id().to_string());
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    let local = folder.join("3");
    if !local.exists() {
        checkpoints.restore(PARTITION, &local).expect("it restores");
    }
    let mut processor = open(RocksStore::open(&local).expect("it opens"));
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    let begin = processor.next_offset().unwrap_or(0);
    for end in (begin + 1..END).step_by(3) {
        feed(&mut processor, end);
        let offset = checkpoint(&checkpoints, &processor).expect("the folder takes checkpoints");
        println!("\nuploaded {offset}");
    }
}

/// Runs the process until it has said `reports` times that a checkpoint is there, and kills it a little later; returns the
/// last offset that it said so of.
fn upload_and_kill(folder: &Path, reports: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().expect("the program has a path"))
        .args([
            "--exact",
            "checkpoints::crash::takes_checkpoints_until_it_is_killed",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the process starts");
    let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines().map_while(Result::ok);
    let mut uploaded = lines.filter_map(|line| line.strip_prefix("uploaded ")?.parse::<u64>().ok());
    let last = uploaded.by_ref().take(reports).last();
    child.kill().expect("the process can be killed");
    child.wait().expect("the process ends");
    uploaded.last().or(last).expect("a checkpoint was uploaded")
}

#[test]
fn what_was_uploaded_outlives_kill_9_and_comes_back_whole() {
    let folder = TempDir::new().expect("a folder can be made");
    for (reports, loses_disk) in [(1, false), (4, true), (9, false), (2, true), (15, false), (6, true)] {
        let said = upload_and_kill(folder.path(), reports);
        let target = folder.path().join("restored");
        let chosen = restore::latest(&reach(folder.path()), None, PARTITION, &target).expect("it restores");
        let manifest = chosen.expect("there is one").manifest;
        assert!(manifest.offset >= said, "offset {said} was uploaded, {} counts", manifest.offset);
        let mut reference = open(MemoryStore::default());
        feed(&mut reference, i64::try_from(manifest.offset).expect("it is small"));
        let held = remembered(&RocksStore::open(&target).expect("it opens"));
        std::fs::remove_dir_all(&target).expect("it can be removed");
        assert!(held == remembered(reference.store()), "offset {} is another state", manifest.offset);
        if loses_disk {
            std::fs::remove_dir_all(folder.path().join("3")).expect("it can be removed");
        }
    }
}
