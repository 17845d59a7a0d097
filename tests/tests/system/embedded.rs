//! The demo as its users see it, on the embedded broker: the same incidents as the driver gives, byte by byte.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tidewatch_pipelines::demo::{self, Audience, Outcome, Wishes};
use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tidewatch_schemas::{Incident, Timestamp};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program::{self, Program};

/// How long a demo may take.
const LIMIT: Duration = Duration::from_mins(2);

/// Keeps the records that a demo shows, and how often it showed each.
#[derive(Default)]
struct Keeper(BTreeMap<Vec<u8>, usize>);

impl Audience for Keeper {
    fn begins(&mut self, _: &str, _: (Timestamp, Timestamp)) {}

    fn reached(&mut self, _: Timestamp) {}

    fn incident(&mut self, _: &Incident, bytes: &[u8]) {
        *self.0.entry(bytes.to_vec()).or_default() += 1;
    }

    fn ends(&mut self, _: &Outcome) -> anyhow::Result<()> {
        Ok(())
    }
}

#[test]
fn the_embedded_broker_gives_the_records_of_the_driver_whatever_the_batch() {
    let expected: BTreeMap<Vec<u8>, usize> =
        Sent::to(SHARED_TOPIC).incident_records().into_iter().map(|record| (record, 1)).collect();
    assert!(!expected.is_empty(), "the recording has faults, so there are incidents");
    for batch in [1, 7, 8_192] {
        let mut shown = Keeper::default();
        let wishes = Wishes { batch: Some(batch), ..Wishes::default() };
        demo::run(&wishes, &mut shown).unwrap_or_else(|error| panic!("batch {batch}: {error:#}"));
        assert!(shown.0 == expected, "batch {batch}: {} records instead of {}", shown.0.len(), expected.len());
    }
}

#[test]
fn the_demo_finds_the_loud_faults_and_blames_the_right_tenants() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["demo", "--once", "--format", "json", "--speed", "0"];
    let mut demo = Program::start(&arguments, &folder.path().join("demo"));
    let ended = demo.wait(LIMIT);
    assert!(ended.success(), "{ended}\n{}", demo.last_words());
    let report: Value = serde_json::from_str(&demo.output()).expect("the demo prints one JSON object");

    let schema = include_str!("../../../schemas/json/incident.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema");
    let incidents = report["incidents"].as_array().expect("a list");
    for incident in incidents {
        schema.validate(incident).unwrap_or_else(|error| panic!("{error}: {incident}"));
    }
    assert_eq!(report["labelled"], 9);
    let found = report["found"].as_array().expect("a list");
    let kinds: BTreeSet<&str> = found.iter().map(|found| text(&found["label"]["kind"])).collect();
    for loud in CONTENTION.iter().chain(&["tenant_db_unreachable"]) {
        assert!(kinds.contains(loud), "{loud} is not in {kinds:?}");
    }
    assert_eq!(report["false_incidents"], Value::Array(Vec::new()));
    for found in found {
        verify_tenants(found, incidents);
    }
}

/// Faults of one tenant that the others suffer from.
const CONTENTION: [&str; 4] =
    ["noisy_neighbour_pg", "noisy_neighbour_workers", "lock_contention", "connection_exhaustion"];

/// What the time of requests went into, where the log of the application server tells: heavy statements and a lock in the
/// database, more requests than the workers can take.
const BOTTLENECKS: [(&str, &str); 3] =
    [("noisy_neighbour_pg", "data"), ("lock_contention", "data"), ("noisy_neighbour_workers", "compute")];

/// Of contention the incident names the culprit, alone, and the three others, who did all suffer; of anything else it
/// blames nobody.
fn verify_culprit(label: &Value, incident: &Value) {
    let culprits = texts(&incident["culprits"]);
    if !CONTENTION.contains(&text(&label["kind"])) {
        assert!(culprits.is_empty(), "{label} is blamed on {culprits:?}");
        return;
    }
    assert_eq!(culprits, BTreeSet::from([text(&label["culprit"])]), "{label}");
    let mut others = texts(&incident["victims"]);
    others.remove(text(&label["culprit"]));
    assert_eq!(others.len(), 3, "{label}: all of the others did suffer, {} are told", incident["victims"]);
}

/// The incident names a tenant that the fault concerned, and of a fault that only its culprit feels, the culprit.
fn verify_tenants(found: &Value, incidents: &[Value]) {
    let label = &found["label"];
    let victims: BTreeSet<&str> = texts(&label["victims"]);
    let mut concerned = victims.clone();
    concerned.insert(text(&label["culprit"]));
    let incident = incidents.iter().find(|incident| incident["incident_id"] == found["incident_id"]);
    let incident = incident.unwrap_or_else(|| panic!("{} is not in the list", found["incident_id"]));
    verify_culprit(label, incident);
    if let Some((_, expected)) = BOTTLENECKS.iter().find(|(kind, _)| *kind == text(&label["kind"])) {
        assert_eq!(incident["bottleneck"]["kind"], *expected, "{label}: {}", incident["bottleneck"]);
    }
    let named = texts(&incident["tenants"]);
    assert!(named.intersection(&concerned).next().is_some(), "{label} answered by {named:?}");
    if victims.is_empty() {
        assert!(named.contains(text(&label["culprit"])), "{label} answered by {named:?}");
    }
    let told = texts(&found["tenants_named"]);
    assert_eq!(told, named.intersection(&concerned).copied().collect(), "{label}");
}

#[test]
fn kcat_reads_the_incidents_from_the_broker_of_the_demo_until_it_is_interrupted() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port().to_string();
    let mut demo = Program::start(&["demo", "--speed", "0", "--port", &port], &folder.path().join("demo"));
    let stays = program::until(LIMIT, || !demo.is_running() || demo.output().contains("The broker stays up"));
    assert!(stays && demo.is_running(), "{}\n{}", demo.output(), demo.last_words());

    let broker = format!("127.0.0.1:{port}");
    let read = Command::new("kcat")
        .args(["-b", &broker, "-t", "tidewatch.incidents", "-C", "-e", "-q", "-o", "beginning"])
        .output()
        .unwrap_or_else(|error| match error.kind() {
            ErrorKind::NotFound => {
                panic!("kcat is missing; `make test` installs it, or type: sudo apt-get install kcat")
            }
            _ => panic!("kcat does not start: {error}"),
        });
    assert!(read.status.success(), "kcat: {}\n{}", read.status, String::from_utf8_lossy(&read.stderr));
    let lines: BTreeSet<Vec<u8>> = read.stdout.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let lines: BTreeSet<Vec<u8>> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let expected = Sent::to(SHARED_TOPIC).incident_records();
    assert!(lines == expected, "kcat printed {} records instead of {}", lines.len(), expected.len());

    demo.signal("INT");
    let ended = demo.wait(Duration::from_secs(15));
    assert!(ended.success(), "{ended}\n{}", demo.last_words());
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}
