//! Input that was deleted before it was judged, and state that is lost together with the input it came from: an incident
//! says so, and the service goes on.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use tidewatch_schemas::incident::{Kind, State};
use tidewatch_schemas::{Content, Envelope, Incident, Tick, Timestamp, wire};
use tidewatch_tests::deployment::Deployment;
use tidewatch_tests::program::{self, Program};
use tidewatch_tests::topics::Tail;

use super::Broker;

const PATIENCE: Duration = Duration::from_mins(1);
/// Partition that things happen in.
const PARTITION: i32 = 1;
/// Longer than an incident stays open without news.
const MINUTES_MS: i64 = 120_000;

/// Writes `count` ticks to the partition; a minute passes between two of them.
fn send_ticks(broker: &Broker, topic: &str, count: i64) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap());
    let producer: BaseProducer = config.create().expect("a producer");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    let now = i64::try_from(now.as_millis()).expect("this side of the year 2554");
    for number in 0..count {
        let at = now + (number - count) * MINUTES_MS;
        let tick =
            wire::encode(&Envelope { content: Content::Tick(Tick { at: Timestamp(at), instance: "test".into() }) });
        let record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(topic).partition(PARTITION).payload(tick.as_slice()).timestamp(at);
        producer.send(record).unwrap_or_else(|(error, _)| panic!("{error}"));
    }
    producer.flush(PATIENCE).expect("the broker takes them");
}

/// The next losses that the incident topic tells of: opened, then resolved.
fn next_loss(incidents: &Tail, service: &mut Program) -> (Incident, u64) {
    let mut found = Vec::new();
    let came = program::until(PATIENCE, || {
        found.extend(incidents.next());
        found.len() == 2 || !service.is_running()
    });
    assert!(came && service.is_running(), "{} revisions; the service says:\n{}", found.len(), service.last_words());
    let incident = |index: usize| -> Incident { serde_json::from_slice(&found[index].value).expect("an incident") };
    let (opened, resolved) = (incident(0), incident(1));
    assert_eq!((opened.kind, opened.state, opened.revision), (Kind::DataLoss, State::Open, 1), "{opened:?}");
    assert_eq!((resolved.incident_id, resolved.state), (opened.incident_id, State::Resolved), "{resolved:?}");
    let number = found[0].numbered.expect("an output has a number").sequence;
    (opened, number)
}

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn lost_input_and_lost_state_are_incidents_and_the_service_goes_on() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "lost", "otlp-lost");
    case.is_static = true;
    case.create_source();
    let mut service = case.start("service");
    let observations = &case.names.observations;
    drop(case.topics.tail(observations));
    send_ticks(&broker, observations, 5);
    case.await_end_of_input();
    let incidents = case.topics.tail(&case.names.incidents);

    // While it is away, retention deletes what it would read next.
    service.end_in_order();
    send_ticks(&broker, observations, 40);
    let end = case.topics.end(observations, PARTITION);
    case.topics.delete_before(observations, PARTITION, end - 3);
    service = case.start("service");
    let (lost, first) = next_loss(&incidents, &mut service);
    assert_eq!(lost.actual, Some(37.0), "{}", lost.summary);
    assert!(lost.summary.contains("offsets 5 to 42"), "{}", lost.summary);

    // While it is stopped, but still a member of its group.
    service.signal("STOP");
    // What it asked for before is answered with nothing.
    std::thread::sleep(Duration::from_millis(500));
    send_ticks(&broker, observations, 30);
    case.topics.delete_before(observations, PARTITION, end + 25);
    service.signal("CONT");
    let (lost, second) = next_loss(&incidents, &mut service);
    assert_eq!(lost.resource.as_ref().map(ToString::to_string), Some(format!("{observations}/{PARTITION}")));

    // Its disk is lost, and so is the beginning of what it had learned from.
    service.end_in_order();
    fs::remove_dir_all(case.state("service")).expect("the state can be removed");
    send_ticks(&broker, observations, 3);
    service = case.start("service");
    let (lost, third) = next_loss(&incidents, &mut service);
    assert!(lost.summary.contains("is learned anew"), "{}", lost.summary);
    assert!(first < second && second < third, "numbers go on above those that were given: {first}, {second}, {third}");
    service.end_in_order();
    assert_eq!(incidents.rest(), [], "more than three losses");
}
