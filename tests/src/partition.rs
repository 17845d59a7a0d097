//! A partition of observations that is made up, and its life: records are judged, committed, and some outputs are
//! acknowledged.

use std::path::Path;
use std::sync::Arc;

use tidewatch_pipelines::checkpoint::checkpointer::Habits;
use tidewatch_pipelines::checkpoint::schedule::Schedule;
use tidewatch_pipelines::checkpoint::{Checkpointer, Patience, Remote};
use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect::{Mark, Marks, Outgoing, Processor, Received, Settings, Target};
use tidewatch_pipelines::state::{Family, Pair, StateStore};
use tidewatch_schemas::{Content, Envelope, Observation, Origin, SeriesKey, Timestamp, Value, wire};

/// When the first record arrives.
pub const START: Timestamp = Timestamp(1_793_606_400_000);
/// The partition.
pub const PARTITION: i32 = 3;
/// The log it is of.
pub const SOURCE: &str = "cluster-1/tidewatch.observations";

const WINDOW_MS: i64 = 10_000;
const TENANTS: i64 = 3;
/// A record that is none, now and then, so that there are outputs from the beginning.
const EVERY_BAD: i64 = 17;
/// Windows in which values are ordinary.
const CALM: i64 = 45;

/// The record at `offset`.
pub fn record(offset: i64) -> Vec<u8> {
    if offset % EVERY_BAD == EVERY_BAD - 1 {
        return format!("no envelope {offset}").into_bytes();
    }
    let (number, tenant) = (offset / TENANTS, offset % TENANTS);
    let origin = Origin { topic: "otlp_metrics".into(), partition: 0, offset, index: 0 };
    let observations = ["postgresql.backends", "synthetic.check.duration", "http.server.request.duration"];
    let observations = observations.map(|signal| observation(tenant, signal, number)).to_vec();
    let content = Content::Observations { pool: "eu-1".into(), origin, received: at(number), observations };
    wire::encode(&Envelope { content })
}

fn at(number: i64) -> Timestamp {
    START + number * WINDOW_MS
}

fn observation(tenant: i64, signal: &str, number: i64) -> Observation {
    let wobble = 1.0 + (number * 7 % 11 - 5) as f64 / 100.0;
    let is_troubled = tenant == 1 && number >= CALM && number % 40 < 12;
    let value = 10.0 * wobble * if is_troubled { 9.0 } else { 1.0 };
    let series = SeriesKey {
        pool: "eu-1".into(),
        tenant: format!("tenant-{tenant}").as_str().into(),
        resource: "pg-1".into(),
        signal: signal.into(),
        attributes: std::collections::BTreeMap::new(),
    };
    Observation { series, unit: "1".to_owned(), at: at(number), value: Value::Gauge(value) }
}

/// What partitions are judged with.
pub fn settings() -> Arc<Settings> {
    let events = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    let config = Config::from_text(None, [events], &[]).expect("it is right");
    Arc::new(Settings::new(&config.detect))
}

/// Opens the partition where `store` left it.
pub fn open(store: impl StateStore + 'static) -> Processor {
    Processor::open(settings(), Box::new(store)).unwrap_or_else(|error| panic!("{error}"))
}

/// Judges the records from where the partition stands up to `end`, with a commit after every fifth, and returns the
/// outputs that were committed. Of these, those up to the latest number that divides by four are acknowledged.
pub fn feed(processor: &mut Processor, end: i64) -> Vec<Outgoing> {
    let mut outputs = Vec::new();
    let mut origin = Origin { topic: "tidewatch.observations".into(), partition: PARTITION, offset: 0, index: 0 };
    for offset in processor.next_offset().unwrap_or(0)..end {
        origin.offset = offset;
        processor.process(&Received { origin: &origin, at: at(offset / TENANTS), value: Some(&record(offset)) });
        if offset % 5 == 4 || offset + 1 == end {
            processor.take_notes();
            let before = last_output(processor);
            processor.commit().unwrap_or_else(|error| panic!("{error}"));
            let waiting = processor.outbox().waiting().iter();
            outputs.extend(waiting.filter(|output| output.sequence > before).cloned());
            let acknowledged = last_output(processor) / 4 * 4;
            let mut marks = Marks::default();
            for target in [Target::Incidents, Target::Rejects] {
                let mark = Mark { sequence: acknowledged, offset: 0 };
                marks.set(target, Some(mark).filter(|mark| mark.sequence > 0));
            }
            processor.acknowledge(&marks);
        }
    }
    outputs
}

/// Number of the last output that was committed.
fn last_output(processor: &Processor) -> u64 {
    let waiting = processor.outbox().waiting().back().map_or(0, |output| output.sequence);
    waiting.max(processor.outbox().published().highest())
}

/// All that a store holds, family by family, but for the notes on who is working on it.
pub fn content(store: &dyn StateStore) -> Vec<Vec<Pair>> {
    let scan = |family| store.scan(family).unwrap_or_else(|error| panic!("{error}"));
    Family::ALL.into_iter().filter(|family| *family != Family::Attempts).map(scan).collect()
}

/// What a partition has learned and decided, which does not depend on where commits were.
pub fn remembered(store: &dyn StateStore) -> Vec<Vec<Pair>> {
    let scan = |family| store.scan(family).unwrap_or_else(|error| panic!("{error}"));
    [Family::Pools, Family::Classes, Family::Series, Family::Tenants, Family::Sharing, Family::Meters, Family::Archive]
        .into_iter()
        .map(scan)
        .collect()
}

/// Checkpoints of an instance in `remote`, with copies in `folder`, due every minute.
pub fn checkpointer(remote: Remote, folder: &Path, instance: &str) -> Checkpointer {
    let habits = Habits {
        source: SOURCE.to_owned(),
        instance: instance.to_owned(),
        folder: folder.to_owned(),
        schedule: Schedule::new(std::time::Duration::from_mins(1), 1 << 28),
        keep: 3,
        fail_points: Arc::default(),
    };
    Checkpointer::new(remote, habits).unwrap_or_else(|error| panic!("{error}"))
}

/// An object store without pauses between its four tries.
pub fn remote(store: Arc<dyn object_store::ObjectStore>) -> Remote {
    remote_with(store, 4)
}

/// An object store without pauses between its tries.
pub fn remote_with(store: Arc<dyn object_store::ObjectStore>, tries: u32) -> Remote {
    let none = std::time::Duration::ZERO;
    let patience = Patience { tries, pause: none, rest: none, ..Patience::USUAL };
    Remote::new(store, "memory".to_owned(), patience).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes a checkpoint of what is committed and waits until it is uploaded, or has failed; returns its offset where it is
/// there.
pub fn checkpoint(checkpointer: &Checkpointer, processor: &Processor) -> Option<u64> {
    let taken = checkpointer.take(PARTITION, processor.store(), START);
    taken.unwrap_or_else(|error| panic!("{error}"));
    assert!(checkpointer.settle(std::time::Duration::from_mins(1)), "the checkpoint takes too long");
    let next = processor.next_offset().and_then(|next| u64::try_from(next).ok());
    checkpointer.uploaded(PARTITION).map(|(_, offset)| offset).filter(|offset| Some(*offset) == next)
}
