//! Lines of a recorded fleet: one of every signal, kind and set of attributes that its agents sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use tidewatch_ingest::Format;
use tidewatch_schemas::observation::{Sum, Temporality, Value};

const LINES: &str = include_str!("fixtures/recorded.jsonl");

#[test]
fn every_recorded_line_is_an_observation() {
    for record in [LINES.to_owned(), LINES.replace('\n', "\r\n\r\n")] {
        let handled = samples::handle(Format::JsonLines, Some(record.as_bytes()));
        assert_eq!(handled.rejects, []);
        assert_eq!(samples::observations(&handled).len(), LINES.lines().count());
        assert_eq!(handled.unassigned, 0);
    }
}

#[test]
fn a_line_says_itself_whose_it_is() {
    let line = br#"{"ts": 1795342714149.7, "tenant": null, "name": "lab.synthetic.check.duration", "unit": "ms",
        "kind": "gauge", "value": 250, "attributes": {"pid": 2877, "ok": true, "none": null, "share": 1.0}, "seen_by": ["x"]}"#;
    let line: Vec<u8> = line.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
    let handled = samples::handle(Format::JsonLines, Some(&line));
    let found = samples::observations(&handled)[0];
    let names = (found.series.tenant.as_str(), found.series.pool.as_str(), found.series.resource.as_str());
    assert_eq!(names, ("_shared", "default", "_unknown"));
    let attributes = [("share", "1")];
    assert_eq!(found.series.attributes, attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert_eq!((found.unit.as_str(), &found.value, found.at.0), ("s", &Value::Gauge(0.25), 1_795_342_714_149));
}

#[test]
fn counters_count_from_their_start_and_deltas_from_the_line_before() {
    let line = |kind: &str| {
        format!(
            r#"{{"ts":1795342714149,"start_ts":1795300000000,"tenant":"acme","pool":"eu-1","resource":"pg-main","name":"jobs.done","kind":"{kind}","value":7}}"#
        )
    };
    let handled =
        samples::handle(Format::JsonLines, Some(format!("{}\n{}", line("counter"), line("delta")).as_bytes()));
    let found = samples::observations(&handled);
    let start = Some(tidewatch_schemas::Timestamp(1_795_300_000_000));
    let sum = |temporality| Value::Sum(Sum { value: 7.0, temporality, monotonic: true, start });
    assert_eq!(found[0].value, sum(Temporality::Cumulative));
    assert_eq!(found[1].value, sum(Temporality::Delta));
    assert_eq!(found[1].series.pool.as_str(), "eu-1");
}
