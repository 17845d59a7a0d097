//! kill -9 at any moment costs no incident and changes none.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_schemas::{Content, wire};
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::{self, Sent};
use tidewatch_tests::topics::Tail;

use super::Broker;

/// Where in the work the process is killed: one moment in each fifth of what it publishes, drawn by a seeded generator.
const SEED: u64 = 20_261_122;
const KILLS: u64 = 5;
/// How long the next moment may take to come.
const LIMIT: Duration = Duration::from_mins(2);

/// How far the process has come, as its topics show.
struct Progress {
    observations: Tail,
    incidents: Tail,
    /// Envelopes that were ingested; a repeat after a crash counts once.
    ingested: BTreeSet<(i32, i64, u32)>,
    found: Counted,
}

impl Progress {
    fn of(case: &Deployment) -> Self {
        let tail = |topic: &str| case.topics.tail(topic);
        let (observations, incidents) = (tail(&case.names.observations), tail(&case.names.incidents));
        Self { observations, incidents, ingested: BTreeSet::new(), found: Counted::new() }
    }

    fn look(&mut self) {
        while let Some(record) = self.observations.next() {
            let envelope = wire::decode(&record.value).expect("an envelope");
            if let Content::Observations { origin, .. } = envelope.content {
                self.ingested.insert((origin.partition, origin.offset, origin.index));
            }
        }
        while let Some(record) = self.incidents.next() {
            *self.found.entry(record.value).or_default() += 1;
        }
    }
}

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn five_kills_while_the_recording_is_judged_cost_no_incident() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "crash", "otlp-crash");
    case.batch = 7;
    case.create_source();
    let expected = Sent::to(&case.source).incident_records();
    let total = expected::messages();
    let mut replay = case.start_replay(RECORDING_POOL, "60");
    let mut service = case.start("service");
    let mut progress = Progress::of(&case);
    let mut killed_at = Vec::new();
    for moment in moments(expected.len() as u64) {
        let started = Instant::now();
        while (progress.found.len() as u64) < moment {
            let found = progress.found.len();
            assert!(started.elapsed() < LIMIT, "{found} of {moment} incident records: {}", service.last_words());
            progress.look();
        }
        service.kill();
        progress.look();
        killed_at.push((progress.ingested.len(), progress.found.len()));
        service = case.start("service");
    }
    let ended = replay.wait(LIMIT);
    assert!(ended.success(), "replay: {ended}\n{}", replay.last_words());
    read_expected(&progress.incidents, &mut progress.found, &expected);
    case.await_end_of_input();
    service.end_in_order();
    read_expected(&progress.incidents, &mut progress.found, &expected);
    println!(
        "killed after (records ingested, incident records published): {killed_at:?} of ({total}, {})",
        expected.len()
    );
    assert_once_each(&progress.found, &expected);
    let in_the_middle = killed_at.iter().filter(|(_, published)| (1..expected.len()).contains(published)).count();
    assert!(in_the_middle >= 2, "the kills came before the first incident or after the last one: {killed_at:?}");
}

/// One number of incident records in each fifth of `total`.
fn moments(total: u64) -> Vec<u64> {
    let (fifth, mut state) = (total / KILLS, SEED);
    let mut draw = |number| {
        // Knuth's linear congruential generator; the upper bits are the random ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        number * fifth + (state >> 33) % fifth
    };
    (0..KILLS).map(&mut draw).collect()
}
