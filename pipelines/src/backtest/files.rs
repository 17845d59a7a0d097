//! Which input is what, and the records of all that are judged together.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tidewatch_ingest::{Format, Source};
use tidewatch_schemas::RejectReason;

use super::refused::{Refusals, Refused, place};
use super::run::{Feed, Record};
use super::{BacktestError, RECORDING_POOL, Request, lines};
use crate::recording::{Recording, RecordingError, otlp};

/// Where nobody says which pool.
const POOL: &str = "default";

/// The inputs by kind, each in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inputs {
    pub recording: Vec<PathBuf>,
    pub lines: Vec<PathBuf>,
    pub csv: Vec<PathBuf>,
    pub parquet: Vec<PathBuf>,
    has_folder: bool,
}

impl Inputs {
    pub fn sort_out(request: &Request) -> Result<Self, BacktestError> {
        let mut inputs = Self::default();
        for path in &request.inputs {
            let found = fs::metadata(path).map_err(|source| BacktestError::Io { path: path.clone(), source })?;
            inputs.has_folder |= found.is_dir();
            let kind = if found.is_dir() { "recording" } else { extension(path) };
            match kind {
                "csv" => inputs.csv.push(path.clone()),
                "parquet" => inputs.parquet.push(path.clone()),
                "jsonl" if !request.from_otlp => inputs.lines.push(path.clone()),
                "recording" | "jsonl" | "log" | "json" => inputs.recording.push(path.clone()),
                _ => return Err(BacktestError::UnknownFile { path: path.clone() }),
            }
        }
        Ok(inputs)
    }

    pub fn pool(&self, request: &Request) -> String {
        let otherwise = if self.has_folder { RECORDING_POOL } else { POOL };
        request.pool.clone().unwrap_or_else(|| otherwise.to_owned())
    }

    /// Whether there are records for sure; a Parquet file may hold some, too.
    pub fn has_records(&self) -> bool {
        !self.recording.is_empty() || !self.lines.is_empty()
    }

    /// Everything but CSV and Parquet, in time order; of one moment, recordings first, then files in the order given.
    pub fn read(&self, pool: &str, refused: &mut Refusals) -> Result<Feed, BacktestError> {
        let mut feed = Feed { pool: pool.to_owned(), ..Feed::default() };
        if !self.recording.is_empty() {
            let recording = self.recording(refused)?;
            feed.sources.push(source(otlp::METRICS_TOPIC, Format::OtlpMetricsProto));
            feed.sources.push(source(otlp::LOGS_TOPIC, Format::OtlpLogsProto));
            let record = |message: otlp::Message| Record {
                topic: message.topic.into(),
                at: message.at,
                value: message.value.into(),
                lines: 1,
            };
            feed.records.extend(otlp::messages(&recording, pool).map(record));
        }
        let mut topics = BTreeSet::new();
        for path in &self.lines {
            let topic = topic_of(path, &mut topics);
            lines::read(path, &topic, &mut feed)?;
            feed.sources.push(source(&topic, Format::JsonLines));
        }
        feed.put_in_order();
        Ok(feed)
    }

    fn recording(&self, refused: &mut Refusals) -> Result<Recording, RecordingError> {
        let (recording, bad) = Recording::read_what_can_be(&self.recording)?;
        for error in bad {
            let RecordingError::Line { path, line, problem, value } = error else { return Err(error) };
            let (place, detail) = (place(&path, line), format!("{problem}: {value:?}"));
            refused.add(Refused { place, reason: RejectReason::Malformed, detail, count: 1 });
        }
        Ok(recording)
    }
}

pub(super) fn source(topic: &str, format: Format) -> Source {
    Source { topics: vec![topic.to_owned()], format }
}

/// The extension of a file without `.gz`.
pub(super) fn extension(path: &Path) -> &str {
    plain_name(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The name of a file without `.gz`.
pub(super) fn plain_name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_suffix(".gz").unwrap_or(name)
}

/// The file's name as the name of a topic that nothing in `taken` has.
fn topic_of(path: &Path, taken: &mut BTreeSet<String>) -> String {
    free_name(plain_name(path), taken)
}

/// `name` with nothing in it that topics or files could not have, and unlike everything in `taken`, where it is put.
pub(super) fn free_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&letter);
    let name: String = name.chars().take(200).map(|letter| if is_allowed(letter) { letter } else { '_' }).collect();
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// Hands every line of a file to `each`, with its number from 1 and without its end.
pub(super) fn for_each_line(path: &Path, mut each: impl FnMut(usize, &[u8])) -> Result<(), BacktestError> {
    let broken = |source| BacktestError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(broken)?;
    let mut content: Box<dyn BufRead> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    let (mut line, mut number) = (Vec::new(), 0);
    while content.read_until(b'\n', &mut line).map_err(broken)? > 0 {
        number += 1;
        each(number, line.trim_ascii_end());
        line.clear();
    }
    Ok(())
}
