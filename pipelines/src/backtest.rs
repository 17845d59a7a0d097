//! Judges files as the service would judge the same input from Kafka: ingest and detect on the [`driver`](crate::driver), in memory.
//!
//! | input | becomes |
//! |---|---|
//! | a folder, `odoo*.log`, `postgresql*.json` | the OTLP messages of a [`recording`](crate::recording) |
//! | `*.jsonl` | Tidewatch's own JSON lines, one record a line; OTLP messages where the caller asks for it |
//! | `*.csv`, `*.parquet` | a series for each column; the tenant is the name of the file |
//! | `*.parquet` with a column `name` or `signal` and one `value` | Tidewatch's own JSON lines |
//!
//! each but Parquet as it is or gzipped (`.gz`). Tables are judged each by itself; all other records are merged by time and
//! judged together. Time is the events', whatever the configuration says about the clock. Files are held in
//! memory, because a merge by time must have seen all of them.
//!
//! | module | does |
//! |---|---|
//! | `files`, `lines`, `csv`, `parquet`, `corpus` | read inputs of each kind |
//! | `table` | rows of numbers at times, and how they are fed |
//! | `trial`, `run` | all inputs in order; one feed through the driver |
//! | `rows`, `results` | what was said about each row, and the files that tell it |
//! | `plots` | series ready to be drawn |
//! | `refused`, `text` | inputs that were refused; all of it for people |

mod corpus;
mod csv;
mod files;
mod lines;
mod parquet;
mod plots;
mod refused;
mod results;
mod rows;
mod run;
mod table;
mod text;
mod trial;

use std::path::PathBuf;

use serde::Serialize;
use tidewatch_ingest::SettingsError;
use tidewatch_schemas::{Finding, Incident, TenantId, Timestamp};

use crate::config::Config;
use crate::labels::Labels;
use crate::protocol::LaneError;
use crate::recording::RecordingError;
use crate::report::{self, Plot};
use crate::scoreboard::{Comparison, Report, SeriesTally, Side, Total};
use trial::Trial;

pub use refused::{Refusals, Refused};
pub use text::{summary, text};

/// Pool of a recording that does not say which one it is from.
pub const RECORDING_POOL: &str = "odoo-lab";

/// What is to be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Folders and files.
    pub inputs: Vec<PathBuf>,
    /// Pool of what names none; [`RECORDING_POOL`] where a folder is among the inputs, else `default`.
    pub pool: Option<String>,
    /// Whether JSON lines are sent as OTLP, as a recording's are.
    pub from_otlp: bool,
    /// A corpus in the layout of the Numenta Anomaly Benchmark.
    pub corpus: Option<PathBuf>,
    /// Folder into which is written what was said about every row of a table.
    pub out: Option<PathBuf>,
    /// Whether plots of all series are wanted.
    pub plots: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Every revision of every incident, in the order of publication.
    pub changes: Vec<Incident>,
    /// Incidents in their last revision, and scores where there were labels.
    pub report: Report,
    /// Findings with which an alarm begins.
    pub findings: Vec<Finding>,
    /// What was said about every series by itself.
    pub series: Vec<SeriesTally>,
    /// What was said about all series together.
    pub total: Total,
    /// How every series looks, where that is asked for.
    pub plots: Vec<Plot>,
    /// Inputs that were refused.
    pub refused: Refusals,
    /// Records that were judged.
    pub records: u64,
    /// When the first of them happened; `None` when there were none.
    pub started: Option<Timestamp>,
}

/// Why files cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A file cannot be opened, read or unpacked.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The name does not tell what the file holds.
    #[error(
        "{}: unknown kind of file, expected a folder with a recording, *.parquet, or *.csv, *.jsonl, odoo*.log or \
         postgresql*.json, each of these also as .gz",
        path.display()
    )]
    UnknownFile {
        /// The file.
        path: PathBuf,
    },
    /// Two tables would be the same series.
    #[error("{}: another file of this name is there, and the name is the tenant; rename one", path.display())]
    SameTenant {
        /// The second of them.
        path: PathBuf,
    },
    /// A table or a corpus cannot be judged.
    #[error("{}: {problem}", path.display())]
    Table {
        /// The file, or the folder of the corpus.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The labels are about others.
    #[error("no label is about anybody in the input: the first one names {tenant}, and the input has {known}")]
    Strangers {
        /// Whom a label names.
        tenant: TenantId,
        /// Who is in the input.
        known: String,
    },
    /// A recording cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The settings of ingest do not go together.
    #[error(transparent)]
    Ingest(#[from] SettingsError),
    /// Detect could not go on.
    #[error(transparent)]
    Detect(#[from] LaneError),
}

/// Series on a page, so that it stays light; those with the most alarms.
const SHOWN: usize = 60;

/// All plots of `outcome` on one page of HTML; `about` says in a line what was judged.
#[must_use]
pub fn page(outcome: &Outcome, about: &str) -> String {
    let Outcome { total, series, plots, .. } = outcome;
    let mut shown: Vec<&Plot> = plots.iter().collect();
    if shown.len() > SHOWN {
        shown.sort_by_key(|plot| std::cmp::Reverse(plot.alarms.len()));
        shown.truncate(SHOWN);
    }
    let left_out = plots.len() - shown.len();
    report::page(&report::Page { about, total, series, plots: &shown, left_out })
}

/// Called as the back-test goes on, with how many records were judged and how many there are.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Judges everything that `request` names.
///
/// # Errors
/// When a file cannot be read or written, or labels are about others. A line that cannot be read is refused, and the rest goes on.
pub fn run(
    request: &Request,
    config: &Config,
    labels: Option<&Labels>,
    progress: Progress<'_>,
) -> Result<Outcome, BacktestError> {
    Trial::new(request, config, labels, progress).run()
}

/// The report as it is printed as JSON.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    report: &'a Report,
    total: &'a Total,
    series: &'a [SeriesTally],
    #[serde(flatten)]
    refused: &'a Refusals,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<PrintedAgainst<'a>>,
}

/// What another configuration makes of it.
#[derive(Serialize)]
struct PrintedAgainst<'a> {
    total: &'a Total,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// What another configuration makes of the same input.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// What came of it.
    pub outcome: Outcome,
    /// What differs.
    pub comparison: Comparison,
}

impl Outcome {
    /// One JSON object: `incidents[]` in their last revision; `labelled`, `found[]`, `missed[]` and `false_incidents[]` where
    /// there were labels; `total` and `series[]`, the alarms of the series themselves; `refused`, how many inputs were, and
    /// `rejects[]`, the first of them; `against`, what another configuration makes of it, where there is one.
    pub fn to_json(&self, other: Option<&Other>) -> serde_json::Result<String> {
        let Self { report, total, series, refused, .. } = self;
        let against = other.map(|Other { outcome, comparison }| PrintedAgainst { total: &outcome.total, comparison });
        serde_json::to_string_pretty(&Printed { report, total, series, refused, against })
    }

    /// Compares with what another configuration made of the same input.
    #[must_use]
    pub fn compare(&self, outcome: Self) -> Other {
        let comparison = Comparison::of(&self.side(), &outcome.side());
        Other { outcome, comparison }
    }

    fn side(&self) -> Side<'_> {
        let Self { findings, report, total, .. } = self;
        Side { findings, report, total }
    }
}

#[cfg(test)]
mod tests;
