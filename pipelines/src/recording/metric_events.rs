//! Metric events, one JSON object a line:
//! `{"ts":<unix ms>,"tenant":"acme"|null,"resource":"pg-main","name":"postgresql.commits","unit":"1",
//! "kind":"counter"|"gauge","value":123,"attributes":{}}`. Without a tenant an event is shared.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tidewatch_schemas::{TenantId, Timestamp};

use super::error::BadLine;
use super::event::{AttributeValue, Detail, Event, Metric, MetricKind, Number};

#[derive(Deserialize)]
struct Line {
    ts: i64,
    tenant: Option<TenantId>,
    resource: String,
    name: String,
    #[serde(default)]
    unit: String,
    kind: MetricKind,
    value: serde_json::Number,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

/// The event on `line`.
pub(super) fn parse(line: &str) -> Result<Event, BadLine> {
    let read: Line = serde_json::from_str(line).map_err(|error| BadLine::json(&error, line))?;
    let mut attributes = BTreeMap::new();
    for (key, value) in read.attributes {
        let value = attribute(value).map_err(|bad| refuse_attribute(&key, &bad))?;
        attributes.insert(key, value);
    }
    let metric = Metric {
        name: read.name.as_str().into(),
        unit: read.unit.into(),
        kind: read.kind,
        value: number(&read.value).ok_or_else(|| BadLine::new("expected a value that fits 64 bits", line))?,
        attributes,
    };
    Ok(Event {
        at: Timestamp(read.ts),
        tenant: read.tenant.unwrap_or_else(TenantId::shared),
        resource: read.resource.as_str().into(),
        detail: Detail::Metric(metric),
    })
}

fn number(value: &serde_json::Number) -> Option<Number> {
    value.as_i64().map(Number::Whole).or_else(|| value.as_f64().map(Number::Real))
}

fn attribute(value: Value) -> Result<AttributeValue, Value> {
    match value {
        Value::String(text) => Ok(AttributeValue::Text(text)),
        Value::Bool(flag) => Ok(AttributeValue::Bool(flag)),
        Value::Number(value) => number(&value).map(AttributeValue::Number).ok_or(Value::Number(value)),
        other => Err(other),
    }
}

fn refuse_attribute(key: &str, value: &Value) -> BadLine {
    BadLine::new(format!("attribute {key:?} must be a text, a number or a truth value"), &value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_whole_numbers_whole_and_attributes_typed() {
        let line = r#"{"ts":1795342769040,"tenant":"borealis","resource":"odoo-web","name":"lab.odoo.cron.duration",
            "unit":"ms","kind":"gauge","value":10,"attributes":{"job":"Follow-up","pid":2877,"ok":true,"load":0.5}}"#;
        let event = parse(line).unwrap();
        assert_eq!((event.at, event.tenant.as_str()), (Timestamp(1_795_342_769_040), "borealis"));
        let Detail::Metric(metric) = event.detail else { panic!("a metric event gave {:?}", event.detail) };
        assert_eq!(metric.value, Number::Whole(10));
        let attributes: Vec<_> = metric.attributes.into_values().collect();
        let expected = [
            AttributeValue::Text("Follow-up".into()),
            AttributeValue::Number(Number::Real(0.5)),
            AttributeValue::Bool(true),
            AttributeValue::Number(Number::Whole(2877)),
        ];
        assert_eq!(attributes, expected);
    }

    #[test]
    fn without_a_tenant_an_event_is_shared() {
        for tenant in ["\"tenant\":null,", ""] {
            let line = format!(r#"{{"ts":1,{tenant}"resource":"r","name":"n","kind":"counter","value":1.5}}"#);
            assert_eq!(parse(&line).unwrap().tenant, TenantId::shared(), "{tenant:?}");
        }
    }

    #[test]
    fn what_is_not_an_event_is_refused_with_the_reason() {
        let cases = [
            ("no object", "7", "invalid type: integer `7`, expected struct Line at line 1 column 1"),
            ("no value", r#"{"ts":1,"resource":"r","name":"n","kind":"gauge"}"#, "missing field `value`"),
            ("null value", r#"{"ts":1,"resource":"r","name":"n","kind":"gauge","value":null}"#, "invalid type: null"),
            ("histogram", r#"{"ts":1,"resource":"r","name":"n","kind":"histogram","value":1}"#, "unknown variant"),
            (
                "list",
                r#"{"ts":1,"resource":"r","name":"n","kind":"gauge","value":1,"attributes":{"a":[]}}"#,
                "attribute \\\"a\\\" must be a text, a number or a truth value",
            ),
        ];
        for (case, line, expected) in cases {
            let bad = format!("{:?}", parse(line).unwrap_err());
            assert!(bad.contains(expected), "{case}: {bad}");
        }
    }
}
