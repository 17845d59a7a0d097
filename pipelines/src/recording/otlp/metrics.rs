//! Measurements of one scrape as an `ExportMetricsServiceRequest`.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric as OtlpMetric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use tidewatch_schemas::Timestamp;

use super::{attributes, nanos};
use crate::recording::event::{Metric, MetricKind, Number};

/// Says that a recording, not a receiver, gave the values.
const SCOPE: &str = "tidewatch/recording";

/// The request for `points`, which share `resource`; points of one name, unit and kind become one metric.
pub(super) fn request(resource: Resource, points: &[(Timestamp, &Metric)]) -> Vec<u8> {
    let mut metrics: Vec<(&Metric, Vec<NumberDataPoint>)> = Vec::new();
    for (at, point) in points {
        let known = metrics.iter_mut().rev().find(|(first, _)| is_same_metric(first, point));
        match known {
            Some((_, data)) => data.push(data_point(*at, point)),
            None => metrics.push((point, vec![data_point(*at, point)])),
        }
    }
    let scope_metrics = ScopeMetrics {
        scope: Some(InstrumentationScope { name: SCOPE.to_owned(), ..InstrumentationScope::default() }),
        metrics: metrics.into_iter().map(|(first, data)| metric(first, data)).collect(),
        schema_url: String::new(),
    };
    let resource_metrics =
        ResourceMetrics { resource: Some(resource), scope_metrics: vec![scope_metrics], schema_url: String::new() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }.encode_to_vec()
}

fn is_same_metric(one: &Metric, other: &Metric) -> bool {
    one.name == other.name && one.kind == other.kind && one.unit == other.unit
}

/// A counter is a sum that only grows, counted from a start that the recording does not know.
fn metric(first: &Metric, data_points: Vec<NumberDataPoint>) -> OtlpMetric {
    let data = match first.kind {
        MetricKind::Gauge => metric::Data::Gauge(Gauge { data_points }),
        MetricKind::Counter => metric::Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        }),
    };
    OtlpMetric {
        name: first.name.as_str().to_owned(),
        unit: first.unit.as_ref().to_owned(),
        data: Some(data),
        ..OtlpMetric::default()
    }
}

fn data_point(at: Timestamp, metric: &Metric) -> NumberDataPoint {
    let value = match metric.value {
        Number::Whole(value) => number_data_point::Value::AsInt(value),
        Number::Real(value) => number_data_point::Value::AsDouble(value),
    };
    NumberDataPoint {
        attributes: attributes(&metric.attributes),
        time_unix_nano: nanos(at),
        value: Some(value),
        ..NumberDataPoint::default()
    }
}
