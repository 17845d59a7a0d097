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

/// All events of `paths`, file by file and line by line.
pub(super) fn events(paths: &[PathBuf]) -> Result<Vec<Event>, RecordingError> {
    let mut events = Vec::new();
    for path in paths {
        for file in files_of(path)? {
            let open = File::open(&file).map_err(|error| RecordingError::io(&file, error))?;
            read_into(&file, open, &mut events)?;
        }
    }
    Ok(events)
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

/// Appends the events of one file, whose name tells what `content` holds and whether it is compressed.
pub(super) fn read_into(file: &Path, content: impl Read, events: &mut Vec<Event>) -> Result<(), RecordingError> {
    let format = format_of(file).ok_or_else(|| RecordingError::UnknownFile { path: file.to_owned() })?;
    if file.extension().is_some_and(|extension| extension == "gz") {
        read_lines(file, format, BufReader::new(MultiGzDecoder::new(content)), events)
    } else {
        read_lines(file, format, BufReader::new(content), events)
    }
}

fn read_lines(
    file: &Path,
    format: Format,
    content: impl BufRead,
    events: &mut Vec<Event>,
) -> Result<(), RecordingError> {
    let mut odoo = odoo_log::Reader::default();
    for (index, line) in content.split(b'\n').enumerate() {
        let bytes = line.map_err(|error| RecordingError::io(file, error))?;
        let place = |bad| RecordingError::line(file, index + 1, bad);
        let text = std::str::from_utf8(&bytes).map_err(|error| place(not_utf8(&bytes, error)))?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let event = match format {
            Format::OdooLog => odoo.line(text).map_err(place)?,
            _ if text.is_empty() => None,
            Format::MetricEvents => Some(metric_events::parse(text).map_err(place)?),
            Format::PostgresqlJson => Some(postgresql_log::parse(text).map_err(place)?),
        };
        events.extend(event);
    }
    events.extend(odoo.finish());
    Ok(())
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> BadLine {
    BadLine::new(error.to_string(), &String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &[u8]) -> Result<Vec<Event>, String> {
        let mut events = Vec::new();
        read_into(Path::new(name), content, &mut events).map_err(|error| error.to_string())?;
        Ok(events)
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
    fn a_path_that_is_not_there_is_named() {
        let error = events(&[PathBuf::from("no/such/metrics.jsonl")]).unwrap_err().to_string();
        assert!(error.starts_with("no/such/metrics.jsonl: "), "{error}");
    }

    #[test]
    fn a_folder_without_a_recording_says_what_it_should_hold() {
        let error = events(&[PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")]).unwrap_err().to_string();
        assert!(error.contains("no recording in this folder"), "{error}");
    }
}
