//! The entry: one record in, envelopes and rejects out.

use std::collections::BTreeMap;

use tidewatch_schemas::RejectReason;

use crate::batch::{Batch, Handled};
use crate::point::Refusal;
use crate::record::SourceRecord;
use crate::rule::RuleList;
use crate::rule::parse::{self, SettingsError};
use crate::settings::{Format, Limits, Settings};
use crate::{json_lines, otlp, text, verdicts};

/// The pool when no rule matches; the same for every format.
pub(crate) const DEFAULT_POOL: &str = "default";
/// The resource when no rule matches.
pub(crate) const UNKNOWN_RESOURCE: &str = "_unknown";

/// Decodes records under checked settings. Shared by threads; nothing in it changes.
#[derive(Debug)]
pub struct Ingest {
    formats: BTreeMap<String, Format>,
    pub(crate) tenant: RuleList,
    pub(crate) pool: RuleList,
    pub(crate) resource: RuleList,
    pub(crate) logs: RuleList,
    pub(crate) limits: Limits,
}

impl Ingest {
    /// Checks `settings`.
    ///
    /// # Errors
    /// Everything that is wrong with them at once, each problem with the rule or source it is about and what would be
    /// right.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let mut problems = Vec::new();
        let formats = parse::sources(settings.sources, &mut problems);
        let unassigned = tidewatch_schemas::TenantId::UNASSIGNED;
        let tenant = parse::rules("tenant", settings.tenant, unassigned, &mut problems);
        let pool = parse::rules("pool", settings.pool, DEFAULT_POOL, &mut problems);
        let resource = parse::rules("resource", settings.resource, UNKNOWN_RESOURCE, &mut problems);
        let logs = parse::log_formats(settings.logs, &mut problems);
        parse::limits(settings.limits, &mut problems);
        if problems.is_empty() {
            return Ok(Self { formats, tenant, pool, resource, logs, limits: settings.limits });
        }
        Err(SettingsError { problems })
    }

    /// The same, which also reads what people do about incidents from `topic`.
    #[must_use]
    pub fn with_verdicts(mut self, topic: &str) -> Self {
        self.formats.insert(topic.to_owned(), Format::Verdicts);
        self
    }

    /// What `record` becomes. Infallible: what cannot be read is a reject.
    #[must_use]
    pub fn handle(&self, record: &SourceRecord<'_>) -> Handled {
        let mut batch = Batch::new(*record, self.limits);
        if let Err(refusal) = self.decode(record, &mut batch) {
            batch.refuse_record(refusal);
        }
        batch.finish()
    }

    /// Hands the points to `batch`, or says why the record cannot be read at all.
    fn decode(&self, record: &SourceRecord<'_>, batch: &mut Batch<'_>) -> Result<(), Refusal> {
        let format = self.formats.get(&**record.topic).ok_or_else(|| self.unknown_topic(record))?;
        let bytes = self.bounded(record)?;
        match by_signal(*format, record)? {
            Format::OtlpProto | Format::OtlpMetricsProto => self.metrics(otlp::proto::metrics(bytes)?, record, batch),
            Format::OtlpMetricsJson => self.metrics(otlp::json::metrics(bytes)?, record, batch),
            Format::OtlpLogsProto => self.logs(otlp::proto::logs(bytes)?, record, batch),
            Format::OtlpLogsJson => self.logs(otlp::json::logs(bytes)?, record, batch),
            Format::JsonLines => json_lines::decode(bytes, self.limits, batch)?,
            Format::Verdicts => batch.say(verdicts::decode(bytes)?),
        }
        Ok(())
    }

    fn unknown_topic(&self, record: &SourceRecord<'_>) -> Refusal {
        let known: Vec<&str> = self.formats.keys().map(String::as_str).collect();
        let topic = text::shown(record.topic);
        Refusal::malformed(format!("no source has topic {topic}; there are {}", text::shown(&known.join(", "))))
    }

    fn bounded<'a>(&self, record: &SourceRecord<'a>) -> Result<&'a [u8], Refusal> {
        let Some(bytes) = record.value else {
            return Err(Refusal::new(RejectReason::Empty, "the record has no value"));
        };
        if bytes.is_empty() {
            return Err(Refusal::new(RejectReason::Empty, "the record's value has no bytes"));
        }
        if bytes.len() > self.limits.record_bytes {
            let detail = format!("{} bytes must be at most {}", bytes.len(), self.limits.record_bytes);
            return Err(Refusal::new(RejectReason::TooLarge, detail));
        }
        Ok(bytes)
    }

    fn metrics(&self, request: otlp::MetricsRequest, record: &SourceRecord<'_>, batch: &mut Batch<'_>) {
        otlp::metrics::Walk::new(self, record, batch, request.broken).request(request.resources);
    }

    fn logs(&self, request: otlp::LogsRequest, record: &SourceRecord<'_>, batch: &mut Batch<'_>) {
        otlp::logs::Walk::new(self, record, batch, request.broken).request(request.resources);
    }
}

/// The header by which metrics and logs of one topic are told apart.
const SIGNAL: &str = "otelcol.signal";

/// The format of this record, where its topic carries several.
fn by_signal(format: Format, record: &SourceRecord<'_>) -> Result<Format, Refusal> {
    if format != Format::OtlpProto {
        return Ok(format);
    }
    let header = record.headers.iter().find(|header| header.name == SIGNAL);
    match header.map(|header| header.value.as_slice()) {
        Some(b"metrics") => Ok(Format::OtlpMetricsProto),
        Some(b"logs") => Ok(Format::OtlpLogsProto),
        Some(other) => {
            let shown = text::shown(&String::from_utf8_lossy(other));
            Err(Refusal::malformed(format!("header {SIGNAL} is {shown}; it must be metrics or logs")))
        }
        None => Err(Refusal::malformed(format!("header {SIGNAL} is missing; set signal_header in the exporter"))),
    }
}
