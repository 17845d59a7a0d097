use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use prost::Message as _;
use tidewatch_schemas::TenantId;

use super::*;
use crate::recording::MetricKind;

fn metric_event(at: i64, name: &str, kind: MetricKind, value: Number) -> Event {
    let attributes = BTreeMap::from([
        ("db".to_owned(), AttributeValue::Number(Number::Whole(0))),
        ("granted".to_owned(), AttributeValue::Bool(true)),
    ]);
    let metric = Metric { name: name.into(), unit: "By".into(), kind, value, attributes };
    Event { at: Timestamp(at), tenant: "acme".into(), resource: "pg-main".into(), detail: Detail::Metric(metric) }
}

fn log_event(at: i64, scope: &str, body: &str) -> Event {
    let log = Log {
        severity: "ERROR".into(),
        severity_number: 17,
        scope: scope.into(),
        body: body.into(),
        attributes: BTreeMap::new(),
    };
    Event { at: Timestamp(at), tenant: TenantId::shared(), resource: "odoo-web".into(), detail: Detail::Log(log) }
}

fn sent(events: Vec<Event>) -> Vec<Message> {
    messages(&Recording::from_events(events), "lab").collect()
}

#[test]
fn a_scrape_of_a_resource_and_tenant_is_one_request() {
    let events = vec![
        metric_event(5_000, "blocks", MetricKind::Counter, Number::Whole(7)),
        metric_event(5_000, "size", MetricKind::Gauge, Number::Real(0.5)),
        metric_event(5_000, "blocks", MetricKind::Counter, Number::Whole(8)),
    ];
    let messages = sent(events);
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!((message.topic, message.at, message.key.as_slice()), ("otlp_metrics", Timestamp(5_000), &b"lab"[..]));
    let request = ExportMetricsServiceRequest::decode(message.value.as_slice()).unwrap();
    let resource = request.resource_metrics[0].resource.clone().unwrap();
    let described = [("tidewatch.pool", "lab"), ("service.instance.id", "pg-main"), ("tenant.id", "acme")];
    assert_eq!(resource.attributes, described.map(|(key, text)| pair(key, text_value(text))));
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    assert_eq!(metrics.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>(), ["blocks", "size"]);
    let Some(metric::Data::Sum(sum)) = &metrics[0].data else { panic!("a counter gave {:?}", metrics[0].data) };
    assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
    assert_eq!(sum.data_points.len(), 2);
    let point = &sum.data_points[0];
    assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (0, 5_000_000_000));
    assert_eq!(point.value, Some(number_data_point::Value::AsInt(7)));
    let typed = [pair("db", any_value::Value::IntValue(0)), pair("granted", any_value::Value::BoolValue(true))];
    assert_eq!(point.attributes, typed);
    let Some(metric::Data::Gauge(gauge)) = &metrics[1].data else { panic!("a gauge gave {:?}", metrics[1].data) };
    assert_eq!(gauge.data_points[0].value, Some(number_data_point::Value::AsDouble(0.5)));
}

#[test]
fn log_lines_of_a_second_travel_together_in_their_order() {
    let events = vec![log_event(1_900, "b", "third"), log_event(1_200, "a", "second"), log_event(1_100, "b", "first")];
    let messages = sent(events);
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].topic, messages[0].at), ("otlp_logs", Timestamp(1_900)));
    let request = ExportLogsServiceRequest::decode(messages[0].value.as_slice()).unwrap();
    let scopes = &request.resource_logs[0].scope_logs;
    let read: Vec<_> = scopes
        .iter()
        .map(|scope| (scope.scope.clone().unwrap().name, scope.log_records[0].body.clone().unwrap().value.unwrap()))
        .collect();
    let expected = [("b", "first"), ("a", "second"), ("b", "third")];
    assert_eq!(read, expected.map(|(scope, body)| (scope.to_owned(), text_value(body))));
    assert_eq!(
        (scopes[0].log_records[0].severity_number, scopes[0].log_records[0].time_unix_nano),
        (17, 1_100_000_000)
    );
}

#[test]
fn messages_come_in_time_order_and_topics_interleave() {
    let events = vec![
        log_event(1_050, "a", "early"),
        metric_event(1_500, "size", MetricKind::Gauge, Number::Whole(1)),
        log_event(1_900, "a", "late"),
        metric_event(1_950, "size", MetricKind::Gauge, Number::Whole(1)),
        log_event(2_000, "a", "next second"),
    ];
    let order: Vec<_> = sent(events).iter().map(|message| (message.at.0, message.topic)).collect();
    assert_eq!(order, [(1_500, "otlp_metrics"), (1_900, "otlp_logs"), (1_950, "otlp_metrics"), (2_000, "otlp_logs")]);
}
