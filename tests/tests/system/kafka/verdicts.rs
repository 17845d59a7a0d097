//! What people say about incidents, on Apache Kafka: each answer is taken once, and becomes one revision, however often the
//! service is killed while it is on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use rdkafka::message::{Headers as _, Message as _};
use tidewatch_schemas::{Incident, IncidentId};
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program::{self, Program};

use super::Broker;

/// How long an answer may take, with a service that has to start first.
const LIMIT: Duration = Duration::from_mins(2);
/// When the service is killed after somebody answered: before ingest has read it, meanwhile, and after detect has.
const KILLED_AFTER_MS: [u64; 4] = [0, 150, 400, 900];

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn an_answer_is_one_revision_however_often_the_service_is_killed() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "answered", "otlp-answered");
    // It has its partitions back at once.
    case.is_static = true;
    case.create_source();
    let expected = Sent::to(&case.source).incident_records();
    let mut service = case.start("service");
    case.replay();
    case.await_end_of_input();
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);

    let last = last_revisions(&expected);
    let over: Vec<&Incident> = last.values().filter(|incident| incident.resolved_at.is_some()).collect();
    assert!(over.len() >= KILLED_AFTER_MS.len(), "{} incidents are over", over.len());
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = ("TIDEWATCH__TOPICS__PREFIX", "answered");
    let verdicts = ["real", "false-alarm", "new-normal", "real"];
    for ((incident, verdict), killed_after) in over.iter().zip(verdicts).zip(KILLED_AFTER_MS) {
        let id = incident.incident_id.to_string();
        let words = ["incidents", "verdict", &id, verdict, "--by", "ana", "--wait", "100s"];
        let arguments = [&words[..], &["--brokers", broker.bootstrap()]].concat();
        let mut answer = Program::start_with(&arguments, &folder.path().join(&id), &[prefix]);
        thread::sleep(Duration::from_millis(killed_after));
        service.kill();
        service = case.start("service");
        let ended = answer.wait(LIMIT);
        assert!(
            ended.success(),
            "{verdict} after {killed_after} ms: {}\n{}",
            answer.last_words(),
            service.last_words()
        );
    }
    // It hears signals before it says anything.
    assert!(program::until(LIMIT, || !service.said().is_empty()), "the service does not start");
    service.end_in_order();

    let mut revisions: BTreeMap<(IncidentId, u32), usize> = BTreeMap::new();
    let mut said: BTreeMap<IncidentId, usize> = BTreeMap::new();
    for record in case.topics.tail(&case.names.incidents).rest() {
        let incident: Incident = serde_json::from_slice(&record.value).expect("an incident");
        *revisions.entry((incident.incident_id, incident.revision)).or_default() += 1;
        said.insert(incident.incident_id, incident.response.said.len());
    }
    verify_events(&case);
    let again: Vec<_> = revisions.iter().filter(|(_, count)| **count != 1).collect();
    assert!(again.is_empty(), "revisions that stand there more than once: {again:?}");
    assert_eq!(revisions.len(), expected.len() + KILLED_AFTER_MS.len(), "each answer is one revision");
    for incident in over.iter().take(KILLED_AFTER_MS.len()) {
        let next = (incident.incident_id, incident.revision + 1);
        assert!(revisions.contains_key(&next), "{next:?} is missing");
        assert_eq!(said.get(&incident.incident_id), Some(&1), "one answer");
    }
}

/// The last revision of each incident.
fn last_revisions(records: &BTreeSet<Vec<u8>>) -> BTreeMap<IncidentId, Incident> {
    let mut last: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for record in records {
        let incident: Incident = serde_json::from_slice(record).expect("an incident");
        let known = last.entry(incident.incident_id).or_insert_with(|| incident.clone());
        if incident.revision > known.revision {
            *known = incident;
        }
    }
    last
}

/// Each incident record is a CloudEvent of its own, and says of which incident.
fn verify_events(case: &Deployment) {
    let mut events: BTreeSet<(String, String)> = BTreeSet::new();
    let records = case.topics.tail(&case.names.incidents).rest_whole();
    for record in &records {
        let headers = record.headers().expect("headers");
        let of = |name: &str| {
            let header = headers.iter().find(|header| header.key == name).and_then(|header| header.value);
            String::from_utf8(header.expect("it has one").to_vec()).expect("text")
        };
        assert_eq!((of("ce_specversion").as_str(), of("content-type").as_str()), ("1.0", "application/json"));
        assert_eq!(of("ce_subject").as_bytes(), record.key().expect("a key"));
        events.insert((of("ce_source"), of("ce_id")));
    }
    assert_eq!(events.len(), records.len(), "an event for each record");
}
