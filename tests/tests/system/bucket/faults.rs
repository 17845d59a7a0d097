//! Whatever a bucket does, a checkpoint is whole or it does not count, and judging does not wait for it.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::transfer::{Move, hash_of};
use tidewatch_pipelines::checkpoint::{Epoch, Patience, Taken, choice, name};
use tidewatch_pipelines::state::RocksStore;
use tidewatch_tests::bucket::{self, Bucket, remote, remote_with};
use tidewatch_tests::detour::{Asked, Detour, Mishap};
use tidewatch_tests::lives::{Fortune, Lives};
use tidewatch_tests::object_faults::Dice;
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, feed, open};

/// Objects that one answer to a listing names.
const PAGE: u32 = 5;
/// How often a request meets the same mishap: the client of the bucket makes it three times by itself.
const OVER: u32 = 3;

/// Something goes wrong with one of twenty requests, and goes on to: a checkpoint is some twenty of them.
fn misfortune(mut dice: Dice) -> impl FnMut(&Asked) -> Mishap + Send {
    let mut under_way: BTreeMap<(String, String), (Mishap, u32)> = BTreeMap::new();
    move |asked| {
        let key = (asked.method.clone(), asked.path.clone());
        if let Some((mishap, left)) = under_way.get_mut(&key).filter(|(_, left)| *left > 0) {
            *left -= 1;
            return *mishap;
        }
        let mishap = match dice.roll(80) {
            0 => Mishap::Refused,
            1 if asked.method == "GET" => Mishap::AnswerCut,
            1 => Mishap::AnswerLost,
            2 if asked.is_list() => return Mishap::Thinned,
            3..=5 => return Mishap::Late(Duration::from_millis(30)),
            _ => return Mishap::None,
        };
        under_way.insert(key, (mishap, OVER - 1));
        mishap
    }
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn no_misfortune_makes_half_a_checkpoint_count() {
    let bucket = Bucket::start(PAGE);
    let started = Instant::now();
    let mut all = Fortune::default();
    for seed in 0..3 {
        let prefix = format!("seed-{seed}");
        let detour = Detour::to(bucket.address(), misfortune(Dice(seed)));
        let healthy = || remote(bucket.address(), &prefix, 1);
        let faulty = |_| remote(detour.address(), &prefix, 1);
        let Fortune { tried, failed } = Lives { healthy: &healthy, faulty: &faulty }.live(&prefix);
        (all.tried, all.failed) = (all.tried + tried, all.failed + failed);
    }
    println!("{} checkpoints, {} of them failed, in {:?}", all.tried, all.failed, started.elapsed());
    assert!(all.failed > 5 && all.failed < all.tried, "{all:?}: the faults are too few or too many");
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn judging_goes_on_while_the_bucket_does_not_answer() {
    let bucket = Bucket::start(PAGE);
    let (say_waiting, waiting) = channel();
    let (open_gate, gate) = channel();
    let mut is_first = true;
    let detour = Detour::to(bucket.address(), move |asked| {
        if asked.method == "PUT" && asked.path.contains("manifests") && std::mem::take(&mut is_first) {
            say_waiting.send(()).expect("the test listens");
            gate.recv().expect("the test opens the gate");
        }
        Mishap::None
    });
    let disk = TempDir::new().expect("a folder can be made");
    let checkpoints = checkpointer(remote(detour.address(), "slow", 1), disk.path(), "first");
    let mut processor = open(RocksStore::open(&disk.path().join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    feed(&mut processor, 50);
    let taken = checkpoints.take(PARTITION, processor.store(), START).expect("a copy can be made");
    assert!(matches!(taken, Taken::Queued(_)));
    waiting.recv().expect("the upload comes to its manifest");
    feed(&mut processor, 200);
    let taken = checkpoints.take(PARTITION, processor.store(), START).expect("it says so");
    assert_eq!(taken, Taken::Busy, "one at a time");
    assert!(choice::names(&remote(bucket.address(), "slow", 1), PARTITION).expect("it lists").is_empty());
    open_gate.send(()).expect("the upload waits");
    assert!(checkpoints.settle(Duration::from_mins(1)));
    assert_eq!(checkpoints.uploaded(PARTITION).map(|(_, offset)| offset), Some(50));
    assert_eq!(checkpoint(&checkpoints, &processor), Some(200), "the next one has all of it");
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn a_bucket_that_does_not_answer_is_given_up_and_comes_back() {
    let bucket = Bucket::start(PAGE);
    let mut silent = 3;
    let detour = Detour::to(bucket.address(), move |_| {
        silent -= 1;
        if silent >= 0 { Mishap::Late(Duration::from_secs(20)) } else { Mishap::None }
    });
    let location: tidewatch_pipelines::checkpoint::Location =
        format!("s3://{}/silent", bucket::NAME).parse().expect("a URL");
    let mut options = bucket::options(detour.address());
    options.extend(bucket::CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned())));
    options.insert("timeout".to_owned(), "1s".to_owned());
    let patience = Patience { longest: Duration::from_millis(500), rest: Duration::ZERO, ..Patience::USUAL };
    let remote = location.reach(&options, patience).expect("it is configured well");
    let started = Instant::now();
    let error = choice::latest(&remote, None, PARTITION, &[]).expect_err("nobody answers");
    assert!(error.passes(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(12), "given up after {:?}", started.elapsed());
    assert_eq!(choice::latest(&remote, None, PARTITION, &[]).expect("it answers"), None);
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn a_file_may_take_longer_than_a_request_may() {
    let bucket = Bucket::start(PAGE);
    let folder = TempDir::new().expect("a folder can be made");
    let file = folder.path().join("table");
    let content: Vec<u8> = (0..=250_u8).cycle().take(20 << 20).collect();
    std::fs::write(&file, &content).expect("it can be written");
    let hash = hash_of(&file).expect("it can be read");
    let one = Move { object: name::file(3, name::Kind::Table, &hash), file, bytes: content.len() as u64, hash };
    remote(bucket.address(), "large", 1).upload(std::slice::from_ref(&one)).expect("it takes it");
    // 320 pieces of the network, of which a request for 8 MiB has 128.
    let detour = Detour::to(bucket.address(), |_| Mishap::Trickle(Duration::from_millis(9)));
    let slow = remote_with(detour.address(), "large", 1, &[("timeout", "2s")]);
    let back = Move { file: one.file.with_extension("back"), ..one };
    let started = Instant::now();
    slow.download(std::slice::from_ref(&back)).expect("it gives it");
    assert!(started.elapsed() > Duration::from_secs(2), "{:?}: that was no test", started.elapsed());
    assert!(std::fs::read(&back.file).expect("it is there") == content);
}
