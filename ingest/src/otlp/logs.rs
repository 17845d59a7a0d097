//! Walks a logs request: every log record becomes an event of the signal `log.events`, or a reject, and what its line says
//! in numbers becomes observations of their own.
//!
//! Series are told apart by severity and scope alone. What a line says differs from line to line; a series for each would
//! never learn what is normal.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Text;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use tidewatch_schemas::observation::{LogEvent, Value};
use tidewatch_schemas::{RejectReason, TenantId, Timestamp};

use super::{Broken, attributes};
use crate::batch::{Batch, Draft};
use crate::ingest::Ingest;
use crate::logs::tally::{Owner, Tally};
use crate::logs::{self, Line, LogFormat};
use crate::place::{Names, Place};
use crate::point::{self, Refusal};
use crate::record::SourceRecord;
use crate::signal::Signal;
use crate::text;

/// The signal of all log events.
const SIGNAL: &str = "log.events";
/// The attribute under which the rules see the database that a line names.
const DATABASE: &str = "db.namespace";

/// A walk over one request.
pub(crate) struct Walk<'a, 'b> {
    ingest: &'a Ingest,
    record: &'a SourceRecord<'a>,
    batch: &'a mut Batch<'b>,
    broken: Broken,
    signal: Signal,
    tally: Tally,
    /// Number of the log record that comes next, counted over the whole record.
    next: u32,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub(crate) fn new(
        ingest: &'a Ingest,
        record: &'a SourceRecord<'a>,
        batch: &'a mut Batch<'b>,
        broken: Broken,
    ) -> Self {
        let signal = Signal::new(SIGNAL, "", ingest.limits.attribute_bytes);
        Self { ingest, record, batch, broken, signal, tally: Tally::default(), next: 0 }
    }

    pub(crate) fn request(mut self, resources: Vec<ResourceLogs>) {
        for resource in resources {
            let described = resource.resource.unwrap_or_default();
            let place = Place::new(self.ingest, self.record, &described.attributes);
            for scope in resource.scope_logs {
                let name = scope.scope.map(|scope| text::cut_owned(scope.name, self.ingest.limits.attribute_bytes));
                for event in &scope.log_records {
                    self.event(&place, name.as_deref().unwrap_or_default(), event);
                }
            }
        }
        let excerpt = self.record.value.unwrap_or_default();
        for (index, refusal) in self.tally.admit(self.batch, self.ingest.limits.attribute_bytes) {
            self.batch.refuse(index, refusal, excerpt);
        }
    }

    fn event(&mut self, place: &Place<'_>, scope: &str, event: &LogRecord) {
        let index = self.next;
        self.next = self.next.saturating_add(1);
        let taken = match self.broken.remove(&index) {
            Some(refusal) => Err(refusal),
            None => self.take(place, scope, event),
        };
        if let Err(refusal) = taken {
            let detail = format!("log record: {}", refusal.detail);
            self.batch.refuse(index, Refusal { detail, ..refusal }, self.record.value.unwrap_or_default());
            return;
        }
        self.derive(place, scope, event, index);
    }

    /// Reads the line and takes note of the numbers in it.
    fn derive(&mut self, place: &Place<'_>, scope: &str, event: &LogRecord, index: u32) {
        let format = place.log_format(&event.attributes);
        let Some(body) = attributes::value_text(event.body.as_ref()).filter(|_| format != LogFormat::None) else {
            return;
        };
        let line = Line { body: &body, scope, severity: &event.severity_text, attributes: &event.attributes };
        let Some(reading) = logs::read(format, &line) else { return };
        let at = reading.at.filter(|_| event.time_unix_nano == 0).unwrap_or_else(|| event_time(event));
        let owner = owner(place, event, reading.database.clone());
        self.tally.add(owner, at, reading, index);
    }

    fn take(&mut self, place: &Place<'_>, scope: &str, event: &LogRecord) -> Result<(), Refusal> {
        point::verify_attributes(event.attributes.len(), self.ingest.limits.attributes)?;
        let body = body(event)?;
        let severity = severity(event);
        let mut attributes = BTreeMap::from([("severity".to_owned(), severity_name(severity).to_owned())]);
        if !scope.is_empty() {
            attributes.insert("scope".to_owned(), scope.to_owned());
        }
        let Names { tenant, pool, resource, .. } = place.names(&event.attributes);
        let value = Value::Log(LogEvent { severity, body, lock: None });
        let at = event_time(event);
        self.batch.admit(Draft { signal: &self.signal, pool, tenant, resource, attributes, at, value })
    }
}

/// Whose the numbers of a line are: the rules see the database that it names as `db.namespace`. A line about no tenant's
/// database is about the server that all of them share.
fn owner(place: &Place<'_>, event: &LogRecord, database: Option<String>) -> Owner {
    let is_servers = database.is_none();
    let named = database.map(|name| KeyValue {
        key: DATABASE.to_owned(),
        value: Some(AnyValue { value: Some(Text::StringValue(name)) }),
        ..KeyValue::default()
    });
    let point: Vec<KeyValue> = named.into_iter().chain(event.attributes.iter().cloned()).collect();
    let Names { mut tenant, pool, resource, .. } = place.names(&point);
    if is_servers && tenant.as_str() == TenantId::UNASSIGNED {
        tenant = TenantId::shared();
    }
    Owner { pool, tenant, resource }
}

/// When it happened, else when the agent saw it: both are allowed to be unknown.
fn event_time(event: &LogRecord) -> Timestamp {
    let nanos = if event.time_unix_nano == 0 { event.observed_time_unix_nano } else { event.time_unix_nano };
    Timestamp::from_nanos(nanos)
}

/// The message; where there is none, the name of the event; where there is none either, its attributes.
fn body(event: &LogRecord) -> Result<String, Refusal> {
    if let Some(body) = attributes::value_text(event.body.as_ref()) {
        return Ok(text::cut(&body, LogEvent::MAX_BODY).to_owned());
    }
    if !event.event_name.is_empty() {
        return Ok(text::cut(&event.event_name, LogEvent::MAX_BODY).to_owned());
    }
    if event.attributes.is_empty() {
        let detail = "none of body, event name and attributes is set; one of them must be";
        return Err(Refusal::new(RejectReason::MissingValue, detail));
    }
    Ok(text::cut_owned(attributes::list_text(&event.attributes), LogEvent::MAX_BODY))
}

/// The number, else what the severity's text says: many agents send only that.
fn severity(event: &LogRecord) -> u8 {
    match u8::try_from(event.severity_number) {
        Ok(number @ 1..=24) => number,
        _ => severity_of_text(&event.severity_text),
    }
}

fn severity_of_text(text: &str) -> u8 {
    match text.trim().to_ascii_lowercase().as_str() {
        "trace" => 1,
        "debug" => 5,
        "info" | "information" | "notice" | "log" => 9,
        "warn" | "warning" => 13,
        "err" | "error" => 17,
        "critical" | "fatal" | "panic" | "alert" | "emerg" | "emergency" => 21,
        _ => 0,
    }
}

/// The ranges of OpenTelemetry's severity numbers.
fn severity_name(number: u8) -> &'static str {
    match number {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => "unknown",
    }
}
