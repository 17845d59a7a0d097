//! OpenTelemetry's export requests, in protobuf and JSON, to points.
//!
//! Both encodings are brought to the types of `opentelemetry-proto` and walked by the same code. In protobuf a text that is
//! not UTF-8 or a cut-off message costs the record, because nothing after it can be trusted; in JSON a point that cannot be
//! read is noted and only itself refused.

pub(crate) mod attributes;
mod exponential;
pub(crate) mod json;
pub(crate) mod logs;
pub(crate) mod metrics;
mod number;
pub(crate) mod proto;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;

use crate::point::Refusal;

/// Points that could not be read, by their number in the record. An empty point stands in their place, so that the numbers
/// of the others hold.
pub(crate) type Broken = BTreeMap<u32, Refusal>;

/// Metrics, and what could not be read of them.
#[derive(Debug, Default)]
pub(crate) struct MetricsRequest {
    pub(crate) resources: Vec<ResourceMetrics>,
    pub(crate) broken: Broken,
}

/// Log records, and what could not be read of them.
#[derive(Debug, Default)]
pub(crate) struct LogsRequest {
    pub(crate) resources: Vec<ResourceLogs>,
    pub(crate) broken: Broken,
}
