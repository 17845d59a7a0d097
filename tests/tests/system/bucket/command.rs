//! `tidewatch state list` and `restore` on a bucket that is configured as in the documentation.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::Epoch;
use tidewatch_pipelines::state::RocksStore;
use tidewatch_tests::bucket::{Bucket, NAME, remote};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, content, feed, open};
use tidewatch_tests::program;

fn configuration(folder: &Path, address: &str) -> String {
    let (config, secret) = (folder.join("tidewatch.yaml"), folder.join("secret"));
    std::fs::write(&secret, "secret\n").expect("it can be written");
    let yaml = format!(
        "detect:\n  state: {}\n  checkpoints:\n    url: s3://{NAME}/service\n    options:\n      \
         aws_endpoint: http://{address}\n      aws_allow_http: true\n      aws_region: eu-central-1\n      \
         aws_access_key_id: {{ env: S3_KEY_ID }}\n      aws_secret_access_key: {{ file: {} }}\n",
        folder.join("state").display(),
        secret.display()
    );
    std::fs::write(&config, yaml).expect("it can be written");
    config.display().to_string()
}

fn state(arguments: &[&str]) -> Output {
    let mut command = Command::new(program::path());
    command.arg("state").args(arguments).args(["--format", "json"]).env("S3_KEY_ID", "key");
    command.output().expect("the program runs")
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn checkpoints_are_listed_and_restored() {
    let bucket = Bucket::start(5);
    let folder = TempDir::new().expect("a folder can be made");
    let config = configuration(folder.path(), bucket.address());
    let empty = state(&["list", "--config", &config]);
    assert_eq!(json(&empty)["partitions"].as_array().map(Vec::len), Some(0), "{empty:?}");

    let local = folder.path().join("first");
    let checkpoints = checkpointer(remote(bucket.address(), "service", 1), &local, "first");
    let mut processor = open(RocksStore::open(&local.join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    for end in [30, 60] {
        feed(&mut processor, end);
        assert!(checkpoint(&checkpoints, &processor).is_some());
    }
    let listed = state(&["list", "--config", &config]);
    let found = json(&listed)["partitions"][0]["checkpoints"].clone();
    assert_eq!((&found[0]["offset"], &found[1]["offset"]), (&60.into(), &30.into()), "{listed:?}");
    let to = folder.path().join("elsewhere");
    let restored = state(&["restore", "--config", &config, "--to", &to.display().to_string()]);
    assert_eq!((restored.status.code(), &json(&restored)["restored"][0]["offset"]), (Some(0), &60.into()));
    assert!(content(&RocksStore::open(&to.join("3")).expect("it opens")) == content(processor.store()));
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn a_bucket_that_is_away_is_said_and_the_secret_is_not() {
    let folder = TempDir::new().expect("a folder can be made");
    let address = Bucket::start(5).address().to_owned();
    let config = configuration(folder.path(), &address);
    let listed = state(&["list", "--config", &config]);
    assert_ne!(listed.status.code(), Some(0), "{listed:?}");
    let said = String::from_utf8_lossy(&[listed.stdout, listed.stderr].concat()).into_owned();
    assert!(said.contains(&format!("s3://{NAME}/service")), "{said}");
    assert!(!said.replace("tidewatch.yaml", "").contains("=secret") && !said.contains("secret\n"), "{said}");
}
