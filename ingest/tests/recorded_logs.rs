//! The logs of a recorded fleet, held against what was read from them by other means when they were recorded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value as Json;
use tidewatch_ingest::logs::{Line, LockPart, LogFormat, Reading, read};
use tidewatch_schemas::LockStage;

fn recorded(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/recordings/odoo-lab-a");
    let mut text = String::new();
    GzDecoder::new(File::open(folder.join(name)).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// Lines with those that continue them: a line that begins with a date begins an entry.
fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in text.lines() {
        match entries.last_mut() {
            Some(last) if !line.starts_with("2026-") => {
                last.push('\n');
                last.push_str(line);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

fn readings(entries: &[String]) -> Vec<Reading> {
    let of = |body: &String| read(LogFormat::Recognise, &Line { body, scope: "", severity: "", attributes: &[] });
    entries.iter().filter_map(of).collect()
}

/// Sums per database and signal; labelled signals by `signal{label}`.
fn sums(readings: &[Reading]) -> BTreeMap<(String, String), f64> {
    let mut sums = BTreeMap::new();
    for reading in readings {
        for fact in &reading.facts {
            let label = if fact.label.is_empty() { String::new() } else { format!("{{{}}}", fact.label) };
            let key = (reading.database.clone().unwrap_or_default(), format!("{}{label}", fact.of.name));
            *sums.entry(key).or_insert(0.0) += fact.value;
        }
    }
    sums
}

/// Requests, queries, and milliseconds of SQL and of the rest, per tenant and window of ten seconds, which a name by its end.
type Windows = BTreeMap<(i64, String), [f64; 4]>;

fn derived_windows() -> Windows {
    let names = ["lab.odoo.requests", "lab.odoo.sql_queries", "lab.odoo.sql_time", "lab.odoo.python_time"];
    let mut windows = Windows::new();
    for line in recorded("derived_odoo_time.jsonl.gz").lines() {
        let event: Json = serde_json::from_str(line).unwrap();
        let place = names.iter().position(|name| event["name"] == *name).unwrap();
        let key = (event["ts"].as_i64().unwrap(), event["tenant"].as_str().unwrap().to_owned());
        windows.entry(key).or_default()[place] = event["value"].as_f64().unwrap();
    }
    windows
}

fn parsed_windows() -> Windows {
    let mut windows = Windows::new();
    for reading in readings(&entries(&recorded("odoo.log.gz"))) {
        let (at, tenant) = (reading.at.unwrap().0, reading.database.unwrap_or_default());
        let end = at - at.rem_euclid(10_000) + 10_000;
        for fact in &reading.facts {
            let (place, factor) = match fact.of.name {
                "odoo.requests" => (0, 1.0),
                "odoo.request.queries" => (1, 1.0),
                "odoo.request.query.time" => (2, 1_000.0),
                "odoo.request.worker.time" => (3, 1_000.0),
                _ => continue,
            };
            windows.entry((end, tenant.clone())).or_default()[place] += fact.value * factor;
        }
    }
    // The recording has the remaining time alone; worker time is both.
    for window in windows.values_mut() {
        window[3] -= window[2];
    }
    windows
}

#[test]
fn worker_time_of_every_tenant_and_window_is_what_was_recorded() {
    let (parsed, derived) = (parsed_windows(), derived_windows());
    assert_eq!(derived.len(), 582);
    let mut differing = BTreeSet::new();
    for (key, expected) in &derived {
        let found = parsed.get(key).copied().unwrap_or_default();
        if found.iter().zip(expected).any(|(found, expected)| (found - expected).abs() > 0.05) {
            differing.insert(format!("{key:?}: {found:?}, recorded {expected:?}"));
        }
    }
    assert_eq!(differing, BTreeSet::new());
}

#[test]
fn every_run_of_a_job_is_counted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/recordings/odoo-lab-a");
    let runs = std::fs::read_to_string(folder.join("cron_runs.jsonl")).unwrap();
    let mut recorded_runs = BTreeMap::<String, f64>::new();
    for line in runs.lines() {
        let event: Json = serde_json::from_str(line).unwrap();
        *recorded_runs.entry(event["tenant"].as_str().unwrap().to_owned()).or_default() += 1.0;
    }
    let sums = sums(&readings(&entries(&recorded("odoo.log.gz"))));
    for (tenant, expected) in recorded_runs {
        assert_eq!(sums.get(&(tenant.clone(), "odoo.cron.runs".to_owned())), Some(&expected), "{tenant}");
    }
}

#[test]
fn the_three_forms_of_one_log_say_the_same() {
    let json: Vec<String> = recorded("postgresql.json.gz").lines().map(str::to_owned).collect();
    let of_json = sums(&readings(&json));
    for (name, text) in [("csv", recorded("postgresql.csv.gz")), ("stderr", recorded("postgresql.log.gz"))] {
        let found = sums(&readings(&entries(&text)));
        let keys: BTreeSet<_> = of_json.keys().chain(found.keys()).collect();
        for key in keys {
            let (expected, found) = (of_json.get(key).copied(), found.get(key).copied());
            let apart = (expected.unwrap_or(0.0) - found.unwrap_or(0.0)).abs();
            assert!(apart < 1e-6 * expected.unwrap_or(1.0).max(1.0), "{name}: {key:?} {found:?}, json {expected:?}");
        }
    }
}

/// What is said about locks, pieces that follow each other put together as one record would.
fn locks(readings: Vec<Reading>) -> Vec<LockPart> {
    let mut found: Vec<LockPart> = Vec::new();
    for part in readings.into_iter().filter_map(|reading| reading.lock) {
        match found.last_mut() {
            Some(last) if part.goes_on => last.add(part.event),
            _ if part.goes_on => {}
            _ => found.push(part),
        }
    }
    // Lines of one moment stand in another order in each form.
    found.sort_by_key(|part| (part.event.waiter, format!("{part:?}")));
    found
}

#[test]
fn the_three_forms_of_one_log_say_the_same_about_locks() {
    let json: Vec<String> = recorded("postgresql.json.gz").lines().map(str::to_owned).collect();
    let of_json = locks(readings(&json));
    let waiting = of_json.iter().filter(|part| part.event.stage == LockStage::Waiting);
    assert!(waiting.clone().count() > 30 && waiting.clone().all(|part| !part.event.holders.is_empty()));
    for (name, text) in [("csv", recorded("postgresql.csv.gz")), ("stderr", recorded("postgresql.log.gz"))] {
        let found = locks(readings(&entries(&text)));
        assert_eq!(found.len(), of_json.len(), "{name}");
        for (found, expected) in found.iter().zip(&of_json) {
            assert_eq!(found.event, expected.event, "{name}");
        }
    }
}
