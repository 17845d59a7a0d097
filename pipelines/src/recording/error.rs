//! Why a recording cannot be read: which file, which line, what stands there.

use std::path::{Path, PathBuf};

/// Most characters of an offending line that an error quotes.
const QUOTED: usize = 120;

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file or folder cannot be opened, read or unpacked.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The name does not tell what the file holds.
    #[error(
        "{}: unknown kind of file, expected *.jsonl (metric events), odoo*.log or postgresql*.json, each also as .gz",
        path.display()
    )]
    UnknownFile {
        /// What was to be read.
        path: PathBuf,
    },
    /// The folder holds nothing that is read.
    #[error(
        "{}: no recording in this folder, expected at least one of metrics*.jsonl, synthetic*.jsonl, cron_runs*.jsonl, \
         odoo*.log, postgresql*.json, each also as .gz",
        path.display()
    )]
    EmptyFolder {
        /// What was to be read.
        path: PathBuf,
    },
    /// A line is not what it should be.
    #[error("{} line {line}: {problem}: {value:?}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
        /// How it begins.
        value: String,
    },
}

impl RecordingError {
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn line(path: &Path, line: usize, bad: BadLine) -> Self {
        Self::Line { path: path.to_owned(), line, problem: bad.problem, value: bad.value }
    }
}

/// What is wrong with a line, before it is known where the line stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    problem: String,
    value: String,
}

impl BadLine {
    /// `problem` says what would be right; of `value` only the beginning is kept.
    pub(super) fn new(problem: impl Into<String>, value: &str) -> Self {
        Self { problem: problem.into(), value: value.chars().take(QUOTED).collect() }
    }

    /// A line that is not the JSON object it should be.
    pub(super) fn json(error: &serde_json::Error, line: &str) -> Self {
        Self::new(error.to_string(), line)
    }
}
