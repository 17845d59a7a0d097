//! A stand-in for every kind of channel, which holds each body against the published format and answers as it likes: each
//! change arrives in its form, under one key, in order, and nothing follows the end.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::Value;
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::incident::State;
use tidewatch_tests::paging::{Paging, incident};
use tidewatch_tests::program;
use tidewatch_tests::receiver::{Call, Receiver, Reply};

use super::{COURSE, PATIENCE};

/// Incidents that go through their course.
const INCIDENTS: u128 = 3;
/// Kinds of channels, and the paths under which they are called.
pub(super) const KINDS: [(&str, &str); 6] = [
    ("pagerduty", "/pagerduty"),
    ("alertmanager", "/alertmanager/api/v2/alerts"),
    ("webhook", "/webhook"),
    ("slack", "/slack"),
    ("opsgenie", "/opsgenie/v2/alerts"),
    ("incident_io", "/incident_io"),
];

fn validator(kind: &str) -> Validator {
    let file = format!("{}/channels/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a schema")
}

pub(super) fn kind_of(call: &Call) -> &'static str {
    let found = KINDS.iter().find(|(_, path)| call.path.starts_with(path));
    found.unwrap_or_else(|| panic!("{} is no path of a channel", call.path)).0
}

/// The key under which a channel knows the incident.
fn key(call: &Call) -> String {
    let at = |pointer: &str| call.body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let found = match kind_of(call) {
        "pagerduty" => at("/dedup_key"),
        "alertmanager" => at("/0/labels/incident_id"),
        "webhook" => at("/groupKey"),
        "slack" => at("/blocks/2/elements/0/text").and_then(|text| text.split(' ').nth(1).map(str::to_owned)),
        "opsgenie" => at("/alias").or_else(|| call.path.split('/').nth(4).map(str::to_owned)),
        _ => at("/deduplication_key"),
    };
    found.unwrap_or_else(|| panic!("no key in {} {}", call.path, call.body))
}

/// What the channel was told of the incident's state, in its own word.
fn said(call: &Call) -> String {
    let at = |pointer: &str| call.body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let found = match kind_of(call) {
        "pagerduty" => at("/event_action"),
        "alertmanager" => at("/0/annotations/state"),
        "webhook" => at("/incident/state"),
        "slack" => at("/blocks/0/text/text").and_then(|text| text.split([' ', ':']).nth(3).map(str::to_owned)),
        "opsgenie" => Some(call.path.split(['/', '?']).nth(5).unwrap_or("create").to_owned()),
        _ => at("/metadata/state"),
    };
    found.unwrap_or_else(|| panic!("no state in {} {}", call.path, call.body))
}

/// What a channel is told in the course of an incident.
pub(super) fn course(kind: &str) -> [&'static str; 5] {
    match kind {
        "pagerduty" => ["trigger", "trigger", "acknowledge", "trigger", "resolve"],
        "opsgenie" => ["create", "create", "acknowledge", "create", "close"],
        _ => ["open", "open", "acknowledged", "reopened", "resolved"],
    }
}

pub(super) fn section(url: &str) -> String {
    let common = "private: true, per_minute: 10000";
    format!(
        "  channels:
    pagerduty: {{ kind: pagerduty, url: {url}/pagerduty, key: {{ env: HOOK_KEY }}, {common} }}
    alertmanager: {{ kind: alertmanager, urls: [{url}/alertmanager], again: 1h, {common} }}
    webhook: {{ kind: webhook, url: {url}/webhook, keys: [{{ env: HOOK_KEY }}], {common} }}
    slack: {{ kind: slack, url: {{ env: SLACK_URL }}, {common} }}
    opsgenie: {{ kind: opsgenie, url: {url}/opsgenie, key: {{ env: HOOK_KEY }}, {common} }}
    incident_io: {{ kind: incident_io, url: {url}/incident_io, key: {{ env: HOOK_KEY }}, {common} }}
  routes: [{{ channels: [pagerduty, alertmanager, webhook, slack, opsgenie, incident_io] }}]"
    )
}

/// Changes that a channel took, by incident and in order; an attempt that it did not take is none.
pub(super) fn taken(calls: &[Call], kind: &str) -> BTreeMap<String, Vec<String>> {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let is_taken = |call: &&Call| matches!(call.reply, Reply::Status(202) | Reply::Half(202));
    for call in calls.iter().filter(is_taken).filter(|call| kind_of(call) == kind) {
        taken.entry(key(call)).or_default().push(said(call));
    }
    taken
}

#[test]
fn every_kind_of_channel_is_told_in_its_published_form_under_one_key_and_nothing_after_the_end() {
    let bad = [Reply::Busy(1), Reply::Half(202), Reply::Status(500), Reply::Gone];
    let answer = move |before: usize| if before % 3 == 2 { bad[before / 3 % bad.len()] } else { Reply::Status(202) };
    let receiver = Receiver::start(move |before, _| answer(before));
    let mut paging = Paging::new(&section(&receiver.url));
    for (revision, state) in (1..).zip(COURSE) {
        (0..INCIDENTS).for_each(|number| paging.publish(&incident(number, revision, state, Timestamp(1))));
    }
    let slack = format!("{}/slack", receiver.url);
    let mut pager = paging.start_with(&[("SLACK_URL", &slack)]);
    let whole = usize::try_from(INCIDENTS).expect("few") * COURSE.len();
    let told = |kind: &str| taken(&receiver.calls(), kind).values().map(Vec::len).sum::<usize>();
    let is_done = || KINDS.iter().all(|(kind, _)| told(kind) >= whole);
    let all = || KINDS.map(|(kind, _)| (kind, told(kind)));
    assert!(program::until(2 * PATIENCE, is_done), "{:?}\n{}", all(), pager.last_words());
    pager.end_in_order();

    let calls = receiver.calls();
    for (kind, _) in KINDS {
        let validator = validator(kind);
        for call in calls.iter().filter(|call| kind_of(call) == kind) {
            let wrong: Vec<String> = validator.iter_errors(&call.body).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{kind}: {wrong:?}: {}", call.body);
        }
        let expected: BTreeSet<String> = (0..INCIDENTS).map(|number| format!("{number:032x}")).collect();
        let taken = taken(&calls, kind);
        assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), expected, "{kind}");
        for (incident, told) in taken {
            assert_eq!(told, course(kind), "{kind}: {incident}");
        }
    }
}

#[test]
fn a_body_that_is_not_in_the_published_form_is_noticed() {
    let cases = [
        ("pagerduty", r#"{"routing_key": "k", "event_action": "trigger", "dedup_key": "d"}"#),
        ("alertmanager", r#"[{"labels": {"severity": "error"}}]"#),
        ("webhook", r#"{"version": "3"}"#),
        ("slack", r#"{"text": "t", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "t"}}]}"#),
        ("opsgenie", r#"{"message": "m"}"#),
        ("incident_io", r#"{"title": "t", "status": "open", "deduplication_key": "d"}"#),
    ];
    for (kind, body) in cases {
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert!(!validator(kind).is_valid(&body), "{kind} takes {body}");
    }
    assert_eq!(COURSE.last(), Some(&State::Resolved), "or nothing could follow the end");
}
