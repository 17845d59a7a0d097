//! Labels of a recording: what was really wrong, when and with whom, as somebody who caused it wrote down.
//!
//! A label is a fault that should be found, or benign: something that happened on purpose, looks busy, and must not
//! become an incident. Times in the file are milliseconds since 1970:
//! `{"labels":[{"start":..,"end":..,"kind":"..","culprit":"..","victims":[..],"resource":"..","anomalous":true,
//! "what":".."}],"grace_s":15,"recording_start":..}`; other fields are ignored.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{ResourceId, TenantId, Timestamp};

/// How long after its end a fault may still be felt where the file does not say.
const DEFAULT_GRACE_S: f64 = 0.0;

/// What was really wrong during a recording, in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// What should be found.
    pub faults: Vec<Label>,
    /// What must not become an incident.
    pub benign: Vec<Label>,
    /// How long after its end a fault may still be felt, in milliseconds.
    pub grace_ms: i64,
    /// When the recording began, where the file says so.
    pub recording_start: Option<Timestamp>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// When it began.
    pub start: Timestamp,
    /// When it ended, inclusive.
    pub end: Timestamp,
    /// What kind of thing it was, in the recording's own words.
    pub kind: String,
    /// The tenant that caused it.
    pub culprit: TenantId,
    /// The tenants that were meant to suffer.
    pub victims: Vec<TenantId>,
    /// Where it happened.
    pub resource: ResourceId,
    /// What was done, in one sentence.
    pub what: String,
}

/// Why labels cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not JSON of the expected shape.
    #[error("{name}: {source}")]
    Json {
        /// The file.
        name: String,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A value makes no sense.
    #[error("{name}: {problem}")]
    Value {
        /// The file.
        name: String,
        /// What is wrong, with the value.
        problem: String,
    },
}

#[derive(Deserialize)]
struct RawLabels {
    labels: Vec<RawLabel>,
    grace_s: Option<f64>,
    recording_start: Option<i64>,
}

#[derive(Deserialize)]
struct RawLabel {
    start: i64,
    end: i64,
    kind: String,
    culprit: TenantId,
    #[serde(default)]
    victims: Vec<TenantId>,
    resource: ResourceId,
    anomalous: bool,
    #[serde(default)]
    what: String,
}

impl Labels {
    /// Reads the labels in the file at `path`.
    pub fn read(path: &Path) -> Result<Self, LabelsError> {
        let text = std::fs::read_to_string(path).map_err(|source| LabelsError::Io { path: path.to_owned(), source })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Parses labels; errors call them `name`.
    pub fn parse(name: &str, json: &str) -> Result<Self, LabelsError> {
        let raw: RawLabels =
            serde_json::from_str(json).map_err(|source| LabelsError::Json { name: name.to_owned(), source })?;
        validate(raw).map_err(|problem| LabelsError::Value { name: name.to_owned(), problem })
    }

    /// What times are told relative to: the start that the file gives, else `first_event`.
    #[must_use]
    pub fn start_or(&self, first_event: Timestamp) -> Timestamp {
        self.recording_start.unwrap_or(first_event)
    }

    /// Those of the labels that `is_kept` says yes to.
    #[must_use]
    pub fn only(&self, is_kept: impl Fn(&Label) -> bool) -> Self {
        let kept = |labels: &[Label]| labels.iter().filter(|label| is_kept(label)).cloned().collect();
        Self { faults: kept(&self.faults), benign: kept(&self.benign), ..*self }
    }

    /// The faults that are felt at `at`: going on, or not longer over than the grace.
    pub fn faults_at(&self, at: Timestamp) -> impl Iterator<Item = &Label> {
        self.faults.iter().filter(move |fault| fault.is_felt_at(at, self.grace_ms))
    }

    /// The benign things that go on at `at`.
    pub fn benign_at(&self, at: Timestamp) -> impl Iterator<Item = &Label> {
        self.benign.iter().filter(move |benign| benign.is_felt_at(at, 0))
    }
}

impl Label {
    /// Whether `at` lies between its start and `grace_ms` after its end.
    #[must_use]
    pub fn is_felt_at(&self, at: Timestamp, grace_ms: i64) -> bool {
        self.start <= at && at <= self.end + grace_ms
    }

    /// The tenants it is about: its culprit and its victims.
    #[must_use]
    pub fn tenants(&self) -> BTreeSet<&TenantId> {
        self.victims.iter().chain([&self.culprit]).collect()
    }
}

fn validate(raw: RawLabels) -> Result<Labels, String> {
    let grace_s = raw.grace_s.unwrap_or(DEFAULT_GRACE_S);
    if !(0.0..=86_400.0).contains(&grace_s) {
        return Err(format!("grace_s is {grace_s}, expected seconds from 0 to 86400"));
    }
    if let Some(label) = raw.labels.iter().find(|label| label.end < label.start) {
        return Err(format!("label {:?} ends at {} before it starts at {}", label.kind, label.end, label.start));
    }
    let (mut faults, mut benign): (Vec<_>, Vec<_>) = raw.labels.into_iter().partition(|label| label.anomalous);
    faults.sort_by_key(|label| label.start);
    benign.sort_by_key(|label| label.start);
    Ok(Labels {
        faults: faults.into_iter().map(label).collect(),
        benign: benign.into_iter().map(label).collect(),
        grace_ms: whole_millis(grace_s),
        recording_start: raw.recording_start.map(Timestamp),
    })
}

/// `seconds` are known to be few.
#[expect(clippy::cast_possible_truncation, reason = "at most a day of milliseconds, far below 2^53")]
fn whole_millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

fn label(raw: RawLabel) -> Label {
    Label {
        start: Timestamp(raw.start),
        end: Timestamp(raw.end),
        kind: raw.kind,
        culprit: raw.culprit,
        victims: raw.victims,
        resource: raw.resource,
        what: raw.what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Labels {
        Labels::parse("labels.json", crate::recording::embedded_labels()).unwrap()
    }

    #[test]
    fn the_recorded_lab_has_nine_faults_and_four_benign_surges() {
        let labels = recorded();
        assert_eq!((labels.faults.len(), labels.benign.len(), labels.grace_ms), (9, 4, 15_000));
        assert_eq!(labels.start_or(Timestamp(0)).to_string(), "2026-11-22T10:18:28.886Z");
        let first = labels.faults.first().unwrap();
        assert_eq!((first.kind.as_str(), first.culprit.as_str()), ("noisy_neighbour_pg", "acme"));
        assert_eq!(first.tenants().len(), 4);
        assert!(labels.faults.is_sorted_by_key(|fault| fault.start));
    }

    #[test]
    fn a_fault_is_felt_until_its_grace_is_over() {
        let labels = recorded();
        let first = labels.faults.first().unwrap();
        let cases = [(first.start + -1, 0), (first.start, 1), (first.end + 15_000, 1), (first.end + 15_001, 0)];
        for (at, expected) in cases {
            assert_eq!(labels.faults_at(at).count(), expected, "{at}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let label = r#"{"start":2,"end":1,"kind":"k","culprit":"a","resource":"r","anomalous":true}"#;
        let cases = [
            ("{}".to_owned(), "l.json: missing field `labels` at line 1 column 2"),
            (r#"{"labels":[],"grace_s":-1}"#.to_owned(), "l.json: grace_s is -1, expected seconds from 0 to 86400"),
            (format!(r#"{{"labels":[{label}]}}"#), "l.json: label \"k\" ends at 1 before it starts at 2"),
        ];
        for (json, expected) in cases {
            assert_eq!(Labels::parse("l.json", &json).unwrap_err().to_string(), expected);
        }
    }
}
