//! Tidewatch's own format: one JSON object a line, one or several lines a record.
//!
//! ```json
//! {"ts": 1795342714149, "tenant": "acme", "resource": "pg-main", "name": "postgresql.backends", "unit": "1",
//!  "kind": "gauge", "value": 6, "attributes": {"state": "active"}}
//! ```
//!
//! | key | meaning |
//! |---|---|
//! | `ts` | event time in milliseconds since 1970, integer or not |
//! | `tenant` | null, empty or absent: `_shared` |
//! | `pool`, `resource` | absent: `default`, `_unknown` |
//! | `name`, `unit` | the signal and its unit |
//! | `kind` | `gauge`; `counter`, the total since `start_ts`; `delta`, the growth since the previous line |
//! | `value` | a number |
//! | `start_ts` | when counting began, where known |
//! | `attributes` | scalars; what is nested becomes JSON text, null is absent |
//!
//! Other keys are ignored, so that a recording may say more than Tidewatch reads. Rules do not apply: a line says itself
//! whose it is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use tidewatch_schemas::observation::{Sum, Temporality, Value};
use tidewatch_schemas::{PoolId, RejectReason, ResourceId, TenantId, Timestamp};

use crate::batch::{Batch, Draft};
use crate::ingest::{DEFAULT_POOL, UNKNOWN_RESOURCE};
use crate::point::{self, Refusal};
use crate::settings::Limits;
use crate::signal::Signal;
use crate::text;

#[derive(Deserialize)]
struct Line {
    ts: Option<f64>,
    start_ts: Option<f64>,
    tenant: Option<String>,
    pool: Option<String>,
    resource: Option<String>,
    #[serde(default)]
    name: String,
    unit: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    value: Json,
    attributes: Option<BTreeMap<String, Json>>,
}

/// Hands every line to `batch`; the index of a line counts those that are not blank, from 0.
pub(crate) fn decode(bytes: &[u8], limits: Limits, batch: &mut Batch<'_>) -> Result<(), Refusal> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let mut count = 0_u32;
    for line in lines {
        if let Err(refusal) = parse(line).and_then(|parsed| admit(parsed, limits, batch)) {
            batch.refuse(count, refusal, line);
        }
        count = count.saturating_add(1);
    }
    if count == 0 {
        return Err(Refusal::new(RejectReason::Empty, "the record has blank lines only"));
    }
    Ok(())
}

fn parse(line: &[u8]) -> Result<Line, Refusal> {
    let text = std::str::from_utf8(line)
        .map_err(|error| Refusal::new(RejectReason::InvalidUtf8, format!("a line must be UTF-8: {error}")))?;
    let malformed = |error: serde_json::Error| {
        let error = error.to_string();
        Refusal::malformed(format!("not a line of this format: {}", text::cut(&error, 200)))
    };
    serde_json::from_str(text).map_err(malformed)
}

fn admit(line: Line, limits: Limits, batch: &mut Batch<'_>) -> Result<(), Refusal> {
    let most = limits.attribute_bytes;
    let signal = Signal::new(&line.name, line.unit.as_deref().unwrap_or_default(), most);
    let of_signal = |refusal: Refusal| {
        let detail = format!("{}: {}", text::shown(&line.name), refusal.detail);
        Refusal { detail, ..refusal }
    };
    let at = Timestamp(millis(line.ts));
    let number = number(&line.value).map_err(of_signal)?;
    let value = value(line.kind.as_deref(), number, point::start_time(Timestamp(millis(line.start_ts)), at));
    let value = value.map_err(of_signal)?;
    let attributes = attributes(line.attributes.unwrap_or_default(), limits).map_err(of_signal)?;
    let draft = Draft {
        signal: &signal,
        pool: PoolId::from(name(line.pool.as_deref(), DEFAULT_POOL, most)),
        tenant: TenantId::from(name(line.tenant.as_deref(), TenantId::SHARED, most)),
        resource: ResourceId::from(name(line.resource.as_deref(), UNKNOWN_RESOURCE, most)),
        attributes,
        at,
        value,
    };
    batch.admit(draft).map_err(of_signal)
}

/// Absent is 0, which no event time is. Doubles beyond the range saturate.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and what is out of range is refused as a time")]
fn millis(ts: Option<f64>) -> i64 {
    ts.unwrap_or_default().floor() as i64
}

fn name<'a>(found: Option<&'a str>, otherwise: &'static str, most: usize) -> &'a str {
    match found {
        Some(name) if !name.is_empty() => text::cut(name, most),
        _ => otherwise,
    }
}

/// Writers that know no JSON for NaN and infinity send them as text.
fn number(value: &Json) -> Result<f64, Refusal> {
    match value {
        Json::Null => Err(Refusal::new(RejectReason::MissingValue, "value is absent or null and must be a number")),
        Json::Number(number) => Ok(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity" | "inf" | "-inf") => {
            Ok(f64::NAN)
        }
        other => Err(Refusal::malformed(format!("value {} must be a number", text::shown(&other.to_string())))),
    }
}

fn value(kind: Option<&str>, value: f64, start: Option<Timestamp>) -> Result<Value, Refusal> {
    let sum = |temporality| Value::Sum(Sum { value, temporality, monotonic: true, start });
    match kind {
        Some("gauge") => Ok(Value::Gauge(value)),
        Some("counter") => Ok(sum(Temporality::Cumulative)),
        Some("delta") => Ok(sum(Temporality::Delta)),
        Some(other) => Err(Refusal::malformed(format!("kind {} must be gauge, counter or delta", text::shown(other)))),
        None => Err(Refusal::malformed("kind is absent and must be gauge, counter or delta")),
    }
}

fn attributes(found: BTreeMap<String, Json>, limits: Limits) -> Result<BTreeMap<String, String>, Refusal> {
    point::verify_attributes(found.len(), limits.attributes)?;
    let most = limits.attribute_bytes;
    let kept = found.into_iter().filter(|(_, value)| !value.is_null());
    Ok(kept.map(|(key, value)| (text::cut_owned(key, most), text::cut_owned(scalar(value), most))).collect())
}

/// The same text that the value has as an attribute in OTLP, so that a series is the same by either way.
fn scalar(value: Json) -> String {
    match value {
        Json::String(text) => text,
        Json::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}
