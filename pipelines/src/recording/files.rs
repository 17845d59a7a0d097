//! Reads folders and files into events. What a file holds follows from its name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::error::{BadLine, RecordingError};
use super::event::Event;
use super::{metric_events, odoo_log, postgresql_log};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    MetricEvents,
    OdooLog,
    PostgresqlJson,
}

/// Beginnings of the names of metric event files that a folder gives.
const METRIC_FILES: [&str; 3] = ["cron_runs", "metrics", "synthetic"];

/// What files hold, file by file and line by line.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub events: Vec<Event>,
    /// Lines that are no events.
    pub bad: Vec<RecordingError>,
}

impl Found {
    /// The events, if every line is one.
    pub fn all_good(self) -> Result<Vec<Event>, RecordingError> {
        match self.bad.into_iter().next() {
            Some(first) => Err(first),
            None => Ok(self.events),
        }
    }
}

/// Everything in `paths`.
pub(super) fn find(paths: &[PathBuf]) -> Result<Found, RecordingError> {
    let mut found = Found::default();
    for path in paths {
        for file in files_of(path)? {
            let open = File::open(&file).map_err(|error| RecordingError::io(&file, error))?;
            read_into(&file, open, &mut found)?;
        }
    }
    Ok(found)
}

/// The files that `path` stands for: itself, or what a folder holds, sorted by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, RecordingError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(|error| RecordingError::io(path, error))? {
        let file = entry.map_err(|error| RecordingError::io(path, error))?.path();
        if belongs_to_a_recording(&file) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(RecordingError::EmptyFolder { path: path.to_owned() });
    }
    Ok(files)
}

fn belongs_to_a_recording(file: &Path) -> bool {
    match format_of(file) {
        Some(Format::MetricEvents) => METRIC_FILES.iter().any(|known| name_of(file).starts_with(known)),
        Some(Format::OdooLog | Format::PostgresqlJson) => true,
        None => false,
    }
}

/// The file name without `.gz`.
fn name_of(file: &Path) -> &str {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_suffix(".gz").unwrap_or(name)
}

fn format_of(file: &Path) -> Option<Format> {
    let (stem, extension) = name_of(file).rsplit_once('.')?;
    match extension {
        "jsonl" => Some(Format::MetricEvents),
        "log" if stem.starts_with("odoo") => Some(Format::OdooLog),
        "json" if stem.starts_with("postgresql") => Some(Format::PostgresqlJson),
        _ => None,
    }
}

/// Appends what one file holds; its name tells what `content` is and whether it is compressed.
pub(super) fn read_into(file: &Path, content: impl Read, found: &mut Found) -> Result<(), RecordingError> {
    let format = format_of(file).ok_or_else(|| RecordingError::UnknownFile { path: file.to_owned() })?;
    if file.extension().is_some_and(|extension| extension == "gz") {
        read_lines(file, format, BufReader::new(MultiGzDecoder::new(content)), found)
    } else {
        read_lines(file, format, BufReader::new(content), found)
    }
}

fn read_lines(file: &Path, format: Format, content: impl BufRead, found: &mut Found) -> Result<(), RecordingError> {
    let mut odoo = odoo_log::Reader::default();
    for (index, line) in content.split(b'\n').enumerate() {
        let bytes = line.map_err(|error| RecordingError::io(file, error))?;
        match read_line(format, &bytes, &mut odoo) {
            Ok(event) => found.events.extend(event),
            Err(bad) => found.bad.push(RecordingError::line(file, index + 1, bad)),
        }
    }
    found.events.extend(odoo.finish());
    Ok(())
}

/// The event that `bytes` complete, if any.
fn read_line(format: Format, bytes: &[u8], odoo: &mut odoo_log::Reader) -> Result<Option<Event>, BadLine> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error))?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    match format {
        Format::OdooLog => odoo.line(text),
        _ if text.is_empty() => Ok(None),
        Format::MetricEvents => metric_events::parse(text).map(Some),
        Format::PostgresqlJson => postgresql_log::parse(text).map(Some),
    }
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> BadLine {
    BadLine::new(error.to_string(), &String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &[u8]) -> Result<Vec<Event>, String> {
        let mut found = Found::default();
        let read = read_into(Path::new(name), content, &mut found);
        read.and_then(|()| found.all_good()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_gives_what_agents_would_send_and_nothing_derived() {
        let cases = [
            ("metrics.jsonl.gz", true),
            ("metrics-2.jsonl", true),
            ("synthetic.jsonl.gz", true),
            ("cron_runs.jsonl", true),
            ("odoo.log.gz", true),
            ("postgresql.json", true),
            ("derived_requests.jsonl.gz", false),
            ("loadgen_ops.jsonl.gz", false),
            ("other_processes_cpu.jsonl.gz", false),
            ("postgresql.csv.gz", false),
            ("postgresql.log.gz", false),
            ("nginx_access.json.gz", false),
            ("nginx_error.log.gz", false),
            ("labels.json", false),
            ("README.md", false),
        ];
        for (name, expected) in cases {
            assert_eq!(belongs_to_a_recording(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn errors_name_file_line_and_value() {
        let cases: [(&str, &[u8], &str); 4] = [
            (
                "metrics.jsonl",
                b"\n{\"ts\":\"soon\"}\n",
                "metrics.jsonl line 2: invalid type: string \"soon\", expected i64 at line 1 column 12: \
                 \"{\\\"ts\\\":\\\"soon\\\"}\"",
            ),
            (
                "metrics.jsonl",
                b"\xff\xfe",
                "metrics.jsonl line 1: invalid utf-8 sequence of 1 bytes from index 0: \"\u{fffd}\u{fffd}\"",
            ),
            ("metrics.jsonl.gz", b"plain text", "metrics.jsonl.gz: invalid gzip header"),
            (
                "notes.txt",
                b"",
                "notes.txt: unknown kind of file, expected *.jsonl (metric events), odoo*.log or postgresql*.json, each \
                 also as .gz",
            ),
        ];
        for (name, content, expected) in cases {
            assert_eq!(read(name, content).unwrap_err(), expected, "{name}");
        }
    }

    #[test]
    fn a_bad_line_costs_no_other() {
        let good = r#"{"ts":1,"resource":"r","name":"n","kind":"gauge","value":1}"#;
        let mut found = Found::default();
        read_into(Path::new("metrics.jsonl"), format!("{good}\n?\n{good}\n").as_bytes(), &mut found).unwrap();
        assert_eq!((found.events.len(), found.bad.len()), (2, 1));
        assert!(found.bad[0].to_string().starts_with("metrics.jsonl line 2: "), "{}", found.bad[0]);
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = find(&[PathBuf::from("no/such/metrics.jsonl")]).unwrap_err().to_string();
        assert!(error.starts_with("no/such/metrics.jsonl: "), "{error}");
    }

    #[test]
    fn a_folder_without_a_recording_says_what_it_should_hold() {
        let error = find(&[PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")]).unwrap_err().to_string();
        assert!(error.contains("no recording in this folder"), "{error}");
    }
}
