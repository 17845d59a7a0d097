//! Laws of back-tests: what is judged does not depend on how it was written down.

use std::fs;
use std::path::Path;

use tidewatch_schemas::catalog::Role;
use tidewatch_schemas::{Catalog, Origin, RejectReason};

use super::*;

fn config() -> Config {
    Config::from_text(None, [], &[]).unwrap()
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings/odoo-lab-a").join(name)
}

fn judged(request: &Request) -> Outcome {
    run(request, &config(), None, &mut |_, _| {}).unwrap()
}

/// Incidents without what belongs to the way their evidence came: its positions, and the context that happened to be there
/// and counted when a moment's first finding opened one.
fn without_ways(mut incidents: Vec<Incident>) -> Vec<Incident> {
    for incident in &mut incidents {
        incident.findings = 0;
        incident.evidence.retain(|evidence| Catalog.lookup(evidence.signal.as_str()).role != Role::Context);
        for evidence in &mut incident.evidence {
            evidence.source = Origin { topic: "any".into(), partition: 0, offset: 0, index: 0 };
        }
    }
    incidents
}

#[test]
fn json_lines_give_the_same_incidents_as_the_otlp_that_an_agent_would_send() {
    let inputs = ["cron_runs.jsonl", "metrics.jsonl.gz", "synthetic.jsonl.gz"].map(recorded).to_vec();
    let lines = judged(&Request { inputs: inputs.clone(), ..Request::default() });
    let otlp = judged(&Request { inputs, from_otlp: true, ..Request::default() });
    assert!(!lines.changes.is_empty());
    assert_eq!((lines.refused.total, otlp.refused.total), (0, 0));
    assert_eq!(without_ways(lines.changes), without_ways(otlp.changes));
}

#[test]
fn bad_lines_are_refused_by_file_and_line_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.jsonl");
    let good = r#"{"ts":1795342714149,"tenant":"acme","resource":"pg","name":"n","unit":"1","kind":"gauge","value":6}"#;
    fs::write(&file, format!("{good}\n\nnonsense\n{}\n{good}\n", good.replace("6}", "null}"))).unwrap();
    let place = |line: usize| format!("{}:{line}", file.display());
    for (from_otlp, null, records) in [(false, RejectReason::MissingValue, 4), (true, RejectReason::Malformed, 1)] {
        let outcome = judged(&Request { inputs: vec![file.clone()], from_otlp, ..Request::default() });
        let told: Vec<_> = outcome.refused.listed.iter().map(|bad| (bad.place.clone(), bad.reason)).collect();
        assert_eq!(told, [(place(3), RejectReason::Malformed), (place(4), null)], "from_otlp: {from_otlp}");
        assert_eq!((outcome.refused.total, outcome.records), (2, records), "from_otlp: {from_otlp}");
    }
}

#[test]
fn an_unreadable_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.csv.gz");
    fs::write(&broken, "this is not what gzip writes").unwrap();
    for (path, expected) in [
        (PathBuf::from("no/such.csv"), "no/such.csv: "),
        (recorded("README.md"), "README.md: unknown kind of file"),
        (broken, "broken.csv.gz: invalid gzip header"),
    ] {
        let request = Request { inputs: vec![path], ..Request::default() };
        let error = run(&request, &config(), None, &mut |_, _| {}).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_series_of_a_file_that_jumps_is_one_incident_of_its_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cpu.csv");
    let jump = 200..210;
    let value =
        |point: i64| if jump.contains(&point) { 500.0 } else { 20.0 + f64::from(u8::try_from(point % 5).unwrap()) };
    let line = |point: i64| format!("{},{}", 1_396_310_400 + point * 300, value(point));
    let lines: Vec<String> = (0..400).map(line).collect();
    fs::write(&file, format!("timestamp,value\n{}\n", lines.join("\n"))).unwrap();
    let outcome = judged(&Request { inputs: vec![file], ..Request::default() });
    let incidents = &outcome.report.incidents;
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    assert_eq!(incidents[0].tenants, ["cpu".into()]);
    assert_eq!(incidents[0].state, tidewatch_schemas::incident::State::Resolved);
    let opened = (incidents[0].opened_at.0 / 1_000 - 1_396_310_400) / 300;
    assert!(jump.contains(&opened), "opened at point {opened}");
}

#[test]
fn two_files_of_one_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a", "b"].map(|name| folder.path().join(name).join("cpu.csv"));
    for file in &files {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "1396310400,1\n").unwrap();
    }
    let request = Request { inputs: files.to_vec(), ..Request::default() };
    let error = run(&request, &config(), None, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("b/cpu.csv: another file of this name"), "{error}");
}

#[test]
fn json_holds_incidents_scores_and_what_was_refused() {
    let labels = Labels::read(&recorded("labels.json")).unwrap();
    let request = Request { inputs: vec![recorded("synthetic.jsonl.gz")], ..Request::default() };
    let outcome = run(&request, &config(), Some(&labels), &mut |_, _| {}).unwrap();
    let json: serde_json::Value = serde_json::from_str(&outcome.to_json(None).unwrap()).unwrap();
    assert_eq!(json["labelled"], 9);
    for key in ["incidents", "found", "missed", "false_incidents", "rejects"] {
        assert!(json[key].is_array(), "{key}");
    }
    assert_eq!(json["refused"], 0);
}
