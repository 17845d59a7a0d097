//! JSON to requests, by the rules of OTLP/JSON and a little more leniently, as agents need it.
//!
//! The types of `opentelemetry-proto` read themselves, but they give up a whole request for one null, and quietly take a
//! value they cannot read for none. So the outer levels are walked here, and every point is brought to the one spelling
//! that the types read (see `normal`) and read on its own: what is wrong with it is known and costs the others nothing.
//! What is wrong with an outer level or with a resource costs the record.

mod normal;

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum, Summary,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tidewatch_schemas::RejectReason;

use super::{Broken, LogsRequest, MetricsRequest};
use crate::point::Refusal;
use crate::text;

type Object = Map<String, Value>;

/// Reads points in order and notes which could not be read.
#[derive(Default)]
struct Reader {
    broken: Broken,
    next: u32,
}

pub(crate) fn metrics(bytes: &[u8]) -> Result<MetricsRequest, Refusal> {
    let mut reader = Reader::default();
    let mut resources = Vec::new();
    for mut resource in top(bytes, "resourceMetrics")? {
        let described: Resource = part(&mut resource, "resource")?;
        let mut scope_metrics = Vec::new();
        for mut scope in objects(&mut resource, "scopeMetrics")? {
            let metrics = list(&mut scope, "metrics")?.into_iter().map(|metric| reader.metric(metric)).collect();
            scope_metrics.push(ScopeMetrics { metrics, ..ScopeMetrics::default() });
        }
        resources.push(ResourceMetrics { resource: Some(described), scope_metrics, ..ResourceMetrics::default() });
    }
    Ok(MetricsRequest { resources, broken: reader.broken })
}

pub(crate) fn logs(bytes: &[u8]) -> Result<LogsRequest, Refusal> {
    let mut reader = Reader::default();
    let mut resources = Vec::new();
    for mut resource in top(bytes, "resourceLogs")? {
        let described: Resource = part(&mut resource, "resource")?;
        let mut scope_logs = Vec::new();
        for mut scope in objects(&mut resource, "scopeLogs")? {
            let named: InstrumentationScope = part(&mut scope, "scope")?;
            let log_records = list(&mut scope, "logRecords")?.into_iter().map(|event| reader.point(event)).collect();
            scope_logs.push(ScopeLogs { scope: Some(named), log_records, ..ScopeLogs::default() });
        }
        resources.push(ResourceLogs { resource: Some(described), scope_logs, ..ResourceLogs::default() });
    }
    Ok(LogsRequest { resources, broken: reader.broken })
}

impl Reader {
    /// A point; an empty one in the place of one that cannot be read.
    fn point<T: DeserializeOwned + Default>(&mut self, value: Value) -> T {
        let index = self.next;
        self.next = self.next.saturating_add(1);
        read(value).unwrap_or_else(|refusal| {
            self.broken.insert(index, refusal);
            T::default()
        })
    }

    /// A metric with its points. One whose own fields cannot be read counts as one point.
    fn metric(&mut self, value: Value) -> Metric {
        match self.try_metric(value) {
            Ok(metric) => {
                // A metric without data is a point to whoever walks it.
                self.next = self.next.saturating_add(u32::from(metric.data.is_none()));
                metric
            }
            Err(refusal) => {
                self.broken.insert(self.next, refusal);
                self.next = self.next.saturating_add(1);
                Metric::default()
            }
        }
    }

    fn try_metric(&mut self, value: Value) -> Result<Metric, Refusal> {
        let mut metric = object(value, "a metric")?;
        let (name, unit) = (string(&mut metric, "name")?, string(&mut metric, "unit")?);
        let data = self.data(&mut metric)?;
        Ok(Metric { name, unit, data, ..Metric::default() })
    }

    fn data(&mut self, metric: &mut Object) -> Result<Option<Data>, Refusal> {
        if let Some(mut data) = optional_object(metric, "gauge")? {
            return Ok(Some(Data::Gauge(Gauge { data_points: self.points(&mut data)? })));
        }
        if let Some(mut data) = optional_object(metric, "sum")? {
            let aggregation_temporality = normal::temporality(&mut data)?;
            let is_monotonic = normal::flag(&mut data, "isMonotonic")?;
            let data_points = self.points(&mut data)?;
            return Ok(Some(Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })));
        }
        if let Some(mut data) = optional_object(metric, "histogram")? {
            let aggregation_temporality = normal::temporality(&mut data)?;
            let data_points = self.points(&mut data)?;
            return Ok(Some(Data::Histogram(Histogram { data_points, aggregation_temporality })));
        }
        if let Some(mut data) = optional_object(metric, "exponentialHistogram")? {
            let aggregation_temporality = normal::temporality(&mut data)?;
            let data_points = self.points(&mut data)?;
            let histogram = ExponentialHistogram { data_points, aggregation_temporality };
            return Ok(Some(Data::ExponentialHistogram(histogram)));
        }
        let Some(mut data) = optional_object(metric, "summary")? else { return Ok(None) };
        Ok(Some(Data::Summary(Summary { data_points: self.points(&mut data)? })))
    }

    fn points<T: DeserializeOwned + Default>(&mut self, data: &mut Object) -> Result<Vec<T>, Refusal> {
        Ok(list(data, "dataPoints")?.into_iter().map(|point| self.point(point)).collect())
    }
}

/// The objects under `key` of the one JSON object that `bytes` must be.
fn top(bytes: &[u8], key: &str) -> Result<Vec<Object>, Refusal> {
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if start != Some(&b'{') {
        return Err(Refusal::malformed("not a JSON object; if it is protobuf, that is another format"));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Refusal::new(RejectReason::InvalidUtf8, format!("JSON must be UTF-8: {error}")))?;
    let value = serde_json::from_str(text).map_err(|error| Refusal::malformed(format!("not JSON: {error}")))?;
    let mut request = object(value, "the request")?;
    let found = normal::take(&mut request, key);
    let found = found.ok_or_else(|| Refusal::malformed(format!("a JSON object without {key}; it must have it")))?;
    array(found, key)?.into_iter().map(|each| object(each, key)).collect()
}

fn object(value: Value, what: &str) -> Result<Object, Refusal> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(Refusal::malformed(format!("{what} is {} and must be a JSON object", normal::shown(&other)))),
    }
}

fn optional_object(parent: &mut Object, key: &str) -> Result<Option<Object>, Refusal> {
    normal::take(parent, key).map(|value| object(value, key)).transpose()
}

fn array(value: Value, key: &str) -> Result<Vec<Value>, Refusal> {
    match value {
        Value::Array(values) => Ok(values),
        other => Err(Refusal::malformed(format!("{key} is {} and must be an array", normal::shown(&other)))),
    }
}

fn list(parent: &mut Object, key: &str) -> Result<Vec<Value>, Refusal> {
    normal::take(parent, key).map_or_else(|| Ok(Vec::new()), |value| array(value, key))
}

fn objects(parent: &mut Object, key: &str) -> Result<Vec<Object>, Refusal> {
    list(parent, key)?.into_iter().map(|each| object(each, key)).collect()
}

fn string(parent: &mut Object, key: &str) -> Result<String, Refusal> {
    match normal::take(parent, key) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(Refusal::malformed(format!("{key} is {} and must be a text", normal::shown(&other)))),
    }
}

/// A part that is read as it is; absent is empty.
fn part<T: DeserializeOwned + Default>(parent: &mut Object, key: &str) -> Result<T, Refusal> {
    normal::take(parent, key).map_or_else(|| Ok(T::default()), read)
}

fn read<T: DeserializeOwned>(mut value: Value) -> Result<T, Refusal> {
    if !value.is_object() {
        return Err(Refusal::malformed(format!("{} must be a JSON object", normal::shown(&value))));
    }
    normal::normalise(&mut value)?;
    serde_json::from_value(value).map_err(|error| Refusal::malformed(text::cut_owned(error.to_string(), 200)))
}
