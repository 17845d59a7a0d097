//! A service that is moved to twice as many partitions in the middle of its life says what one would have said that never
//! was: the steps of the documentation, one after the other.

use std::process::Command;
use std::time::Duration;

use serde_json::Value as Json;
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program;

use super::Broker;
use super::chaos::{pools, send_recordings};

/// Partitions of the topic that agents write to.
const SOURCES: i32 = 8;
/// Partitions of observations, before and after.
const BEFORE: usize = 4;
const AFTER: usize = 8;
/// Recorded seconds per second.
const SPEED: f64 = 30.0;
/// Incident records after which the service is stopped.
const MIDDLE: usize = 60;
const LIMIT: Duration = Duration::from_mins(2);

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn a_service_that_is_moved_says_what_it_would_have_said() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "reshard", "otlp-reshard");
    case.batch = 20;
    case.topic_options = format!(", partitions: {BEFORE}");
    case.create_sources(SOURCES);
    let pools = pools();
    let names: Vec<&str> = pools.iter().map(String::as_str).collect();
    let expected = Sent { topic: &case.source, pools: &names, partitions: SOURCES }.incident_records();
    let senders = send_recordings(broker.bootstrap(), &case.source, &pools, SPEED);

    let mut ingest = case.start_stage("ingest-before", "ingest");
    let mut detect = case.start_stage("before", "detect");
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    let mut count_found = || {
        for record in incidents.rest() {
            *found.entry(record.value).or_default() += 1;
        }
        found.len()
    };
    assert!(program::until(LIMIT, || count_found() >= MIDDLE), "{}", detect.last_words());
    ingest.end_in_order();
    let is_judged = || case.lag().is_some_and(|(_, behind)| behind == 0);
    assert!(program::until(LIMIT, is_judged), "{:?} behind\n{}", case.lag(), detect.last_words());
    detect.end_in_order();
    let said_before = count_found();
    assert!(said_before < expected.len(), "all was said before it was moved");

    let config = case.configured("before");
    let moved = Command::new(program::path())
        .args(["state", "reshard", "--format", "json", "--from", &BEFORE.to_string(), "--to", &AFTER.to_string()])
        .args(["--config".as_ref(), config.as_os_str(), "--out".as_ref(), case.state("after").as_os_str()])
        .output()
        .expect("the program runs");
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
    let report: Json = serde_json::from_slice(&moved.stdout).expect("it is JSON");
    let ends: Vec<i64> = (0..).take(BEFORE).map(|number| case.topics.end(&case.names.observations, number)).collect();
    let stood: Vec<i64> = report["stood_at"].as_array().into_iter().flatten().filter_map(Json::as_i64).collect();
    assert_eq!(stood, ends, "the old topic is read to its end");

    case.topics.delete(&case.names.observations);
    case.topic_options = format!(", partitions: {AFTER}");
    let mut ingest = case.start_stage("ingest-after", "ingest");
    let mut detect = case.start_stage("after", "detect");
    for sender in senders {
        sender.join().expect("the recording was sent");
    }
    read_expected(&incidents, &mut found, &expected);
    assert_eq!(case.topics.partitions(&case.names.observations), AFTER);
    case.await_end_of_input();
    ingest.end_in_order();
    detect.end_in_order();
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
    let pools: Vec<&Json> = report["partitions"].as_array().into_iter().flatten().map(|one| &one["pools"]).collect();
    println!("{said_before} incident records before the move, {} in all, once each; pools {pools:?}", expected.len());
}
