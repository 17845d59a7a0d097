//! Inputs that were refused, by file and line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tidewatch_schemas::{Reject, RejectReason};

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
}

/// `file:line`.
pub(super) fn place(file: &Path, line: usize) -> String {
    format!("{}:{line}", file.display())
}

/// Which line of which file each record of a topic was.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(BTreeMap<String, (String, Vec<usize>)>);

impl Places {
    /// The lines of `file` are the records of `topic`, in this order.
    pub fn add(&mut self, topic: &str, file: &Path, lines: Vec<usize>) {
        self.0.insert(topic.to_owned(), (file.display().to_string(), lines));
    }

    pub fn refused(&self, reject: Reject) -> Refused {
        let Reject { reason, detail, origin, count, .. } = reject;
        let known = self.0.get(&*origin.topic).and_then(|(file, lines)| {
            let line = lines.get(usize::try_from(origin.offset).ok()?)?;
            Some(format!("{file}:{line}"))
        });
        let place = known.unwrap_or_else(|| format!("{} offset {}", origin.topic, origin.offset));
        Refused { place, reason, detail, count }
    }
}
