//! A recording as the messages that an OpenTelemetry Collector would have put on Kafka.
//!
//! The collector's exporter writes one request per scrape and per resource; so does this, with the tenant as part of
//! the resource. What a request says about its resource: `tidewatch.pool`, `service.instance.id` (the resource) and
//! `tenant.id`, which is `_shared` where the recording names no tenant. Log lines are sent in batches of a second.
//! The same recording gives the same bytes in the same order.

mod logs;
mod metrics;

use std::collections::{BTreeMap, VecDeque};

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use tidewatch_schemas::{ResourceId, TenantId, Timestamp};

use super::Recording;
use super::event::{AttributeValue, Detail, Event, Log, Metric, Number};

/// Topic that a collector writes metrics to unless told otherwise.
pub const METRICS_TOPIC: &str = "otlp_metrics";

/// Topic that a collector writes log records to unless told otherwise.
pub const LOGS_TOPIC: &str = "otlp_logs";

/// Topic for both, where the header says which signal a message carries.
pub const SHARED_TOPIC: &str = "otlp";

/// Header that a collector writes with `signal_header: true`.
pub const SIGNAL_HEADER: &str = "otelcol.signal";

/// How long log lines are gathered before they are sent.
const LOG_BATCH_MS: i64 = 1_000;

/// One Kafka message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Topic it goes to: [`METRICS_TOPIC`] or [`LOGS_TOPIC`].
    pub topic: &'static str,
    /// Its key: the pool.
    pub key: Vec<u8>,
    /// Its timestamp: when the newest event in it happened.
    pub at: Timestamp,
    /// An export request in OTLP protobuf.
    pub value: Vec<u8>,
    /// The signal it carries, `metrics` or `logs`: the value of the header [`SIGNAL_HEADER`].
    pub signal: &'static str,
}

/// The messages of `recording`, in time order, both topics interleaved; they are made while they are asked for.
pub fn messages<'a>(recording: &'a Recording, pool: &str) -> impl Iterator<Item = Message> + 'a {
    Messages { rest: recording.events(), pool: pool.to_owned(), ready: VecDeque::new() }
}

struct Messages<'a> {
    rest: &'a [Event],
    pool: String,
    ready: VecDeque<Message>,
}

impl Iterator for Messages<'_> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        if self.ready.is_empty() {
            let first = self.rest.first()?.at.floor_to(LOG_BATCH_MS);
            let length = self.rest.partition_point(|event| event.at.floor_to(LOG_BATCH_MS) == first);
            let (second, rest) = self.rest.split_at(length);
            self.rest = rest;
            self.ready = messages_of(second, &self.pool).into();
        }
        self.ready.pop_front()
    }
}

/// Events that travel in one message: of one resource and tenant.
type Groups<'a, Key, Kind> = BTreeMap<(Key, &'a ResourceId, &'a TenantId), Vec<(Timestamp, &'a Kind)>>;

/// The messages of one second's events, in time order; at one moment metrics go before log lines.
fn messages_of(events: &[Event], pool: &str) -> Vec<Message> {
    let mut scrapes: Groups<'_, Timestamp, Metric> = BTreeMap::new();
    let mut batches: Groups<'_, (), Log> = BTreeMap::new();
    for Event { at, tenant, resource, detail } in events {
        match detail {
            Detail::Metric(metric) => scrapes.entry((*at, resource, tenant)).or_default().push((*at, metric)),
            Detail::Log(log) => batches.entry(((), resource, tenant)).or_default().push((*at, log)),
        }
    }
    let mut messages = Vec::with_capacity(scrapes.len() + batches.len());
    for ((at, resource, tenant), points) in scrapes {
        let value = metrics::request(described(pool, resource, tenant), &points);
        messages.push(Message { topic: METRICS_TOPIC, key: pool.into(), at, value, signal: "metrics" });
    }
    for (((), resource, tenant), lines) in batches {
        let at = lines.iter().map(|(at, _)| *at).max().unwrap_or_default();
        let value = logs::request(described(pool, resource, tenant), &lines);
        messages.push(Message { topic: LOGS_TOPIC, key: pool.into(), at, value, signal: "logs" });
    }
    messages.sort_by_key(|message| message.at);
    messages
}

fn described(pool: &str, resource: &ResourceId, tenant: &TenantId) -> Resource {
    let attributes =
        [("tidewatch.pool", pool), ("service.instance.id", resource.as_str()), ("tenant.id", tenant.as_str())];
    Resource { attributes: attributes.map(|(key, text)| pair(key, text_value(text))).into(), ..Resource::default() }
}

fn attributes(from: &BTreeMap<String, AttributeValue>) -> Vec<KeyValue> {
    from.iter().map(|(key, value)| pair(key, attribute_value(value))).collect()
}

fn attribute_value(value: &AttributeValue) -> any_value::Value {
    match value {
        AttributeValue::Text(text) => text_value(text),
        AttributeValue::Number(Number::Whole(number)) => any_value::Value::IntValue(*number),
        AttributeValue::Number(Number::Real(number)) => any_value::Value::DoubleValue(*number),
        AttributeValue::Bool(flag) => any_value::Value::BoolValue(*flag),
    }
}

fn text_value(text: &str) -> any_value::Value {
    any_value::Value::StringValue(text.to_owned())
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Nanoseconds since 1970, as OTLP counts; earlier moments have no place there and become 0, which is "unknown".
fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or_default().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests;
