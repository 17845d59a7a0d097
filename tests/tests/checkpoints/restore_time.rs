//! How long it takes to take a checkpoint of many series and to go on from it on another machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::Epoch;
use tidewatch_pipelines::detect::{Processor, Received};
use tidewatch_pipelines::state::RocksStore;
use tidewatch_schemas::{Content, Envelope, Observation, Origin, SeriesKey, Timestamp, Value, wire};
use tidewatch_tests::partition::{PARTITION, START, checkpointer, remote, settings};

/// Observations of a record.
const PER_RECORD: u32 = 500;
/// Windows that each series has seen: enough for its baseline to hold all that it keeps of recent windows.
const WINDOWS: i64 = 40;
const TENANTS: u32 = 100;

fn record(first: u32, number: i64) -> Vec<u8> {
    let at = START + number * 10_000;
    let observations = (first..first + PER_RECORD).map(|series| observation(series, at)).collect();
    let origin =
        Origin { topic: "otlp_metrics".into(), partition: 0, offset: number * 10_000 + i64::from(first), index: 0 };
    wire::encode(&Envelope {
        content: Content::Observations { pool: "eu-1".into(), origin, received: at, observations },
    })
}

fn observation(number: u32, at: Timestamp) -> Observation {
    let series = SeriesKey {
        pool: "eu-1".into(),
        tenant: format!("tenant-{}", number % TENANTS).as_str().into(),
        resource: format!("pg-{}", number % TENANTS).as_str().into(),
        signal: "postgresql.backends".into(),
        attributes: BTreeMap::from([("state".to_owned(), format!("state-{}", number / TENANTS))]),
    };
    let wobble = (at.0 / 1_000 * 7_919 + i64::from(number) * 104_729) % 101;
    let value = f64::from(10 + number % 50) + (wobble - 50) as f64 / 50.0;
    Observation { series, unit: "1".to_owned(), at, value: Value::Gauge(value) }
}

fn learn(processor: &mut Processor, series: u32) {
    let mut origin = Origin { topic: "tidewatch.observations".into(), partition: PARTITION, offset: 0, index: 0 };
    for number in 0..WINDOWS {
        for first in (0..series).step_by(PER_RECORD as usize) {
            let value = record(first, number);
            processor.process(&Received { origin: &origin, at: START, value: Some(&value) });
            origin.offset += 1;
            // Committed once at the end: how it came to be does not matter here, and every commit would write all of it.
            processor.take_findings();
        }
    }
    processor.commit().unwrap_or_else(|error| panic!("{error}"));
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

fn measure(series: u32) {
    let folder = TempDir::new().expect("a folder can be made");
    let (local, url) = (folder.path().join("state"), folder.path().join("checkpoints"));
    std::fs::create_dir_all(&url).expect("a folder can be made");
    let mut processor = opened(&local.join("3"));
    learn(&mut processor, series);
    let remote = remote(Arc::new(LocalFileSystem::new_with_prefix(&url).expect("a folder")));
    let checkpoints = checkpointer(remote, &local, "first");
    checkpoints.begin(PARTITION, (Epoch(1), true), START).expect("it begins");
    let (_, copy) = timed(|| checkpoints.take(PARTITION, processor.store(), START).expect("it copies"));
    let (_, upload) = timed(|| assert!(checkpoints.settle(Duration::from_secs(600))));
    let written = processor.store().written();
    drop(processor);
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
fn wide() -> Arc<tidewatch_pipelines::detect::Settings> {
    let mut wide = (*settings()).clone();
    wide.series_limit = 2_000_000;
    Arc::new(wide)
}

#[test]
#[ignore = "takes minutes and gigabytes: cargo test --workspace --test checkpoints restore_time -- --ignored --nocapture"]
fn restore_time_of_many_series() {
    println!(
        "| series | state | on disk | copy | upload | restore | open | ready on another machine | ready on the same |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for series in [100_000, 1_000_000] {
        measure(series);
    }
}
