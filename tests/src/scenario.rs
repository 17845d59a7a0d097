//! Scenarios: what comes in, as a few lines of YAML, and which incidents must come of it.
//!
//! A scenario describes series rather than listing their values, so that it reads like a story: this check takes a fifth
//! of a second, and from minute 20 to 25 eight times as long. What is described is spelled out as the records of agents
//! and goes through the very code of the service ([`fn@run`]), in every way it could be cut into batches, partitions and
//! lives of the process. Times are counted from the scenario's start.

mod arrivals;
mod expectation;
mod input;
mod run;
mod span;
mod spoken;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_yaml_ng::Value as Yaml;
use tidewatch_schemas::Timestamp;

pub use arrivals::{Arrival, arrivals};
pub use expectation::{Expected, mismatches};
pub use input::Input;
pub use run::{Outcome, Way, run};
pub use span::Span;
pub use spoken::Spoken;

/// When a scenario begins that does not say: Monday, 2 November 2026, 08:00 UTC.
const START: Timestamp = Timestamp(1_793_606_400_000);

/// A story with its end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name.
    #[serde(skip)]
    pub name: String,
    /// The story in a sentence.
    pub about: String,
    /// When it begins.
    #[serde(default = "usual_start")]
    pub start: Timestamp,
    /// `events` or `ticks`, as in the configuration.
    #[serde(default = "events")]
    pub clock: String,
    /// Options that differ, by path.
    #[serde(default)]
    pub config: BTreeMap<String, Yaml>,
    /// Parts of inputs that several share by YAML's anchors.
    #[serde(default, rename = "shapes")]
    _shapes: BTreeMap<String, Yaml>,
    /// Series.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// Records that are written out.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What people do about the incidents.
    #[serde(default)]
    pub verdicts: Vec<Spoken>,
    /// Every n-th record is sent twice, as a producer that retries does.
    #[serde(default)]
    pub repeat_records: usize,
    /// Until when ticks come; the last record by default.
    pub until: Option<Span>,
    /// Another scenario whose incidents are the same but for where their evidence stood.
    pub same_as: Option<String>,
    /// What must come of it.
    pub expect: Expected,
}

/// A record that is written out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When it arrives; `{at}` in its text is this moment in milliseconds.
    pub at: Span,
    /// Its value.
    pub text: String,
}

fn usual_start() -> Timestamp {
    START
}

fn events() -> String {
    "events".to_owned()
}

impl Scenario {
    /// The moment that is so long after its start.
    fn moment(&self, after: Span) -> Timestamp {
        self.start + after.0
    }

    /// Reads one scenario.
    ///
    /// # Panics
    /// When the text is none; the message names the scenario.
    pub fn parse(name: &str, text: &str) -> Self {
        let mut yaml: Yaml = serde_yaml_ng::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        yaml.apply_merge().unwrap_or_else(|error| panic!("{name}: {error}"));
        let parsed: Self = serde_yaml_ng::from_value(yaml).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), ..parsed }
    }

    /// Every scenario of `tests/scenarios`, by name.
    ///
    /// # Panics
    /// When one cannot be read.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut scenarios: Vec<Self> =
            entries.map(|entry| read(&entry.expect("an entry can be read").path())).collect();
        scenarios.sort_by(|one, other| one.name.cmp(&other.name));
        scenarios
    }
}

fn read(path: &Path) -> Scenario {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Scenario::parse(&name, &text)
}
