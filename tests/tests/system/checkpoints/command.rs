//! `tidewatch state list` and `tidewatch state restore`, as operators and scripts use them.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use serde_json::Value as Json;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::Epoch;
use tidewatch_pipelines::state::RocksStore;
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, content, feed, open, remote};
use tidewatch_tests::program;

/// A folder with checkpoints of two offsets, and a configuration that names it.
fn service(folder: &Path) -> (String, Vec<Vec<tidewatch_pipelines::state::Pair>>) {
    let (local, url) = (folder.join("state"), folder.join("checkpoints"));
    std::fs::create_dir(&url).expect("a folder can be made");
    let store = Arc::new(LocalFileSystem::new_with_prefix(&url).expect("a folder"));
    let checkpoints = checkpointer(remote(store), &local, "first");
    let mut processor = open(RocksStore::open(&local.join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    for end in [30, 60] {
        feed(&mut processor, end);
        assert!(checkpoint(&checkpoints, &processor).is_some());
    }
    let config = folder.join("tidewatch.yaml");
    let yaml =
        format!("detect: {{ state: {}, checkpoints: {{ url: 'file://{}' }} }}\n", local.display(), url.display());
    std::fs::write(&config, yaml).expect("it can be written");
    (config.display().to_string(), content(processor.store()))
}

fn state(arguments: &[&str]) -> Output {
    Command::new(program::path()).arg("state").args(arguments).output().expect("the program runs")
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn checkpoints_are_listed_and_restored() {
    let folder = TempDir::new().expect("a folder can be made");
    let (config, held) = service(folder.path());

    let listed = state(&["list", "--config", &config, "--format", "json"]);
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    let checkpoints = json(&listed)["partitions"][0]["checkpoints"].clone();
    assert_eq!((&checkpoints[0]["offset"], &checkpoints[1]["offset"]), (&60.into(), &30.into()));
    assert!(checkpoints[0]["flaw"].is_null() && checkpoints[0]["bytes"].as_u64() > Some(0), "{checkpoints}");

    let to = folder.path().join("elsewhere").display().to_string();
    let restored = state(&["restore", "--config", &config, "--to", &to, "--format", "json"]);
    assert_eq!(restored.status.code(), Some(0), "{restored:?}");
    let report = json(&restored);
    assert_eq!(report["restored"][0]["offset"], 60, "{report}");
    assert!(content(&RocksStore::open(&Path::new(&to).join("3")).expect("it opens")) == held);

    let again = state(&["restore", "--config", &config, "--to", &to]);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        said.contains("partition 3: not restored: ") && said.contains("is not empty: name another folder"),
        "{said}"
    );
}

#[test]
fn a_damaged_checkpoint_is_shown_and_passed_over() {
    let folder = TempDir::new().expect("a folder can be made");
    let (config, _) = service(folder.path());
    let manifests = folder.path().join("checkpoints/manifests/3");
    let entries = std::fs::read_dir(&manifests).expect("it lists").map(|entry| entry.expect("an entry").path());
    let newest = entries.max().expect("there are two");
    std::fs::write(&newest, "{}").expect("it can be written");

    let listed = state(&["list", "--config", &config]);
    assert_eq!(listed.status.code(), Some(1), "a flaw is a problem");
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(said.contains("epoch 1 offset 60: cannot be used: it is damaged"), "{said}");

    let to = folder.path().join("elsewhere").display().to_string();
    let restored = state(&["restore", "--config", &config, "--to", &to, "--partition", "3"]);
    assert_eq!(restored.status.code(), Some(0), "{restored:?}");
    let said = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(said.contains("passed over") && said.contains("goes on at offset 30"), "{said}");
}

#[test]
fn what_is_not_there_is_said_and_wrong_use_is_told_apart() {
    let folder = TempDir::new().expect("a folder can be made");
    let config = folder.path().join("tidewatch.yaml").display().to_string();
    std::fs::write(&config, "log: { level: warn }\n").expect("it can be written");
    let none = state(&["restore", "--config", &config]);
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(said.contains("there are no checkpoints: detect.checkpoints.url is none"), "{said}");

    let url = folder.path().join("checkpoints");
    std::fs::write(&config, format!("detect: {{ checkpoints: {{ url: {} }} }}\n", url.display())).expect("written");
    let empty = state(&["restore", "--config", &config, "--partition", "7", "--format", "json"]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(json(&empty)["failed"][0]["error"].as_str().expect("a text").contains("there is no checkpoint of it"));
    assert_eq!(state(&["restore", "--config", &config]).status.code(), Some(1), "nothing was restored");

    let wrong = state(&["restore", "--partition", "-1"]);
    assert_eq!(wrong.status.code(), Some(2));
}
