//! Pictures in the documentation are what the code draws: who hurts whom, in the recording.

use std::path::{Path, PathBuf};

use tidewatch_pipelines::recording::Recording;
use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tidewatch_schemas::{Incident, Timestamp};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::picture::Story;

/// Six minutes around the first contention of the recording: a scheduled surge of one tenant, and the reports of another.
const SPAN: (&str, &str) = ("2026-11-22T10:24:00Z", "2026-11-22T10:30:00Z");

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures/culprit.svg")
}

/// The first incident that names somebody, drawn with what was recorded.
fn drawn() -> String {
    let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond());
    let recording = Recording::embedded().expect("the embedded recording can be read");
    let records = Sent::to(SHARED_TOPIC).incident_records();
    let mut told: Vec<Incident> =
        records.iter().map(|record| serde_json::from_slice(record).expect("an incident")).collect();
    told.sort_by_key(|incident| (incident.updated_at, incident.revision));
    let named = told.iter().find(|incident| !incident.culprits.is_empty()).expect("somebody is named");
    let first = told.iter().find(|incident| incident.incident_id == named.incident_id).expect("it was told");
    let story = Story {
        recording: &recording,
        span: (at(SPAN.0), at(SPAN.1)),
        felt: "lab.synthetic.check.duration",
        taken: "lab.postgresql.backend.cpu.time",
        unit: "processors of pg-main that a tenant keeps busy",
        told: (first, named),
    };
    story.drawn()
}

#[test]
fn the_picture_of_the_documentation_is_the_one_of_the_code() {
    let there = std::fs::read_to_string(file()).expect("docs/pictures/culprit.svg can be read");
    assert!(
        there == drawn(),
        "docs/pictures/culprit.svg is not what is drawn: cargo test --workspace --test system pictures::writes -- --ignored"
    );
}

#[test]
#[ignore = "writes docs/pictures/culprit.svg"]
fn writes_the_picture() {
    std::fs::write(file(), drawn()).expect("the picture can be written");
}
