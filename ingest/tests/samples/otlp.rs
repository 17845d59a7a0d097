//! Requests as agents send them, to be sent whole or spoiled.

#![allow(dead_code, reason = "tests; each of them uses a part of this")]

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric, MetricsData,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use tidewatch_ingest::{Format, Handled, Ingest, Settings, Source, SourceRecord};
use tidewatch_schemas::{Content, Envelope, Observation, Timestamp};

/// When the broker got every record of these tests.
pub const RECEIVED: Timestamp = Timestamp(1_795_342_714_149);
/// When every good point was measured, in nanoseconds.
pub const NANOS: u64 = 1_795_342_713_000_000_000;
/// When counting began, in nanoseconds.
pub const START_NANOS: u64 = 1_795_300_000_000_000_000;
/// Every format, each of which has a topic of its name.
pub const FORMATS: [Format; 5] =
    [Format::OtlpMetricsProto, Format::OtlpLogsProto, Format::OtlpMetricsJson, Format::OtlpLogsJson, Format::JsonLines];

/// The default rules, and a topic for every format.
pub fn ingest() -> Ingest {
    let sources = FORMATS.map(|format| Source { topics: vec![format.name().to_owned()], format });
    Ingest::new(Settings { sources: sources.to_vec(), ..Settings::default() }).unwrap()
}

/// What a record of `format` with this value becomes.
pub fn handle(format: Format, value: Option<&[u8]>) -> Handled {
    handle_with(&ingest(), format, value)
}

/// The same with other settings.
pub fn handle_with(ingest: &Ingest, format: Format, value: Option<&[u8]>) -> Handled {
    let topic = Arc::from(format.name());
    let record =
        SourceRecord { topic: &topic, partition: 3, offset: 42, received: RECEIVED, key: None, value, headers: &[] };
    ingest.handle(&record)
}

/// The observations of all envelopes, in order.
pub fn observations<'a>(handled: &'a Handled) -> Vec<&'a Observation> {
    let of = |envelope: &'a Envelope| match &envelope.content {
        Content::Observations { observations, .. } => observations.iter(),
        Content::Rejects { .. } | Content::Verdict { .. } | Content::Tick(_) => [].iter(),
    };
    handled.envelopes.iter().flat_map(of).collect()
}

pub fn any(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}

pub fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

pub fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

/// The resource of most of these tests.
pub fn acme() -> Vec<KeyValue> {
    vec![text("tenant.id", "acme"), text("tidewatch.pool", "eu-1"), text("tidewatch.resource", "pg-main")]
}

pub fn metrics(resource: Vec<KeyValue>, metrics: Vec<Metric>) -> MetricsData {
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource = Some(Resource { attributes: resource, ..Resource::default() });
    MetricsData { resource_metrics: vec![ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() }] }
}

pub fn logs(resource: Vec<KeyValue>, log_records: Vec<LogRecord>) -> LogsData {
    let scope = Some(InstrumentationScope { name: "odoo.http".to_owned(), ..InstrumentationScope::default() });
    let scope_logs = vec![ScopeLogs { scope, log_records, ..ScopeLogs::default() }];
    let resource = Some(Resource { attributes: resource, ..Resource::default() });
    LogsData { resource_logs: vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }] }
}

pub fn metric(name: &str, unit: &str, data: Data) -> Metric {
    Metric { name: name.to_owned(), unit: unit.to_owned(), data: Some(data), ..Metric::default() }
}

pub fn number(value: Number) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![text("state", "active")],
        start_time_unix_nano: START_NANOS,
        time_unix_nano: NANOS,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

pub fn gauge(points: Vec<NumberDataPoint>) -> Data {
    Data::Gauge(Gauge { data_points: points })
}

pub fn sum(points: Vec<NumberDataPoint>, aggregation_temporality: i32, is_monotonic: bool) -> Data {
    Data::Sum(Sum { data_points: points, aggregation_temporality, is_monotonic })
}

pub fn histogram_point() -> HistogramDataPoint {
    HistogramDataPoint {
        time_unix_nano: NANOS,
        count: 6,
        sum: Some(1_500.0),
        bucket_counts: vec![1, 2, 3],
        explicit_bounds: vec![100.0, 300.0],
        min: Some(20.0),
        max: Some(900.0),
        ..HistogramDataPoint::default()
    }
}

pub fn histogram(points: Vec<HistogramDataPoint>) -> Data {
    Data::Histogram(Histogram { data_points: points, aggregation_temporality: 1 })
}

pub fn exponential_point() -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        time_unix_nano: NANOS,
        start_time_unix_nano: START_NANOS,
        count: 7,
        sum: Some(12.0),
        scale: 0,
        zero_count: 2,
        positive: Some(Buckets { offset: 0, bucket_counts: vec![1, 3] }),
        negative: Some(Buckets { offset: 0, bucket_counts: vec![1] }),
        ..ExponentialHistogramDataPoint::default()
    }
}

pub fn exponential(points: Vec<ExponentialHistogramDataPoint>) -> Data {
    Data::ExponentialHistogram(ExponentialHistogram { data_points: points, aggregation_temporality: 2 })
}

pub fn summary(quantiles: &[(f64, f64)]) -> Data {
    let quantile_values =
        quantiles.iter().map(|(quantile, value)| ValueAtQuantile { quantile: *quantile, value: *value });
    let point = SummaryDataPoint {
        time_unix_nano: NANOS,
        count: 9,
        sum: 4.5,
        quantile_values: quantile_values.collect(),
        ..SummaryDataPoint::default()
    };
    Data::Summary(Summary { data_points: vec![point] })
}

/// A metric of every kind.
pub fn every_kind() -> Vec<Metric> {
    vec![
        metric("postgresql.backends", "1", gauge(vec![number(Number::AsInt(6)), number(Number::AsDouble(6.5))])),
        metric("postgresql.commits", "1", sum(vec![number(Number::AsInt(6_241))], 2, true)),
        metric("redis.commands.processed", "1", sum(vec![number(Number::AsDouble(17.0))], 1, true)),
        metric("queue.length", "{jobs}", sum(vec![number(Number::AsInt(-3))], 2, false)),
        metric("http.server.request.duration", "ms", histogram(vec![histogram_point()])),
        metric("job.duration", "s", exponential(vec![exponential_point()])),
        metric("rpc.duration", "s", summary(&[(0.5, 0.4), (0.99, 0.9)])),
    ]
}

pub fn log_record(severity_number: i32, body: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: NANOS,
        severity_number,
        body: Some(any(Any::StringValue(body.to_owned()))),
        attributes: vec![text("thread", "7")],
        ..LogRecord::default()
    }
}
