//! Input that breaks the judge: a panic costs the series that it concerns, and what ends the process is set aside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect::{Processor, Received, Settings, Target};
use tidewatch_pipelines::state::{Batch, Change, Family, MemoryStore, Pair, StateStore, StoreError};
use tidewatch_schemas::{
    Content, Envelope, Observation, Origin, Reject, RejectReason, SeriesKey, TenantId, Timestamp, Value, wire,
};

const START: Timestamp = Timestamp(1_793_606_400_000);
const WINDOW_MS: i64 = 10_000;
const TENANTS: [&str; 3] = ["acme", "beta", "gamma"];
/// The value over which judging panics, and when one tenant sends it.
const POISON: f64 = 666.0;
const POISONED_AT: i64 = 50;
const WINDOWS: i64 = 180;

fn settings() -> Arc<Settings> {
    let events = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    let config = Config::from_text(None, [events], &[]).expect("it is right");
    let mut settings = Settings::new(&config.detect);
    settings.tripwire = Some(POISON);
    Arc::new(settings)
}

fn record(offset: i64, poisoned_at: Option<i64>) -> Vec<u8> {
    let observation = |tenant: &&str| {
        let is_poison = *tenant == "beta" && poisoned_at == Some(offset);
        let series = SeriesKey {
            pool: "eu-1".into(),
            tenant: TenantId::from(*tenant),
            resource: "pg-1".into(),
            signal: "postgresql.backends".into(),
            attributes: BTreeMap::new(),
        };
        let value = Value::Gauge(if is_poison { POISON } else { 10.0 + (offset % 7) as f64 });
        Observation { series, unit: "1".to_owned(), at: START + offset * WINDOW_MS, value }
    };
    let observations = TENANTS.iter().map(observation).collect();
    let origin = Origin { topic: "otlp_metrics".into(), partition: 0, offset, index: 0 };
    let received = START + offset * WINDOW_MS;
    wire::encode(&Envelope { content: Content::Observations { pool: "eu-1".into(), origin, received, observations } })
}

fn process(processor: &mut Processor, offset: i64, value: &[u8]) {
    let origin = Origin { topic: "tidewatch.observations".into(), partition: 0, offset, index: 0 };
    processor.process(&Received { origin: &origin, at: START + offset * WINDOW_MS, value: Some(value) });
}

fn open(store: &MemoryStore) -> Processor {
    Processor::open(settings(), Box::new(store.clone())).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything that was refused, by its number.
fn rejects(processor: &Processor) -> BTreeMap<u64, Reject> {
    let refused = processor.outbox().waiting().iter().filter(|output| output.target == Target::Rejects);
    refused.map(|output| (output.sequence, serde_json::from_slice(&output.value).expect("a reject"))).collect()
}

/// Plays all windows; the process is killed after every so many records that it has committed.
fn play(kill_every: Option<i64>) -> (MemoryStore, BTreeMap<u64, Reject>) {
    let store = MemoryStore::default();
    let mut processor = open(&store);
    for offset in 0..WINDOWS {
        process(&mut processor, offset, &record(offset, Some(POISONED_AT)));
        processor.take_notes();
        processor.commit().expect("memory takes a batch");
        if kill_every.is_some_and(|every| offset % every == 0) {
            std::mem::forget(processor);
            processor = open(&store);
        }
    }
    let refused = rejects(&processor);
    std::mem::forget(processor);
    (store, refused)
}

#[test]
fn a_panic_costs_a_series_its_memory_and_its_tenant_ten_minutes_and_nobody_else_anything() {
    let (store, refused) = play(None);
    let reasons: BTreeSet<RejectReason> = refused.values().map(|reject| reject.reason).collect();
    assert_eq!(reasons, BTreeSet::from([RejectReason::Panicked, RejectReason::Isolated]), "{refused:?}");
    let of = |reason| refused.values().filter(move |reject| reject.reason == reason);
    let panicked: Vec<&Reject> = of(RejectReason::Panicked).collect();
    assert_eq!(panicked.len(), 1);
    assert!(panicked[0].detail.contains("postgresql.backends of beta on pg-1 panicked: a test put a tripwire at 666"));
    assert_eq!(panicked[0].origin.offset, POISONED_AT);
    assert!(of(RejectReason::Isolated).all(|reject| reject.detail.starts_with("beta is not judged until")));
    let isolated: u64 = of(RejectReason::Isolated).map(|reject| reject.count).sum();
    assert_eq!(isolated, 59, "the windows of the ten minutes from the one before the poison");

    let processor = open(&store);
    let tenants: BTreeSet<&str> = processor.series().map(|(key, _)| key.tenant.as_str()).collect();
    assert_eq!(tenants, TENANTS.into());
}

#[test]
fn where_the_process_is_killed_changes_nothing() {
    let (_, undisturbed) = play(None);
    for every in [1, 7, 50, 51, 55] {
        assert_eq!(play(Some(every)).1, undisturbed, "killed after every {every}");
    }
}

/// A store whose process ends while it judges a record: nothing that it writes afterwards gets there.
struct Dying {
    inner: MemoryStore,
    deadly: i64,
    is_dead: bool,
}

impl StateStore for Dying {
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(family, key)
    }

    fn scan(&self, family: Family) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(family)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if self.is_dead {
            return Ok(());
        }
        let begins = |change: &Change| {
            change.family == Family::Attempts && change.key == self.deadly.to_be_bytes() && change.value.is_some()
        };
        self.is_dead = batch.changes().iter().any(begins);
        self.inner.write(batch)
    }

    fn copy_to(&self, folder: &Path) -> Result<(), StoreError> {
        self.inner.copy_to(folder)
    }

    fn written(&self) -> u64 {
        self.inner.written()
    }
}

/// A life of the process: it goes on up to the record at `deadly`, which ends it while it is judged if it is judged.
fn live(store: &MemoryStore, deadly: i64, end: i64) -> Processor {
    let dying = Dying { inner: store.clone(), deadly, is_dead: false };
    let mut processor = Processor::open(settings(), Box::new(dying)).unwrap_or_else(|error| panic!("{error}"));
    for offset in processor.next_offset().unwrap_or(0)..end {
        process(&mut processor, offset, &record(offset, None));
    }
    processor
}

#[test]
fn a_record_that_ends_the_process_three_times_is_set_aside_and_the_next_one_is_judged() {
    let store = MemoryStore::default();
    let mut processor = open(&store);
    (0..10).for_each(|offset| process(&mut processor, offset, &record(offset, None)));
    processor.commit().expect("memory takes a batch");
    std::mem::forget(processor);
    for life in 0..3 {
        let processor = live(&store, 13, 14);
        assert_eq!(processor.outbox().len(), 0, "life {life}");
        // An abort: nothing is committed, and nothing is tidied up.
        std::mem::forget(processor);
    }
    let mut processor = live(&store, 13, 15);
    processor.commit().expect("memory takes a batch");
    let refused = rejects(&processor);
    let [reject] = refused.values().collect::<Vec<_>>()[..] else { panic!("{refused:?}") };
    assert_eq!((reject.reason, reject.origin.offset), (RejectReason::SetAside, 13));
    assert_eq!(processor.next_offset(), Some(15));
    drop(processor);
    assert!(store.scan(Family::Attempts).expect("memory reads").is_empty(), "it was left in order");
}

#[test]
fn a_process_that_ends_anywhere_else_sets_nothing_aside() {
    let store = MemoryStore::default();
    for _ in 0..9 {
        let mut processor = open(&store);
        (0..10).for_each(|offset| process(&mut processor, offset, &record(offset, None)));
        std::mem::forget(processor);
    }
    let mut processor = open(&store);
    (0..10).for_each(|offset| process(&mut processor, offset, &record(offset, None)));
    processor.commit().expect("memory takes a batch");
    assert!(rejects(&processor).is_empty());
}
