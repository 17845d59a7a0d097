//! SIGTERM drains: what was read is published and committed, so that nothing is repeated afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_tests::deployment::{Counted, Deployment, read_expected};
use tidewatch_tests::expected::{self, Sent};
use tidewatch_tests::program;

use super::Broker;

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn sigterm_drains_and_a_restart_repeats_nothing() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "shutdown", "otlp-shutdown");
    case.batch = 7;
    case.create_source();
    let expected = Sent::to(&case.source).incident_records();
    let mut replay = case.start_replay(RECORDING_POOL, "120");
    let mut service = case.start("service");
    let observations = case.topics.tail(&case.names.observations);
    let half = expected::messages() / 2;
    let mut count = 0;
    let came = program::until(Duration::from_mins(1), || {
        count += observations.rest().len();
        count >= half
    });
    assert!(came, "{count} of {half} records were ingested:\n{}", service.last_words());
    service.end_in_order();
    count += observations.rest().len();
    assert!(count < expected::messages(), "everything was over before SIGTERM came");
    let committed: i64 = committed(&case).iter().map(|(committed, _)| committed).sum();
    assert_eq!(committed, i64::try_from(count).expect("few"), "committed offsets and records ingested");

    let ended = replay.wait(Duration::from_mins(2));
    assert!(ended.success(), "replay: {ended}\n{}", replay.last_words());
    service = case.start("service");
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    case.await_end_of_input();
    service.end_in_order();
    read_expected(&incidents, &mut found, &expected);
    for (committed, end) in self::committed(&case) {
        assert_eq!(committed, end, "offset committed for the source, and its end");
    }
    let once: BTreeMap<_, _> = expected.into_iter().map(|record| (record, 1)).collect();
    assert!(found == once, "{} records instead of {}, or some of them twice", found.len(), once.len());
}

fn committed(case: &Deployment) -> Vec<(i64, i64)> {
    case.topics.committed_and_end(&case.ingest_group(), &case.source)
}
