//! One event of a recording, as an agent saw it: before tenants, units or counters were interpreted.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use tidewatch_schemas::{ResourceId, SignalName, TenantId, Timestamp};

/// One measurement or one log line.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// Whom it belongs to; `_shared` where the recording names nobody.
    pub tenant: TenantId,
    /// Where it was measured or logged.
    pub resource: ResourceId,
    /// What it is.
    pub detail: Detail,
}

/// What an event is.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// A measurement.
    Metric(Metric),
    /// A log line with the lines that continue it.
    Log(Log),
}

/// A measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name of the signal.
    pub name: SignalName,
    /// Unit of the value, in UCUM notation.
    pub unit: Arc<str>,
    /// What the value means.
    pub kind: MetricKind,
    /// The value.
    pub value: Number,
    /// What tells it apart from other measurements of the same name.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// What a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Counts up since its process began; a smaller value than before means that the process began anew.
    Counter,
    /// Stands for itself.
    Gauge,
}

/// A number, as it was written: agents send whole numbers as integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Without a decimal point.
    Whole(i64),
    /// With one, or too large for 64 bits.
    Real(f64),
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// A truth value.
    Bool(bool),
}

/// A log line.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Severity as its program wrote it, e.g. `WARNING`.
    pub severity: String,
    /// Severity on OpenTelemetry's scale of 1 to 24; 0 when the word is unknown.
    pub severity_number: i32,
    /// Which part of the program wrote it: an Odoo logger, a PostgreSQL backend type.
    pub scope: String,
    /// The message, with the lines that continue it.
    pub body: String,
    /// What else the line says.
    pub attributes: BTreeMap<String, AttributeValue>,
}
