//! Messages to words. The pool is in the envelope once and in every series key, so it is put back here.

use std::sync::Arc;

use super::{VERSION, WireError, message};
use crate::envelope::{Content, Envelope, Tick};
use crate::ids::{PoolId, ResourceId, SignalName, TenantId};
use crate::lock::{LockEvent, LockStage};
use crate::observation::{Distribution, LogEvent, Observation, Sum, Summary, Temporality, Value};
use crate::origin::Origin;
use crate::reject::{Reject, RejectReason};
use crate::series::SeriesKey;
use crate::time::Timestamp;
use crate::verdict::{Action, Verdict};

pub(super) fn envelope(message: message::Envelope) -> Result<Envelope, WireError> {
    if message.version != VERSION {
        return Err(WireError::UnknownVersion(message.version));
    }
    let content = match message.tick {
        Some(tick) => Content::Tick(Tick { at: Timestamp(tick.at_ms), instance: tick.instance.into() }),
        None => content(message)?,
    };
    Ok(Envelope { content })
}

fn content(message: message::Envelope) -> Result<Content, WireError> {
    if !message.rejects.is_empty() {
        return rejects(message);
    }
    if message.pool.is_empty() {
        return Err(WireError::Missing("its pool"));
    }
    let pool = PoolId::from(message.pool.as_str());
    let origin = message.origin.ok_or(WireError::Missing("its origin"))?;
    if let Some(said) = message.verdict {
        let (verdict, received) = (verdict(pool, said)?, Timestamp(message.received_ms));
        return Ok(Content::Verdict { origin: self::origin(origin), received, verdict });
    }
    let observations = message.observations.into_iter().map(|each| observation(&pool, each));
    Ok(Content::Observations {
        observations: observations.collect::<Result<_, _>>()?,
        pool,
        origin: self::origin(origin),
        received: Timestamp(message.received_ms),
    })
}

fn origin(message: message::Origin) -> Origin {
    let message::Origin { topic, partition, offset, index } = message;
    Origin { topic: Arc::from(topic), partition, offset, index }
}

fn rejects(message: message::Envelope) -> Result<Content, WireError> {
    let origin = origin(message.origin.ok_or(WireError::Missing("its origin"))?);
    let received = Timestamp(message.received_ms);
    let reject = |message: message::Reject| {
        let reason = RejectReason::named(&message.reason).ok_or(WireError::UnknownReason(message.reason))?;
        Ok(Reject {
            reason,
            detail: message.detail,
            origin: Origin { index: message.index, ..origin.clone() },
            received_at: received,
            count: message.count,
            excerpt: message.excerpt,
        })
    };
    let rejects = message.rejects.into_iter().map(reject).collect::<Result<_, WireError>>()?;
    Ok(Content::Rejects { rejects, origin, received })
}

fn verdict(pool: PoolId, message: message::Verdict) -> Result<Verdict, WireError> {
    let action = Action::named(&message.action).ok_or(WireError::UnknownAction(message.action))?;
    Ok(Verdict {
        incident_id: message.incident.parse().map_err(|_| WireError::Missing("the incident of its verdict"))?,
        pool,
        action,
        by: message.by,
        at: Timestamp(message.at_ms),
        note: message.note,
        name: message.name,
        until: message.until_ms.map(Timestamp),
    })
}

fn observation(pool: &PoolId, message: message::Observation) -> Result<Observation, WireError> {
    let value = message.value.ok_or(WireError::Missing("the value of an observation"))?;
    let attributes = message.attributes.into_iter().map(|pair| (pair.key, pair.value)).collect();
    let series = SeriesKey {
        pool: pool.clone(),
        tenant: TenantId::from(message.tenant.as_str()),
        resource: ResourceId::from(message.resource.as_str()),
        signal: SignalName::from(message.signal.as_str()),
        attributes,
    };
    Ok(Observation { series, unit: message.unit, at: Timestamp(message.at_ms), value: self::value(value) })
}

fn value(message: message::Value) -> Value {
    match message {
        message::Value::Gauge(level) => Value::Gauge(level),
        message::Value::Sum(message) => Value::Sum(sum(&message)),
        message::Value::Distribution(message) => Value::Distribution(distribution(message)),
        message::Value::Summary(message) => Value::Summary(summary(message)),
        message::Value::Log(message) => Value::Log(log(message)),
    }
}

fn temporality(delta: bool) -> Temporality {
    if delta { Temporality::Delta } else { Temporality::Cumulative }
}

fn sum(message: &message::Sum) -> Sum {
    Sum {
        value: message.value,
        temporality: temporality(message.delta),
        monotonic: message.monotonic,
        start: message.start_ms.map(Timestamp),
    }
}

fn distribution(message: message::Distribution) -> Distribution {
    Distribution {
        count: message.count,
        sum: message.sum,
        min: message.min,
        max: message.max,
        bounds: message.bounds,
        counts: message.counts,
        temporality: temporality(message.delta),
        start: message.start_ms.map(Timestamp),
    }
}

fn summary(message: message::Summary) -> Summary {
    Summary {
        count: message.count,
        sum: message.sum,
        quantiles: message.quantiles.into_iter().map(|pair| (pair.quantile, pair.value)).collect(),
        start: message.start_ms.map(Timestamp),
    }
}

fn log(message: message::Log) -> LogEvent {
    let lock = message.lock.and_then(lock).map(Box::new);
    LogEvent { severity: u8::try_from(message.severity).unwrap_or(0), body: message.body, lock }
}

/// A stage that a later release knows makes the line an event like any other.
fn lock(message: message::Lock) -> Option<LockEvent> {
    Some(LockEvent {
        stage: LockStage::named(&message.stage)?,
        waiter: message.waiter,
        holders: message.holders,
        waited_s: message.waited_s,
        mode: message.mode,
        is_global: message.is_global,
        object: message.object,
        statement: message.statement,
        holders_statement: message.holders_statement,
        table: message.table,
    })
}
