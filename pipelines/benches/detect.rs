//! How fast detect is: observations into windows, and closed windows judged, in memory and in RocksDB.
//!
//! Every figure stands beside what it costs merely to decode the same bytes, in the same run: the ratio says more than a
//! rate, which is also a statement about the machine. Of several rounds the fastest counts, since anything else that the
//! machine does only ever makes a round slower.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect::{Mark, Marks, Processor, Received, Settings, Target};
use tidewatch_pipelines::state::{MemoryStore, RocksStore, StateStore};
use tidewatch_schemas::{Content, Envelope, Observation, Origin, SeriesKey, Timestamp, Value, wire};

const START: Timestamp = Timestamp(1_793_606_400_000);
const SERIES: u32 = 2_000;
const RESOURCES: u32 = 100;
const WINDOW_MS: i64 = 10_000;
/// Windows before the measured ones: detectors have their first verdicts behind them.
const WARM_UP: i64 = 40;
/// Observations of a record, and records of a micro-batch.
const PER_RECORD: usize = 500;
const PER_BATCH: usize = 16;
const ROUNDS: usize = 3;

/// A workload: how often each series reports, and for how many windows it is measured.
struct Workload {
    name: &'static str,
    per_window: i64,
    windows: i64,
}

const WORKLOADS: [Workload; 2] = [
    Workload { name: "ten observations a window", per_window: 10, windows: 10 },
    Workload { name: "one observation a window", per_window: 1, windows: 60 },
];

/// Records to warm up with, and records to measure with.
struct Log {
    warm_up: Vec<Vec<u8>>,
    measured: Vec<Vec<u8>>,
    observations: usize,
}

fn main() -> anyhow::Result<()> {
    println!("| workload | what | of bare decoding | observations/s | windows judged/s |");
    println!("|---|---|---|---|---|");
    for workload in &WORKLOADS {
        let log = log(workload);
        let bare = fastest(|| Ok(decode(&log.measured)))?;
        let memory = fastest(|| judge(Box::new(MemoryStore::default()), &log))?;
        let rocks = fastest(|| {
            let folder = tempfile::tempdir()?;
            judge(Box::new(RocksStore::open(folder.path())?), &log)
        })?;
        let windows = f64::from(SERIES) * workload.windows as f64;
        for (what, took) in [("decode", bare), ("detect, memory", memory), ("detect, RocksDB", rocks)] {
            let judged = if what == "decode" { String::new() } else { rate(windows, took) };
            let ratio = bare.as_secs_f64() / took.as_secs_f64();
            let observed = rate(log.observations as f64, took);
            println!("| {} | {what} | {ratio:.2} | {observed} | {judged} |", workload.name);
        }
    }
    Ok(())
}

fn rate(count: f64, took: Duration) -> String {
    let thousands = (count / took.as_secs_f64() / 1_000.0).round();
    let (millions, rest) = ((thousands / 1_000.0).floor(), thousands % 1_000.0);
    if millions > 0.0 { format!("{millions},{rest:03},000") } else { format!("{rest},000") }
}

fn fastest(mut round: impl FnMut() -> anyhow::Result<Duration>) -> anyhow::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        best = best.min(round()?);
    }
    Ok(best)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    let begin = std::time::Instant::now();
    let result = work();
    (result, begin.elapsed())
}

fn decode(records: &[Vec<u8>]) -> Duration {
    let all = || records.iter().map(|record| wire::decode(black_box(record)).is_ok()).filter(|done| *done).count();
    timed(|| black_box(all())).1
}

/// Warms a processor up and measures how long it takes for the rest, commits and the outbox included.
fn judge(store: Box<dyn StateStore>, log: &Log) -> anyhow::Result<Duration> {
    let config = Config::load(None::<&Path>, [], &[])?;
    let mut processor = Processor::open(Arc::new(Settings::new(&config.detect)), store)?;
    let mut origin = Origin { topic: "tidewatch.observations".into(), partition: 0, offset: 0, index: 0 };
    let mut feed = |records: &[Vec<u8>]| -> anyhow::Result<()> {
        for batch in records.chunks(PER_BATCH) {
            for value in batch {
                processor.process(&Received { origin: &origin, at: START, value: Some(value) });
                origin.offset += 1;
            }
            black_box(processor.take_notes());
            processor.commit()?;
            if let Some(sequence) = processor.outbox().waiting().back().map(|output| output.sequence) {
                let mut published = Marks::default();
                for target in Target::OUTBOX {
                    published.set(target, Some(Mark { sequence, offset: 0 }));
                }
                processor.acknowledge(&published);
            }
        }
        Ok(())
    };
    feed(&log.warm_up)?;
    let (done, took) = timed(|| feed(&log.measured));
    done?;
    Ok(took)
}

fn log(workload: &Workload) -> Log {
    let mut offset = 0;
    let mut records = |first: i64, windows: i64, every_ms: i64| -> Vec<Vec<u8>> {
        let moments = (0..windows * WINDOW_MS / every_ms).map(|number| START + first * WINDOW_MS + number * every_ms);
        moments.flat_map(moment).map(|observations| encoded(observations, &mut offset)).collect()
    };
    let warm_up = records(0, WARM_UP, WINDOW_MS);
    let measured = records(WARM_UP, workload.windows, WINDOW_MS / workload.per_window);
    let observations = measured.len() * PER_RECORD;
    Log { warm_up, measured, observations }
}

/// All series at one moment, a record after the other.
fn moment(at: Timestamp) -> Vec<Vec<Observation>> {
    let all: Vec<Observation> = (0..SERIES).map(|number| observation(number, at)).collect();
    all.chunks(PER_RECORD).map(<[Observation]>::to_vec).collect()
}

fn observation(number: u32, at: Timestamp) -> Observation {
    let series = SeriesKey {
        pool: "eu-1".into(),
        tenant: format!("tenant-{}", number % RESOURCES).as_str().into(),
        resource: format!("pg-{}", number % RESOURCES).as_str().into(),
        signal: "postgresql.backends".into(),
        attributes: BTreeMap::from([("state".to_owned(), format!("state-{}", number / RESOURCES))]),
    };
    // Ordinary values: a level of its own for each series, and a wobble that repeats too late to be noticed.
    let wobble = (at.0 / 1_000 * 7_919 + i64::from(number) * 104_729) % 101;
    let value = f64::from(10 + number % 50) + (wobble - 50) as f64 / 50.0;
    Observation { series, unit: "1".to_owned(), at, value: Value::Gauge(value) }
}

fn encoded(observations: Vec<Observation>, offset: &mut i64) -> Vec<u8> {
    let origin = Origin { topic: "otlp_metrics".into(), partition: 0, offset: *offset, index: 0 };
    *offset += 1;
    let content = Content::Observations { pool: "eu-1".into(), origin, received: START, observations };
    wire::encode(&Envelope { content })
}
