//! `tidewatch incidents` on Apache Kafka: whoever watches sees each revision once as it comes, and the list agrees.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tidewatch_tests::deployment::Deployment;
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program::{self, Program};

use super::Broker;

const LIMIT: Duration = Duration::from_mins(2);

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn whoever_watches_sees_each_revision_once_as_it_comes() {
    let broker = Broker::start();
    let expected: BTreeMap<String, usize> = Sent::to(SHARED_TOPIC)
        .incident_records()
        .into_iter()
        .map(|record| (String::from_utf8(record).expect("JSON"), 1))
        .collect();
    let case = Deployment::new(broker.bootstrap(), "watched", SHARED_TOPIC);
    case.create_source();
    let mut service = case.start("service");
    // It waits for the topic.
    drop(case.topics.tail(&case.names.incidents));
    let prefix = ("TIDEWATCH__TOPICS__PREFIX", "watched");
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["incidents", "watch", "--format", "json", "--brokers", broker.bootstrap()];
    let mut watch = Program::start_with(&arguments, &folder.path().join("watch"), &[prefix]);
    assert!(program::until(LIMIT, || watch.said().contains("Ctrl-C ends")), "{}", watch.last_words());
    assert_eq!(watch.output(), "", "nothing has happened yet");

    case.replay();
    let came = program::until(LIMIT, || watch.output().lines().count() >= expected.len());
    assert!(came, "{} lines instead of {}", watch.output().lines().count(), expected.len());
    case.await_end_of_input();
    service.end_in_order();
    watch.signal("INT");
    assert!(watch.wait(LIMIT).success(), "{}", watch.last_words());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in watch.output().lines() {
        *seen.entry(line.to_owned()).or_default() += 1;
    }
    assert!(seen == expected, "{} revisions instead of {}", seen.len(), expected.len());

    let list = Command::new(program::path())
        .args(["incidents", "list", "--state", "all", "--format", "json", "--brokers", broker.bootstrap()])
        .env(prefix.0, prefix.1)
        .output()
        .expect("the program starts");
    assert_eq!(list.status.code(), Some(1), "the recording ends in the middle of a fault");
    let listed: serde_json::Value = serde_json::from_slice(&list.stdout).expect("one object");
    let ids = |text: &String| serde_json::from_str::<serde_json::Value>(text).expect("JSON")["incident_id"].to_string();
    let distinct: std::collections::BTreeSet<String> = expected.keys().map(ids).collect();
    assert_eq!(listed["incidents"].as_array().map(Vec::len), Some(distinct.len()));
}
