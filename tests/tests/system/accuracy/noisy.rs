//! A node of Kubernetes on which nobody measures how slow work is: who is named in the public set `k8s_noisy`.

use std::fs;
use std::io::Read as _;

use flate2::read::GzDecoder;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tidewatch_ingest::Ingest;
use tidewatch_pipelines::config::{Config, Text};
use tidewatch_pipelines::detect::Settings;
use tidewatch_pipelines::driver::{Driver, Outputs, Push, Setup, in_memory};
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::finding::DetectorName;
use tidewatch_tests::accuracy::library;

const FILE: &str = "exp1_round-1.csv.gz";
/// Columns that Kubernetes has a name for, of what a container takes.
const SIGNALS: [(&str, &str, &str); 3] = [
    ("cpu_usage", "k8s.pod.cpu.usage", "1"),
    ("network_total_bandwidth", "k8s.pod.network.io", "By"),
    ("disk_throughput_total", "container.blockio.io_service_bytes_recursive", "By"),
];
/// The tenant that comes for half of the hour.
const CULPRIT: &str = "tenant-b";
/// What is said of it, as `docs/contention.md` has it.
const SENTENCE: &str = "tenant-b takes much of the processor time of node-1 since 17:18; the work of tenant-d and tenant-c \
                        fell by 22 % and 27 % when it came and falls whenever it takes more; how slow work is, nobody \
                        measures, and less work can be less demand; confidence low";

/// The rows of the set, as lines of JSON. What the culprit took may be told as of so many rows later, in a circle.
fn lines(text: &str, later: usize) -> Vec<(Timestamp, String)> {
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = rows.next().expect("names of columns");
    let rows: Vec<Vec<&str>> = rows.collect();
    let mut lines = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let time: DateTime = row[0].parse().expect("a time");
        let time = Timestamp(time.to_zoned(TimeZone::UTC).expect("a moment").timestamp().as_millisecond());
        for (column, name) in names.iter().enumerate() {
            let Some((tenant, of)) = name.split_once('.') else { continue };
            let Some((_, signal, unit)) = SIGNALS.iter().find(|(known, ..)| *known == of) else { continue };
            let from = if tenant == CULPRIT { (at + rows.len() - later) % rows.len() } else { at };
            let Ok(value) = rows[from][column].parse::<f64>() else { continue };
            let line = serde_json::json!({
                "ts": time.0, "pool": "lab", "tenant": tenant, "resource": "node-1", "name": signal, "kind": "gauge",
                "unit": unit, "value": value,
            });
            lines.push((time, line.to_string()));
        }
    }
    lines
}

/// What is published of them, when the process is killed after every so many records.
fn published(lines: &[(Timestamp, String)], kill_every: Option<usize>) -> Outputs {
    let yaml = "ingest: { sources: [{ topics: [lines], format: json_lines }] }";
    let clock = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    let config =
        Config::from_text(Some(Text { name: "noisy", yaml }), [clock], &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let ingest = Ingest::new(config.ingest.settings).unwrap_or_else(|error| panic!("{error}"));
    let setup = Setup { ingest, detect: Settings::new(&config.detect), partitions: 1, batch: 100, open: in_memory() };
    let mut driver = Driver::new(setup).expect("an empty store opens");
    for (number, (at, line)) in (1_usize..).zip(lines) {
        let push = Push { topic: "lines", value: Some(line.as_bytes()), at: *at, ..Push::default() };
        driver.push(&push).expect("a store in memory does not fail");
        if kill_every.is_some_and(|every| number.is_multiple_of(every)) {
            driver.kill_and_restart().expect("it opens again");
        }
    }
    driver.flush().expect("a store in memory does not fail");
    driver.take_outputs()
}

/// Who is named, and whose work follows, in every finding of it.
fn named(outputs: &Outputs) -> Vec<(Vec<String>, Vec<String>)> {
    let of = |names: &[tidewatch_schemas::TenantId]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let following = outputs.findings.iter().filter(|finding| finding.detector == DetectorName::Following);
    following
        .map(|finding| {
            let said = finding.contention.as_ref().expect("it says who");
            (of(&said.culprits), of(&said.victims))
        })
        .collect()
}

/// The set as text, where it is there.
fn recorded() -> Option<String> {
    let packed = fs::read(library::find("k8s_noisy")?.join(FILE)).expect("the set can be read");
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).expect("text");
    Some(text)
}

#[test]
fn the_culprit_is_named_by_those_whose_work_follows_it() {
    let Some(text) = recorded() else { return };
    let rows = lines(&text, 0);
    let outputs = published(&rows, None);
    let found = named(&outputs);
    assert_eq!(found, [(vec![CULPRIT.to_owned()], vec!["tenant-c".to_owned(), "tenant-d".to_owned()])]);
    let told = outputs.findings.iter().find(|finding| finding.detector == DetectorName::Following);
    assert_eq!(told.map(|finding| finding.summary.as_str()), Some(SENTENCE));
    assert!(outputs.incidents.iter().all(|incident| incident.culprits.is_empty()), "less work may be less demand");
    for kill_every in [7, 500] {
        assert_eq!(named(&published(&rows, Some(kill_every))), found, "killed after every {kill_every} records");
    }
    // The same use at another time, in a circle of an hour, is followed by nobody.
    for later in (5..=356).step_by(9) {
        assert_eq!(named(&published(&lines(&text, later), None)), [], "told as of {later} rows later");
    }
}

/// The figures of `docs/contention.md`.
#[test]
#[ignore = "counts: cargo test --workspace --test system accuracy::noisy -- --ignored --nocapture"]
fn times_at_which_the_culprit_is_named() {
    let Some(text) = recorded() else { return };
    let named: Vec<usize> =
        (0..360).filter(|later| !named(&published(&lines(&text, *later), None)).is_empty()).collect();
    println!("named with its use told as of so many rows of 10 s later, of 360: {named:?}");
}
