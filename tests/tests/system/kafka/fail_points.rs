//! The process ends at each step of the protocol, over and over: every incident is there once all the same.
//!
//! It is ended eight times at each place, or `SWEEPS` times; `make soak` asks for twenty.

use std::time::{Duration, Instant};

use tidewatch_pipelines::protocol::{FailPoint, fail_point};
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::simulator::random::Random;

use super::Broker;
use super::chaos::{pools, send_recordings, wanted};

const SWEEPS: u64 = 8;
const PARTITIONS: i32 = 8;
/// Recorded seconds per second, where the process is ended once: the more often, the longer recordings must take.
const SPEED: f64 = 600.0;
/// How long a process may live without coming to its place.
const LIMIT: Duration = Duration::from_secs(40);

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn the_end_at_any_step_costs_nothing_and_repeats_nothing() {
    let broker = Broker::start();
    for point in FailPoint::ALL {
        sweep(&broker, point, wanted("SWEEPS").unwrap_or(SWEEPS));
    }
}

/// Ends the process `times` at a place while recordings arrive, then lets it finish.
fn sweep(broker: &Broker, point: FailPoint, times: u64) {
    let name = point.name().replace('_', "-");
    let mut case = Deployment::new(broker.bootstrap(), &name, &format!("otlp-{name}"));
    (case.batch, case.is_static) = (20, true);
    case.takes_checkpoints = point == FailPoint::MidCheckpointUpload;
    case.topic_options = format!(", partitions: {PARTITIONS}");
    case.create_sources(PARTITIONS);
    let pools = pools();
    let names: Vec<&str> = pools.iter().map(String::as_str).collect();
    let expected = Sent { topic: &case.source, pools: &names, partitions: PARTITIONS }.incident_records();
    let senders = send_recordings(broker.bootstrap(), &case.source, &pools, SPEED / times as f64);
    let mut random = Random::new(times);
    let started = Instant::now();
    for turn in 0..times {
        let passes = if point == FailPoint::InRebalance { 1 } else { 1 + random.below(3) };
        let armed = format!("{}:{passes}", point.name());
        let mut service = case.start_with("service", &[(fail_point::VARIABLE, &armed)]);
        let ended = service.wait(LIMIT);
        assert!(!ended.success() && ended.code().is_none(), "{armed}, turn {turn}: {ended}\n{}", service.last_words());
    }
    let took = started.elapsed();
    let is_half = point != FailPoint::MidCheckpointUpload || case.unnamed_files() > 0;
    assert!(is_half, "no checkpoint was left half way");
    let mut service = case.start("service");
    for sender in senders {
        sender.join().expect("the recording was sent");
    }
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    case.await_end_of_input();
    service.end_in_order();
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
    println!("{}: ended {times} times in {took:?}, {} incident records once each", point.name(), expected.len());
}
