//! Words to messages.

use super::{VERSION, message};
use crate::envelope::{Content, Envelope, Tick};
use crate::lock::LockEvent;
use crate::observation::{Distribution, LogEvent, Observation, Sum, Summary, Temporality, Value};
use crate::origin::Origin;
use crate::reject::Reject;
use crate::time::Timestamp;
use crate::verdict::Verdict;

pub(super) fn message(envelope: &Envelope) -> message::Envelope {
    match &envelope.content {
        Content::Observations { pool, origin, received, observations } => message::Envelope {
            version: VERSION,
            pool: pool.as_str().to_owned(),
            origin: Some(position(origin)),
            received_ms: received.0,
            observations: observations.iter().map(observation).collect(),
            ..Default::default()
        },
        Content::Rejects { origin, received, rejects } => message::Envelope {
            version: VERSION,
            origin: Some(position(origin)),
            received_ms: received.0,
            rejects: rejects.iter().map(reject).collect(),
            ..Default::default()
        },
        Content::Verdict { origin, received, verdict } => message::Envelope {
            version: VERSION,
            pool: verdict.pool.as_str().to_owned(),
            origin: Some(position(origin)),
            received_ms: received.0,
            verdict: Some(said(verdict)),
            ..Default::default()
        },
        Content::Tick(at) => message::Envelope { version: VERSION, tick: Some(tick(at)), ..Default::default() },
    }
}

fn tick(tick: &Tick) -> message::Tick {
    message::Tick { at_ms: tick.at.0, instance: tick.instance.to_string() }
}

fn said(verdict: &Verdict) -> message::Verdict {
    message::Verdict {
        incident: verdict.incident_id.to_string(),
        action: verdict.action.name().to_owned(),
        by: verdict.by.clone(),
        at_ms: verdict.at.0,
        note: verdict.note.clone(),
        name: verdict.name.clone(),
        until_ms: verdict.until.map(|until| until.0),
    }
}

fn reject(reject: &Reject) -> message::Reject {
    message::Reject {
        reason: reject.reason.name().to_owned(),
        detail: reject.detail.clone(),
        index: reject.origin.index,
        count: reject.count,
        excerpt: reject.excerpt.clone(),
    }
}

fn position(origin: &Origin) -> message::Origin {
    message::Origin {
        topic: origin.topic.to_string(),
        partition: origin.partition,
        offset: origin.offset,
        index: origin.index,
    }
}

fn observation(observation: &Observation) -> message::Observation {
    let series = &observation.series;
    let attribute = |(key, value): (&String, &String)| message::Attribute { key: key.clone(), value: value.clone() };
    message::Observation {
        signal: series.signal.as_str().to_owned(),
        tenant: series.tenant.as_str().to_owned(),
        resource: series.resource.as_str().to_owned(),
        attributes: series.attributes.iter().map(attribute).collect(),
        unit: observation.unit.clone(),
        at_ms: observation.at.0,
        value: Some(value(&observation.value)),
    }
}

fn value(value: &Value) -> message::Value {
    match value {
        Value::Gauge(level) => message::Value::Gauge(*level),
        Value::Sum(value) => message::Value::Sum(sum(value)),
        Value::Distribution(value) => message::Value::Distribution(distribution(value)),
        Value::Summary(value) => message::Value::Summary(summary(value)),
        Value::Log(event) => message::Value::Log(log(event)),
    }
}

fn millis(start: Option<Timestamp>) -> Option<i64> {
    start.map(|at| at.0)
}

fn sum(sum: &Sum) -> message::Sum {
    message::Sum {
        value: sum.value,
        delta: sum.temporality == Temporality::Delta,
        monotonic: sum.monotonic,
        start_ms: millis(sum.start),
    }
}

fn distribution(value: &Distribution) -> message::Distribution {
    message::Distribution {
        count: value.count,
        sum: value.sum,
        min: value.min,
        max: value.max,
        bounds: value.bounds.clone(),
        counts: value.counts.clone(),
        delta: value.temporality == Temporality::Delta,
        start_ms: millis(value.start),
    }
}

fn summary(summary: &Summary) -> message::Summary {
    let pair = |(quantile, value): &(f64, f64)| message::Quantile { quantile: *quantile, value: *value };
    message::Summary {
        count: summary.count,
        sum: summary.sum,
        quantiles: summary.quantiles.iter().map(pair).collect(),
        start_ms: millis(summary.start),
    }
}

fn log(event: &LogEvent) -> message::Log {
    let lock = event.lock.as_deref().map(lock);
    message::Log { severity: u32::from(event.severity), body: event.body.clone(), lock }
}

fn lock(lock: &LockEvent) -> message::Lock {
    message::Lock {
        stage: lock.stage.name().to_owned(),
        waiter: lock.waiter,
        holders: lock.holders.clone(),
        waited_s: lock.waited_s,
        mode: lock.mode.clone(),
        is_global: lock.is_global,
        object: lock.object.clone(),
        statement: lock.statement.clone(),
        holders_statement: lock.holders_statement.clone(),
        table: lock.table.clone(),
    }
}
