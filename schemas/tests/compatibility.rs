//! Records that a release published are read by every later one, and say the same when they are written again.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tidewatch_schemas::{CostSignal, Finding, Incident, Reject};

#[expect(clippy::unwrap_used, reason = "a test stops at what cannot be")]
fn survives<T: DeserializeOwned + Serialize>(name: &str, stored: &str) {
    let before: serde_json::Value = serde_json::from_str(stored).unwrap();
    let record: T = serde_json::from_str(stored).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), before, "{name}");
}

#[test]
fn records_of_version_1_are_read_and_written_as_they_were() {
    survives::<Incident>("incident", include_str!("../fixtures/incident.v1.json"));
    survives::<Finding>("finding", include_str!("../fixtures/finding.v1.json"));
    survives::<Reject>("reject", include_str!("../fixtures/reject.v1.json"));
    survives::<CostSignal>("cost signal", include_str!("../fixtures/cost-signal.v1.json"));
}
