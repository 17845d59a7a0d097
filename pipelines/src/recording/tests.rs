use std::collections::BTreeMap;
use std::path::PathBuf;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings/odoo-lab-a")
}

#[test]
fn the_embedded_recording_is_complete_and_in_order() {
    let recording = Recording::embedded().unwrap();
    let mut counts = BTreeMap::<&str, usize>::new();
    for event in recording.events() {
        let kind = match &event.detail {
            Detail::Metric(metric) if metric.name.as_str().starts_with("lab.synthetic.") => "synthetic",
            Detail::Metric(metric) if metric.name.as_str() == "lab.odoo.cron.duration" => "cron",
            Detail::Metric(_) => "metrics",
            Detail::Log(_) if event.resource.as_str() == "odoo-web" => "odoo log",
            Detail::Log(_) => "postgresql log",
        };
        *counts.entry(kind).or_default() += 1;
    }
    let expected = [
        ("cron", 134),
        ("metrics", 147_064),
        ("odoo log", ODOO_LINES),
        ("postgresql log", 13_365),
        ("synthetic", 5_816),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert!(recording.events().is_sorted_by_key(|event| event.at));
    assert_eq!(recording.start().unwrap().to_string(), "2026-11-22T10:18:28.901Z");
}

/// Lines of `odoo.log` that begin with time, process, level, database and logger.
const ODOO_LINES: usize = 14_645;

#[test]
fn tenants_are_the_four_of_the_lab_and_shared() {
    let recording = Recording::embedded().unwrap();
    let tenants: std::collections::BTreeSet<_> = recording.events().iter().map(|event| event.tenant.as_str()).collect();
    assert_eq!(tenants.into_iter().collect::<Vec<_>>(), ["_shared", "acme", "borealis", "cobalt", "delta"]);
}

#[test]
fn the_folder_gives_what_the_binary_carries() {
    assert_eq!(Recording::read(&[folder()]).unwrap(), Recording::embedded().unwrap());
}

#[test]
fn events_of_one_moment_stay_in_the_order_of_files_and_lines() {
    let event = |at: i64, resource: &str| {
        let line = format!(r#"{{"ts":{at},"resource":"{resource}","name":"n","kind":"gauge","value":1}}"#);
        metric_events::parse(&line).unwrap()
    };
    let recording = Recording::from_events(vec![event(2, "a"), event(1, "b"), event(2, "c"), event(1, "a")]);
    let order: Vec<_> = recording.events().iter().map(|event| (event.at.0, event.resource.as_str())).collect();
    assert_eq!(order, [(1, "b"), (1, "a"), (2, "a"), (2, "c")]);
}

#[test]
fn a_single_file_gives_its_events() {
    let recording = Recording::read(&[folder().join("cron_runs.jsonl")]).unwrap();
    assert_eq!(recording.events().len(), 134);
}

#[test]
fn every_measurement_is_sent_once_and_in_time_order() {
    let recording = Recording::embedded().unwrap();
    let messages: Vec<_> = otlp::messages(&recording, "odoo-lab").collect();
    assert!(messages.is_sorted_by_key(|message| message.at));
    let points: usize = messages
        .iter()
        .filter(|message| message.topic == otlp::METRICS_TOPIC)
        .map(|message| points(&message.value))
        .sum();
    assert_eq!(points, 147_064 + 5_816 + 134);
    let longest = messages.iter().map(|message| message.value.len()).max().unwrap();
    assert!(longest < 1_000_000, "a broker refuses messages above 1 MB, the longest has {longest} bytes");
    let again: Vec<_> = otlp::messages(&recording, "odoo-lab").collect();
    assert!(messages == again, "the same recording gave other bytes");
}

fn points(request: &[u8]) -> usize {
    let request = ExportMetricsServiceRequest::decode(request).unwrap();
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let lengths = metrics.map(|metric| match metric.data.as_ref().unwrap() {
        Data::Gauge(gauge) => gauge.data_points.len(),
        Data::Sum(sum) => sum.data_points.len(),
        other => panic!("a recording holds counters and gauges, not {other:?}"),
    });
    lengths.sum()
}
