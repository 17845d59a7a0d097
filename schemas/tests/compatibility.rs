//! Records that a release published are read by every later one, and say the same when they are written again: fields may
//! be added, none changed or lost.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tidewatch_schemas::{CostSignal, Finding, Incident, Reject};

#[expect(clippy::unwrap_used, reason = "a test stops at what cannot be")]
fn survives<T: DeserializeOwned + Serialize>(name: &str, stored: &str) {
    let before: Value = serde_json::from_str(stored).unwrap();
    let record: T = serde_json::from_str(stored).unwrap();
    let after = serde_json::to_value(&record).unwrap();
    assert!(says_the_same(&before, &after), "{name}: {before} became {after}");
}

/// Whether everything that `before` says stands in `after`.
fn says_the_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(key, value)| new.get(key).is_some_and(|other| says_the_same(value, other)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(one, other)| says_the_same(one, other))
        }
        _ => before == after,
    }
}

#[test]
fn a_lost_or_changed_field_is_seen() {
    let before = json!({ "a": 1, "b": [{ "c": 2 }] });
    assert!(says_the_same(&before, &json!({ "a": 1, "b": [{ "c": 2, "d": 3 }], "e": 4 })));
    assert!(!says_the_same(&before, &json!({ "a": 1, "b": [{ "d": 3 }] })));
    assert!(!says_the_same(&before, &json!({ "a": 2, "b": [{ "c": 2 }] })));
    assert!(!says_the_same(&before, &json!({ "a": 1, "b": [] })));
}

#[test]
fn records_of_version_1_are_read_and_written_as_they_were() {
    survives::<Incident>("incident", include_str!("../fixtures/incident.v1.json"));
    survives::<Finding>("finding", include_str!("../fixtures/finding.v1.json"));
    survives::<Reject>("reject", include_str!("../fixtures/reject.v1.json"));
    survives::<CostSignal>("cost signal", include_str!("../fixtures/cost-signal.v1.json"));
}
