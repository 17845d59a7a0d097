//! What each kind of point becomes, and that protobuf and JSON of one request become the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{MetricsData, NumberDataPoint};
use prost::Message;
use tidewatch_ingest::{Format, Handled};
use tidewatch_schemas::observation::{Distribution, LogEvent, Sum, Summary, Temporality, Value};
use tidewatch_schemas::{Content, Observation, Timestamp};

fn decoded(request: &MetricsData) -> Handled {
    samples::handle(Format::OtlpMetricsProto, Some(&request.encode_to_vec()))
}

/// The only observation of a request with one point.
fn single(request: &MetricsData) -> Observation {
    let handled = decoded(request);
    assert_eq!(handled.rejects, []);
    let found = samples::observations(&handled);
    assert_eq!(found.len(), 1);
    found[0].clone()
}

fn gauge_of(attributes: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>) -> MetricsData {
    let point = NumberDataPoint { attributes, ..samples::number(Number::AsInt(1)) };
    samples::metrics(samples::acme(), vec![samples::metric("a.level", "1", samples::gauge(vec![point]))])
}

#[test]
fn every_kind_of_point_keeps_what_it_says() {
    let handled = decoded(&samples::metrics(samples::acme(), samples::every_kind()));
    assert_eq!(handled.rejects, []);
    let start = Some(Timestamp::from_nanos(samples::START_NANOS));
    let sum = |value, temporality, monotonic| Value::Sum(Sum { value, temporality, monotonic, start });
    let histogram = Distribution {
        count: 6,
        sum: Some(1.5),
        min: Some(0.02),
        max: Some(0.9),
        bounds: vec![0.1, 0.3],
        counts: vec![1, 2, 3],
        temporality: Temporality::Delta,
        start: None,
    };
    let exponential = Distribution {
        count: 7,
        sum: Some(12.0),
        min: None,
        max: None,
        bounds: vec![-2.0, -1.0, 0.0, 1.0, 2.0, 4.0],
        counts: vec![0, 1, 2, 0, 1, 3, 0],
        temporality: Temporality::Cumulative,
        start,
    };
    let summary = Summary { count: 9, sum: 4.5, quantiles: vec![(0.5, 0.4), (0.99, 0.9)], start: None };
    let expected = [
        ("postgresql.backends", "1", Value::Gauge(6.0)),
        ("postgresql.backends", "1", Value::Gauge(6.5)),
        ("postgresql.commits", "1", sum(6_241.0, Temporality::Cumulative, true)),
        ("redis.commands.processed", "1", sum(17.0, Temporality::Delta, true)),
        ("queue.length", "{jobs}", sum(-3.0, Temporality::Cumulative, false)),
        ("http.server.request.duration", "s", Value::Distribution(histogram)),
        ("job.duration", "s", Value::Distribution(exponential)),
        ("rpc.duration", "s", Value::Summary(summary)),
    ];
    let found = samples::observations(&handled);
    assert_eq!(found.len(), expected.len());
    for (observation, (signal, unit, value)) in found.iter().zip(expected) {
        assert_eq!((observation.series.signal.as_str(), observation.unit.as_str()), (signal, unit));
        assert_eq!(observation.value, value, "{signal}");
        assert_eq!(observation.at, Timestamp::from_nanos(samples::NANOS));
    }
}

#[test]
fn json_and_protobuf_of_a_request_become_the_same() {
    let request = samples::metrics(samples::acme(), samples::every_kind());
    let json = serde_json::to_vec(&request).unwrap();
    assert_eq!(samples::handle(Format::OtlpMetricsJson, Some(&json)).rejects, []);
    let by_json = samples::handle(Format::OtlpMetricsJson, Some(&json));
    assert_eq!(samples::observations(&by_json), samples::observations(&decoded(&request)));

    let request = samples::logs(samples::acme(), vec![samples::log_record(17, "no"), samples::log_record(9, "yes")]);
    let json = samples::handle(Format::OtlpLogsJson, Some(&serde_json::to_vec(&request).unwrap()));
    let proto = samples::handle(Format::OtlpLogsProto, Some(&request.encode_to_vec()));
    assert_eq!(samples::observations(&json), samples::observations(&proto));
    assert_eq!(samples::observations(&json).len(), 2);
}

#[test]
fn a_point_that_recorded_nothing_becomes_nothing() {
    let mut point = samples::number(Number::AsDouble(f64::NAN));
    point.flags = 1;
    let metric = samples::metric("a.level", "1", samples::gauge(vec![point, samples::number(Number::AsInt(1))]));
    let handled = decoded(&samples::metrics(samples::acme(), vec![metric]));
    assert_eq!((samples::observations(&handled).len(), handled.rejects.len()), (1, 0));
}

#[test]
fn a_quantile_of_nothing_is_left_out() {
    let metric = samples::metric("rpc.duration", "s", samples::summary(&[(0.5, f64::NAN), (0.99, 0.9)]));
    let found = single(&samples::metrics(samples::acme(), vec![metric]));
    let expected = Summary { count: 9, sum: 4.5, quantiles: vec![(0.99, 0.9)], start: None };
    assert_eq!(found.value, Value::Summary(expected));
}

#[test]
fn attributes_become_text() {
    let list = ArrayValue { values: vec![samples::any(Any::IntValue(1)), samples::any(Any::StringValue("b".into()))] };
    let nested = vec![samples::text("z", "1"), samples::attribute("a", Any::ArrayValue(list))];
    let attributes = vec![
        samples::text("text", "x"),
        samples::attribute("flag", Any::BoolValue(true)),
        samples::attribute("number", Any::IntValue(-7)),
        samples::attribute("double", Any::DoubleValue(1.5)),
        samples::attribute("bytes", Any::BytesValue(vec![0xca, 0xfe])),
        samples::attribute("nested", Any::KvlistValue(KeyValueList { values: nested })),
        samples::text("text", "a second one of that key"),
    ];
    let expected = [
        ("bytes", "cafe"),
        ("double", "1.5"),
        ("flag", "true"),
        ("nested", r#"{"a":[1,"b"],"z":"1"}"#),
        ("number", "-7"),
        ("text", "x"),
    ];
    let expected: BTreeMap<String, String> = expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    assert_eq!(single(&gauge_of(attributes)).series.attributes, expected);
}

#[test]
fn long_texts_are_cut_between_characters() {
    let found = single(&gauge_of(vec![samples::text("long", &"é".repeat(3_000))]));
    assert_eq!(found.series.attributes["long"], "é".repeat(2_048));
}

#[test]
fn a_log_record_is_an_event_of_its_severity_and_scope() {
    let mut silent = samples::log_record(0, "x");
    (silent.time_unix_nano, silent.observed_time_unix_nano) = (0, samples::NANOS);
    silent.severity_text = "WARNING".to_owned();
    let named = LogRecord { body: None, event_name: "db.server.top_query".to_owned(), ..samples::log_record(21, "") };
    let bare = LogRecord { body: None, ..samples::log_record(99, "") };
    let long = samples::log_record(17, &"x".repeat(9_000));
    let request = samples::logs(samples::acme(), vec![silent, named, bare, long]);
    let handled = samples::handle(Format::OtlpLogsProto, Some(&request.encode_to_vec()));
    assert_eq!(handled.rejects, []);
    let expected = [
        ("warn", 13, "x".to_owned()),
        ("fatal", 21, "db.server.top_query".to_owned()),
        ("unknown", 0, r#"{"thread":"7"}"#.to_owned()),
        ("error", 17, "x".repeat(LogEvent::MAX_BODY)),
    ];
    for (observation, (name, severity, body)) in samples::observations(&handled).into_iter().zip(expected) {
        let attributes = [("scope", "odoo.http"), ("severity", name)];
        let attributes: BTreeMap<String, String> =
            attributes.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        assert_eq!(observation.series.attributes, attributes);
        assert_eq!(observation.series.signal.as_str(), "log.events");
        assert_eq!(observation.value, Value::Log(LogEvent { severity, body, lock: None }));
        assert_eq!(observation.at, Timestamp::from_nanos(samples::NANOS));
    }
}

#[test]
fn json_is_read_in_the_spellings_that_agents_use() {
    let json = r#" {"resourceMetrics": [{"resource": {"attributes": [
        {"key": "tenant.id", "value": {"stringValue": "acme"}}, null, {"key": "empty", "value": null}]},
      "schemaUrl": "https://opentelemetry.io/schemas/1.44.0", "somethingElse": {"timeUnixNano": {}},
      "scopeMetrics": [{"scope": null, "metrics": [
        {"name": "a", "description": "d", "unit": null, "metadata": [], "sum": {"isMonotonic": true,
          "aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA", "dataPoints": [
            {"time_unix_nano": "1795342713000000000", "asInt": "5", "attributes": null, "exemplars": [{"x": 1}]},
            {"timeUnixNano": 1795342713000000000, "as_double": "2.5", "startTimeUnixNano": null, "flags": 0,
             "attributes": [{"key": "n", "value": {"intValue": "7"}}, {"key": "d", "value": {"doubleValue": "NaN"}},
                            {"key": "l", "value": {"arrayValue": {}}}, {"key": "e", "value": {}}]},
            {"timeUnixNano": 1.795342713e18, "asInt": 3}]}},
        {"name": "b", "histogram": {"aggregation_temporality": 2, "dataPoints": [
            {"timeUnixNano": "1795342713000000000", "count": "3", "sum": "0.5", "bucketCounts": ["1", 2],
             "explicitBounds": [1]}]}},
        {"name": "c", "gauge": {}},
        {"name": "s", "summary": {"dataPoints": [{"timeUnixNano": "1795342713000000000", "count": 1, "sum": 2,
          "quantileValues": [{"quantile": 0.5, "value": "NaN"}, {"quantile": 1, "value": 2}]}]}}]}]}]}"#;
    let handled = samples::handle(Format::OtlpMetricsJson, Some(json.as_bytes()));
    assert_eq!(handled.rejects, []);
    let found = samples::observations(&handled);
    let values: Vec<f64> = found.iter().filter_map(|found| level(&found.value)).collect();
    assert_eq!(values, [5.0, 2.5, 3.0]);
    assert_eq!(found.len(), 5);
    let attributes = [("d", "NaN"), ("l", "[]"), ("n", "7")];
    let attributes: BTreeMap<String, String> = attributes.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
    assert_eq!(found[1].series.attributes, attributes);
    assert!(found.iter().all(|found| found.series.tenant.as_str() == "acme"));
}

fn level(value: &Value) -> Option<f64> {
    match value {
        Value::Gauge(level) => Some(*level),
        Value::Sum(sum) if sum.temporality == Temporality::Delta && sum.monotonic => Some(sum.value),
        _ => None,
    }
}

#[test]
fn envelopes_are_grouped_by_pool_numbered_and_bounded() {
    let resource = |pool: &str, points| {
        let metric = samples::metric("a.level", "1", samples::gauge(vec![samples::number(Number::AsInt(1)); points]));
        samples::metrics(vec![samples::text("tidewatch.pool", pool)], vec![metric]).resource_metrics.remove(0)
    };
    let request = MetricsData { resource_metrics: vec![resource("b", 400), resource("a", 3), resource("b", 700)] };
    let handled = decoded(&request);
    let shapes: Vec<_> = handled.envelopes.iter().map(|envelope| shape(&envelope.content)).collect();
    assert_eq!(shapes, [("b", 0, 500), ("a", 1, 3), ("b", 2, 500), ("b", 3, 100)]);
    assert_eq!(handled.unassigned, 1_103);
}

fn shape(content: &Content) -> (&str, u32, usize) {
    let Content::Observations { pool, origin, received, observations } = content else { panic!("a tick") };
    assert_eq!((&*origin.topic, origin.partition, origin.offset), ("otlp_metrics_proto", 3, 42));
    assert_eq!(*received, samples::RECEIVED);
    (pool.as_str(), origin.index, observations.len())
}

#[test]
fn an_envelope_with_long_texts_ends_before_brokers_refuse_it() {
    let long = samples::text("long", &"x".repeat(4_096));
    let point = NumberDataPoint { attributes: vec![long], ..samples::number(Number::AsInt(1)) };
    let metric = samples::metric("a.level", "1", samples::gauge(vec![point; 200]));
    let handled = decoded(&samples::metrics(samples::acme(), vec![metric]));
    assert_eq!(samples::observations(&handled).len(), 200);
    for envelope in &handled.envelopes {
        assert!(tidewatch_schemas::wire::encode(envelope).len() < 300_000);
    }
}
