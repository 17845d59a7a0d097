//! Log lines of one second as an `ExportLogsServiceRequest`.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use tidewatch_schemas::Timestamp;

use super::{attributes, nanos, text_value};
use crate::recording::event::Log;

/// The request for `lines`, which share `resource`; lines that follow each other in one scope share its entry, so the
/// order of the lines is kept.
pub(super) fn request(resource: Resource, lines: &[(Timestamp, &Log)]) -> Vec<u8> {
    let same_scope = lines.chunk_by(|(_, one), (_, next)| one.scope == next.scope);
    let resource_logs = ResourceLogs {
        resource: Some(resource),
        scope_logs: same_scope.map(scope_logs).collect(),
        schema_url: String::new(),
    };
    ExportLogsServiceRequest { resource_logs: vec![resource_logs] }.encode_to_vec()
}

fn scope_logs(lines: &[(Timestamp, &Log)]) -> ScopeLogs {
    let name = lines.first().map(|(_, log)| log.scope.clone()).unwrap_or_default();
    ScopeLogs {
        scope: Some(InstrumentationScope { name, ..InstrumentationScope::default() }),
        log_records: lines.iter().map(|(at, log)| log_record(*at, log)).collect(),
        schema_url: String::new(),
    }
}

/// Read in the moment it was written: the recording knows of no delay.
fn log_record(at: Timestamp, log: &Log) -> LogRecord {
    LogRecord {
        time_unix_nano: nanos(at),
        observed_time_unix_nano: nanos(at),
        severity_number: log.severity_number,
        severity_text: log.severity.clone(),
        body: Some(AnyValue { value: Some(text_value(&log.body)) }),
        attributes: attributes(&log.attributes),
        ..LogRecord::default()
    }
}
