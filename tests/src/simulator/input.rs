//! A log of observations in which much happens in few records: pools that fall silent and come back, series that are too
//! many, values that are too late, and bytes that are none. And what comes of it when nothing goes wrong.

use std::sync::Arc;

use tidewatch_pipelines::config::{Config, Text};
use tidewatch_pipelines::detect::Marks;
use tidewatch_pipelines::detect::{Gap, Mark, NumberedNote, Outgoing, Processor, Received, Settings, Target};
use tidewatch_schemas::{Content, Envelope, Observation, Origin, PoolId, SeriesKey, Tick, Timestamp, Value, wire};

use super::disk::{Content as DiskContent, Disk};
use super::fuse::Fuse;
use super::random::Random;

const START: i64 = 1_793_606_400_000;
/// Records of a log, at least and at most.
const RECORDS: std::ops::Range<usize> = 20..44;
/// Longer than a pool may say nothing.
const LEAP_MS: i64 = 310_000;
const TOPIC: &str = "tidewatch.observations";

/// A record of the log.
#[derive(Clone, Debug)]
pub struct LogRecord {
    origin: Origin,
    at: Timestamp,
    value: Vec<u8>,
}

/// What comes of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Outputs by their numbers.
    pub outputs: Vec<Outgoing>,
    /// Notes by their numbers.
    pub notes: Vec<NumberedNote>,
    /// What the store holds in the end.
    pub content: DiskContent,
}

/// What everything is judged with: two series a pool, incidents that end soon, and a price.
pub fn settings() -> Arc<Settings> {
    let yaml = "detect: { windows: all, series_limit: 2, resolve_after: 5s, lateness: 1s }
cost: { period: 1m, prices: [{ resource: pg-1, price: 1, per: hour, by: postgresql.backends }] }";
    let config = Config::from_text(Some(Text { name: "simulator", yaml }), [], &[]).expect("it is right");
    let mut settings = Settings::new(&config.detect);
    // Processes end here and there whatever they read, which must not be taken for the fault of a record.
    settings.set_aside_after = u8::MAX;
    settings.grouping.single = true;
    Arc::new(settings)
}

/// The log of a seed.
pub fn log(random: &mut Random) -> Vec<LogRecord> {
    let count = RECORDS.start + random.below(RECORDS.len());
    let mut now = START;
    let record = |offset: usize| {
        let offset = i64::try_from(offset).expect("few");
        now += 1_000 + i64::try_from(random.below(9_000)).expect("small");
        let value = match random.below(10) {
            0 => b"no envelope".to_vec(),
            1..=3 => {
                now += if random.chance(0.5) { LEAP_MS } else { 0 };
                encode(Content::Tick(Tick { at: Timestamp(now), instance: "simulated".into() }))
            }
            _ => observations(random, now, offset),
        };
        let origin = Origin { topic: TOPIC.into(), partition: 0, offset, index: 0 };
        LogRecord { origin, at: Timestamp(now), value }
    };
    (0..count).map(record).collect()
}

fn encode(content: Content) -> Vec<u8> {
    wire::encode(&Envelope { content })
}

fn observations(random: &mut Random, now: i64, offset: i64) -> Vec<u8> {
    let pool: PoolId = ["east", "west"][random.below(2)].into();
    let late = if random.chance(0.15) { 60_000 } else { 0 };
    let observation = |number: usize| Observation {
        series: SeriesKey {
            pool: pool.clone(),
            tenant: ["acme", "beta"][number % 2].into(),
            resource: "pg-1".into(),
            signal: ["postgresql.backends", "synthetic.check.duration", "db.transaction.latency"][number % 3].into(),
            attributes: std::collections::BTreeMap::new(),
        },
        unit: "1".to_owned(),
        at: Timestamp(now - late),
        value: Value::Gauge(1.0 + f64::from(u32::try_from(number).expect("small"))),
    };
    let observations = (0..=random.below(2)).map(|_| observation(random.below(6))).collect();
    // Ingest may have written the same record again.
    let offset = if random.chance(0.1) { offset - 1 } else { offset };
    let origin = Origin { topic: "lines".into(), partition: 0, offset, index: 0 };
    encode(Content::Observations { pool, origin, received: Timestamp(now), observations })
}

impl LogRecord {
    /// The record as it is read.
    pub fn received(&self) -> Received<'_> {
        Received { origin: &self.origin, at: self.at, value: Some(&self.value) }
    }
}

/// What comes of a log that is judged record by record by one process that never ends, without the records of `gaps`.
///
/// # Panics
/// When a store in memory fails.
pub fn judge(settings: &Arc<Settings>, log: &[LogRecord], gaps: &[Gap]) -> Judged {
    let disk = Disk::default();
    let store = Box::new(disk.open(&Fuse::default(), false));
    let mut processor = Processor::open(Arc::clone(settings), store).expect("an empty disk opens");
    let (mut outputs, mut notes) = (Vec::new(), Vec::new());
    let mut gaps = gaps.iter().peekable();
    for (offset, record) in (0..).zip(log) {
        if let Some(gap) = gaps.next_if(|gap| gap.from <= offset) {
            processor.lose(gap, 0);
        }
        processor.process(&record.received());
        notes.extend(processor.take_notes());
        processor.commit().expect("memory takes a batch");
        outputs.extend(processor.outbox().waiting().iter().cloned());
        if let Some(last) = outputs.last() {
            let mut marks = Marks::default();
            let everything = Some(Mark { sequence: last.sequence, offset: 0 });
            for target in Target::OUTBOX {
                marks.set(target, everything);
            }
            processor.acknowledge(&marks);
        }
    }
    Judged { outputs, notes, content: disk.content() }
}
