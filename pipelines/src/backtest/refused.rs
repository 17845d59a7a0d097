//! Inputs that were refused, by file and line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tidewatch_schemas::{Origin, Reject, RejectReason};

/// Refused inputs that are listed one by one; the others are counted.
const LISTED: usize = 1_000;

/// A refused input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// File and line, as `metrics.jsonl:12`; topic and offset where the input came as OTLP.
    pub place: String,
    /// Why.
    pub reason: RejectReason,
    /// What exactly.
    pub detail: String,
    /// How many inputs this stands for.
    pub count: u64,
}

/// Every refused input, counted; the first ones listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// How many there were.
    #[serde(rename = "refused")]
    pub total: u64,
    /// The first thousand.
    #[serde(rename = "rejects")]
    pub listed: Vec<Refused>,
}

impl Refusals {
    /// Takes note of refused inputs.
    pub(super) fn add(&mut self, refused: Refused) {
        self.total = self.total.saturating_add(refused.count);
        if self.listed.len() < LISTED {
            self.listed.push(refused);
        }
    }

    /// Takes note of all of `others`.
    pub(super) fn append(&mut self, others: Self) {
        self.total = self.total.saturating_add(others.total);
        let room = LISTED.saturating_sub(self.listed.len());
        self.listed.extend(others.listed.into_iter().take(room));
    }
}

/// `file:line`.
pub(super) fn place(file: &Path, line: usize) -> String {
    format!("{}:{line}", file.display())
}

/// The lines of a file, in the order in which they are sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    file: String,
    numbers: Vec<usize>,
    /// Where the lines of each record begin.
    records: Vec<usize>,
    next: usize,
}

impl Lines {
    pub fn of(file: &Path) -> Self {
        Self { file: file.display().to_string(), ..Self::default() }
    }

    /// The next line of the record that is being filled.
    pub fn add(&mut self, line: usize) {
        self.numbers.push(line);
    }

    /// No more lines go into this record.
    pub fn end_record(&mut self) {
        self.records.push(self.next);
        self.next = self.numbers.len();
    }

    fn place(&self, origin: &Origin) -> Option<String> {
        let first = *self.records.get(usize::try_from(origin.offset).ok()?)?;
        let line = self.numbers.get(first + usize::try_from(origin.index).ok()?)?;
        Some(format!("{}:{line}", self.file))
    }
}

/// Which line of which file each record of a topic was.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(BTreeMap<String, Lines>);

impl Places {
    /// `lines` are what the records of `topic` hold.
    pub fn insert(&mut self, topic: &str, lines: Lines) {
        self.0.insert(topic.to_owned(), lines);
    }

    pub fn refused(&self, reject: Reject) -> Refused {
        let Reject { reason, detail, origin, count, .. } = reject;
        let known = self.0.get(&*origin.topic).and_then(|lines| lines.place(&origin));
        let place = known.unwrap_or_else(|| format!("{} offset {}", origin.topic, origin.offset));
        Refused { place, reason, detail, count }
    }
}
