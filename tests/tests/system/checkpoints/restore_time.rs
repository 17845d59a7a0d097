//! How long it takes to take a checkpoint of many series, to go on from it on another machine, and to move them to another
//! number of partitions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::Epoch;
use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect::reshard::reshard;
use tidewatch_pipelines::detect::{Processor, Received, Settings};
use tidewatch_pipelines::state::{Batch, Family, MemoryStore, RocksStore, StateStore};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::{Content, Envelope, Observation, Origin, SeriesKey, Timestamp, Value, wire};
use tidewatch_tests::object_faults::Dice;
use tidewatch_tests::partition::{PARTITION, START, checkpointer, remote};

/// Series that really learn, each in its own way; the others are copies of their memories under other names.
const LEARNERS: u32 = 200;
/// Six weeks of windows of ten minutes: baselines hold days, weeks and a month end.
const WINDOWS: i64 = 6 * 7 * 144;
const WINDOW_MS: i64 = 600_000;
/// Values of a batch.
const PER_BATCH: u32 = 10_000;

fn key(number: u32) -> SeriesKey {
    SeriesKey {
        pool: "eu-1".into(),
        tenant: format!("tenant-{}", number % 100).as_str().into(),
        resource: format!("pg-{}", number % 100).as_str().into(),
        signal: "postgresql.backends".into(),
        attributes: BTreeMap::from([("state".to_owned(), format!("state-{}", number / 100))]),
    }
}

fn record(number: i64) -> Vec<u8> {
    let at = START + number * WINDOW_MS;
    let observations = (0..LEARNERS).map(|series| observation(series, number, at)).collect();
    let origin = Origin { topic: "otlp_metrics".into(), partition: 0, offset: number, index: 0 };
    wire::encode(&Envelope {
        content: Content::Observations { pool: "eu-1".into(), origin, received: at, observations },
    })
}

fn observation(series: u32, number: i64, at: Timestamp) -> Observation {
    let hour = number / 6 % 24;
    let office = if (8..18).contains(&hour) { f64::from(series % 17) } else { 0.0 };
    let noise = Dice(u64::from(series) << 32 | number.unsigned_abs()).roll(1_000_000) as f64 / 250_000.0;
    Observation { series: key(series), unit: "1".to_owned(), at, value: Value::Gauge(10.0 + office + noise) }
}

/// Lets the learners learn in memory, and returns what a store holds of them.
fn learned() -> MemoryStore {
    let store = MemoryStore::default();
    let mut processor = Processor::open(wide(), Box::new(store.clone())).expect("it opens");
    let mut origin = Origin { topic: "tidewatch.observations".into(), partition: PARTITION, offset: 0, index: 0 };
    for number in 0..WINDOWS {
        origin.offset = number;
        processor.process(&Received { origin: &origin, at: START, value: Some(&record(number)) });
        processor.take_notes();
    }
    processor.commit().unwrap_or_else(|error| panic!("{error}"));
    store
}

/// Fills a store with what was learned, and with copies of the series under other names up to `series`.
fn fill(store: &mut RocksStore, learned: &MemoryStore, series: u32) {
    let mut batch = Batch::default();
    for family in Family::ALL.into_iter().filter(|family| *family != Family::Series) {
        for (key, value) in learned.scan(family).expect("memory reads") {
            batch.put(family, key, value);
        }
    }
    store.write(&batch).expect("the store takes a batch");
    // A stored series is a version, its key, and the rest.
    let memories: Vec<(u8, Vec<u8>)> = (0..LEARNERS).map(|number| memory_of(learned, &key(number))).collect();
    for first in (0..series).step_by(PER_BATCH as usize) {
        let mut batch = Batch::default();
        for number in first..(first + PER_BATCH).min(series) {
            let (version, rest) = &memories[(number % LEARNERS) as usize];
            let own = key(number);
            let value = postcard::to_extend(&own, vec![*version]).expect("a key has bytes");
            batch.put(Family::Series, own.id().0.to_be_bytes().to_vec(), [value, rest.clone()].concat());
        }
        store.write(&batch).expect("the store takes a batch");
    }
}

fn memory_of(learned: &MemoryStore, key: &SeriesKey) -> (u8, Vec<u8>) {
    let value = learned.get(Family::Series, &key.id().0.to_be_bytes()).expect("memory reads").expect("it has learned");
    let before = 1 + postcard::to_stdvec(key).expect("a key has bytes").len();
    (value[0], value[before..].to_vec())
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("it lists").map(|entry| entry.expect("an entry"));
    entries.map(|entry| entry.metadata().map_or(0, |data| data.len())).sum()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let result = work();
    (result, begin.elapsed())
}

fn measure(series: u32, learned: &MemoryStore) {
    let folder = TempDir::new().expect("a folder can be made");
    let (local, url) = (folder.path().join("state"), folder.path().join("checkpoints"));
    std::fs::create_dir_all(&url).expect("a folder can be made");
    let mut store = RocksStore::open(&local.join("3")).expect("it opens");
    fill(&mut store, learned, series);
    let remote = remote(Arc::new(LocalFileSystem::new_with_prefix(&url).expect("a folder")));
    let checkpoints = checkpointer(remote, &local, "first");
    checkpoints.begin(PARTITION, (Epoch(1), true), START).expect("it begins");
    let (_, copy) = timed(|| checkpoints.take(PARTITION, &store, START).expect("it copies"));
    let ((), upload) = timed(|| assert!(checkpoints.settle(Duration::from_mins(10))));
    let written = store.written();
    drop(store);
    let (_, reopen) = timed(|| opened(&local.join("3")));
    let target = folder.path().join("elsewhere");
    let (_, restore) = timed(|| checkpoints.restore(PARTITION, &target).expect("it restores").expect("there is one"));
    let (restored, ready) = timed(|| opened(&target));
    assert!(restored.series().count() >= series as usize);
    let disk = bytes_of(&target);
    let seconds = |took: Duration| format!("{:.1} s", took.as_secs_f64());
    println!(
        "| {series} | {} MB | {} MB | {} | {} | {} | {} | {} | {} |",
        written / 1_000_000,
        disk / 1_000_000,
        seconds(copy),
        seconds(upload),
        seconds(restore),
        seconds(ready),
        seconds(restore + ready),
        seconds(reopen),
    );
}

fn opened(folder: &Path) -> Processor {
    Processor::open(wide(), Box::new(RocksStore::open(folder).expect("it opens"))).expect("it opens")
}

/// Settings with room for all of them.
fn wide() -> Arc<Settings> {
    let options = [
        ("TIDEWATCH__DETECT__CLOCK", "events"),
        ("TIDEWATCH__DETECT__WINDOW", "10m"),
        ("TIDEWATCH__DETECT__SERIES_LIMIT", "2000000"),
    ];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Arc::new(Settings::new(&Config::from_text(None, options, &[]).expect("it is right").detect))
}

#[test]
#[ignore = "takes minutes and gigabytes: cargo test --workspace --test system checkpoints::restore_time -- --ignored --nocapture"]
fn restore_time_of_many_series() {
    println!(
        "| series | state | on disk | copy | upload | restore | open | ready on another machine | ready on the same |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let learned = learned();
    for series in [100_000, 1_000_000] {
        measure(series, &learned);
    }
}

/// Moves them from 4 partitions to 8, all in one pool, and has the moved state written as tables.
fn measure_move(series: u32, learned: &MemoryStore) {
    let folder = TempDir::new().expect("a folder can be made");
    let own = partition_of(b"eu-1", 4);
    let from: Vec<Box<dyn StateStore>> = (0..4)
        .map(|number| -> Box<dyn StateStore> {
            let mut store = RocksStore::open(&folder.path().join(format!("from-{number}"))).expect("it opens");
            if number == own {
                fill(&mut store, learned, series);
                publish_all(&mut store);
            }
            Box::new(store)
        })
        .collect();
    let to = |number: i32| folder.path().join(format!("to-{number}"));
    let (moved, took) = timed(|| {
        let store = |number| -> Box<dyn StateStore> { Box::new(RocksStore::open(&to(number)).expect("it opens")) };
        let mut stores: Vec<_> = (0..8).map(store).collect();
        let moved = reshard(&from, &mut stores).unwrap_or_else(|error| panic!("{error}"));
        for (number, store) in stores.iter().enumerate() {
            store.copy_to(&folder.path().join(number.to_string())).expect("it can be written");
        }
        moved
    });
    let got: usize = moved.got.iter().map(|got| got.series).sum();
    assert_eq!(got, series as usize);
    println!("| {series} | {:.1} s |", took.as_secs_f64());
}

/// Nothing waits to be published any more.
fn publish_all(store: &mut RocksStore) {
    let mut batch = Batch::default();
    for (key, _) in store.scan(Family::Outbox).expect("it reads") {
        batch.delete(Family::Outbox, key);
    }
    store.write(&batch).expect("the store takes a batch");
}

#[test]
#[ignore = "takes minutes and gigabytes: cargo test --workspace --test system checkpoints::reshard_time -- --ignored --nocapture"]
fn reshard_time_of_many_series() {
    println!("| series | moved in |\n|---|---|");
    let learned = learned();
    for series in [100_000, 1_000_000] {
        measure_move(series, &learned);
    }
}
