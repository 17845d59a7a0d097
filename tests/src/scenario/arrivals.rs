//! The records that a scenario's series become, in the order in which they arrive.

use std::collections::BTreeMap;

use serde_json::json;

use super::input::{Kind, Point};
use super::{Input, Scenario, Span};

/// Topic of Tidewatch's own JSON lines.
pub(super) const LINES: &str = "lines";
/// Topic of log events.
pub(super) const LOGS: &str = "logs";

/// A record of a users' topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Span,
    /// Topic.
    pub topic: &'static str,
    /// Key; agents of one pool share one.
    pub key: String,
    /// Value.
    pub value: String,
}

/// Every record, in the order of arrival: one for all that arrives of a pool at a moment.
pub fn arrivals(scenario: &Scenario) -> Vec<Arrival> {
    let mut records: BTreeMap<(Span, &'static str, &str), Vec<String>> = BTreeMap::new();
    for input in &scenario.inputs {
        for tenant in &input.tenants {
            for point in input.points(tenant) {
                let topic = if input.kind == Kind::Log { LOGS } else { LINES };
                let lines = records.entry((point.arrives, topic, &input.pool)).or_default();
                lines.push(spelled(scenario, (input, tenant), point));
            }
        }
    }
    let joined = |((at, topic, pool), lines): ((Span, &'static str, &str), Vec<String>)| {
        let value = if topic == LOGS { resources(&lines) } else { lines.join("\n") };
        Arrival { at, topic, key: pool.to_owned(), value }
    };
    let mut arrivals: Vec<Arrival> = records.into_iter().map(joined).collect();
    arrivals.extend(scenario.lines.iter().map(|line| {
        let value = line.text.replace("{at}", &scenario.moment(line.at).0.to_string());
        Arrival { at: line.at, topic: LINES, key: "eu-1".to_owned(), value }
    }));
    arrivals.extend(scenario.verdicts.iter().map(|spoken| spoken.arrival(scenario)));
    arrivals.sort_by_key(|arrival| arrival.at);
    repeated(arrivals, scenario.repeat_records)
}

fn repeated(arrivals: Vec<Arrival>, every: usize) -> Vec<Arrival> {
    if every == 0 {
        return arrivals;
    }
    let copies = |(number, arrival): (usize, Arrival)| {
        std::iter::repeat_n(arrival, if number.is_multiple_of(every) { 2 } else { 1 })
    };
    arrivals.into_iter().enumerate().flat_map(copies).collect()
}

fn spelled(scenario: &Scenario, (input, tenant): (&Input, &str), point: Point) -> String {
    let ts = scenario.moment(point.at).0;
    let Input { pool, resource, signal, unit, .. } = input;
    let mut attributes = input.attributes.clone();
    if input.explodes {
        attributes.insert("request".to_owned(), point.at.0.to_string());
    }
    let kind = match input.kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
        Kind::Increment => "delta",
        Kind::Log => return log_events(input, tenant, (ts, point.value)),
    };
    json!({
        "ts": ts, "tenant": tenant, "pool": pool, "resource": resource, "name": signal, "unit": unit, "kind": kind,
        "value": point.value, "attributes": attributes,
    })
    .to_string()
}

/// The log lines of one moment, as OpenTelemetry's `resourceLogs` has them.
fn log_events(input: &Input, tenant: &str, (ts, count): (i64, f64)) -> String {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let nanos = format!("{ts}000000");
    let line = json!({"timeUnixNano": nanos, "severityNumber": 17, "body": {"stringValue": "it failed"}});
    let mut left = count;
    let count = std::iter::from_fn(|| {
        left -= 1.0;
        (left >= 0.0).then_some(line.clone())
    });
    json!({
        "resource": {"attributes": [
            attribute("tenant.id", tenant),
            attribute("tidewatch.pool", &input.pool),
            attribute("tidewatch.resource", &input.resource),
        ]},
        "scopeLogs": [{"logRecords": count.collect::<Vec<_>>()}],
    })
    .to_string()
}

fn resources(logs: &[String]) -> String {
    format!("{{\"resourceLogs\":[{}]}}", logs.join(","))
}
