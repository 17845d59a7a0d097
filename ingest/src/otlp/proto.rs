//! Protobuf bytes to requests. The decoder bounds nesting by itself.

use opentelemetry_proto::tonic::logs::v1::LogsData;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use prost::{DecodeError, Message};
use tidewatch_schemas::RejectReason;

use super::{Broken, LogsRequest, MetricsRequest};
use crate::point::Refusal;

/// `MetricsData` has the bytes of `ExportMetricsServiceRequest`.
pub(crate) fn metrics(bytes: &[u8]) -> Result<MetricsRequest, Refusal> {
    let resources = MetricsData::decode(bytes).map_err(|error| refusal(bytes, &error))?.resource_metrics;
    present(resources.is_empty(), "resource metrics")?;
    Ok(MetricsRequest { resources, broken: Broken::new() })
}

/// `LogsData` has the bytes of `ExportLogsServiceRequest`.
pub(crate) fn logs(bytes: &[u8]) -> Result<LogsRequest, Refusal> {
    let resources = LogsData::decode(bytes).map_err(|error| refusal(bytes, &error))?.resource_logs;
    present(resources.is_empty(), "resource logs")?;
    Ok(LogsRequest { resources, broken: Broken::new() })
}

/// Bytes of another message decode to one of unknown fields alone; that must not pass as a record without points.
fn present(is_empty: bool, what: &str) -> Result<(), Refusal> {
    if is_empty {
        return Err(Refusal::malformed(format!("a protobuf message without {what}; it must have at least one")));
    }
    Ok(())
}

fn refusal(bytes: &[u8], error: &DecodeError) -> Refusal {
    let text = error.to_string();
    if text.contains("not UTF-8") {
        return Refusal::new(RejectReason::InvalidUtf8, text);
    }
    let hint = if bytes.first() == Some(&b'{') { "; it looks like JSON, which is another format" } else { "" };
    Refusal::malformed(format!("not the protobuf message of this format: {text}{hint}"))
}
