//! The broker goes away and comes back while a recording is sent: the service waits and goes on.

use std::time::Duration;

use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, of_sources, read_expected};
use tidewatch_tests::expected::{self, PARTITIONS};
use tidewatch_tests::program;

use super::Broker;

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn a_restart_of_the_broker_costs_no_incident() {
    let mut broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "outage", "otlp-outage");
    case.batch = 100;
    case.create_source();
    let mut replay = case.start_replay(RECORDING_POOL, "120");
    let mut service = case.start("service");
    let observations = case.topics.tail(&case.names.observations);
    let (third, mut count) = (expected::messages() / 3, 0);
    let came = program::until(Duration::from_mins(1), || {
        count += observations.rest().len();
        count >= third
    });
    assert!(came, "{count} of {third} records were ingested:\n{}", service.last_words());
    assert!(replay.is_running() && service.is_running(), "the recording was over before the broker went away");
    broker.kafka.restart().unwrap_or_else(|failed| panic!("{failed}"));

    let ended = replay.wait(Duration::from_mins(2));
    assert!(ended.success(), "replay: {ended}\n{}", replay.last_words());
    assert!(service.is_running(), "the service did not survive:\n{}", service.last_words());
    let (published, sent_again) = of_sources(&case, PARTITIONS, 1);
    println!("{sent_again} records were sent again");
    let expected = published.incidents;
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    case.await_end_of_input();
    service.end_in_order();
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
}
