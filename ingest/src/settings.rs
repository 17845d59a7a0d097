//! What the configuration says about input: sources, rules and limits.
//!
//! Plain data, as it stands in the file. [`Ingest::new`](crate::Ingest::new) checks it and names everything that is wrong
//! at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the values of a topic are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Metrics and logs in one topic as protobuf; the header `otelcol.signal`, which the Collector's Kafka exporter writes
    /// with `signal_header: true`, says which.
    OtlpProto,
    /// `ExportMetricsServiceRequest` as protobuf; `otlp_proto` of the Collector's Kafka exporter.
    OtlpMetricsProto,
    /// `ExportLogsServiceRequest` as protobuf.
    OtlpLogsProto,
    /// `ExportMetricsServiceRequest` as JSON; `otlp_json` of the Collector's Kafka exporter.
    OtlpMetricsJson,
    /// `ExportLogsServiceRequest` as JSON.
    OtlpLogsJson,
    /// Tidewatch's own: one JSON object per line, one or several lines per record.
    JsonLines,
    /// What people do about incidents, one JSON object per record. Only Tidewatch's own topic has it.
    #[serde(skip)]
    Verdicts,
}

impl Format {
    /// The name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OtlpProto => "otlp_proto",
            Self::OtlpMetricsProto => "otlp_metrics_proto",
            Self::OtlpLogsProto => "otlp_logs_proto",
            Self::OtlpMetricsJson => "otlp_metrics_json",
            Self::OtlpLogsJson => "otlp_logs_json",
            Self::JsonLines => "json_lines",
            Self::Verdicts => "verdicts",
        }
    }
}

/// Topics of one format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Names of the topics.
    pub topics: Vec<String>,
    /// How their values are encoded.
    pub format: Format,
}

/// One way to get a tenant, a pool or a resource. In a list of rules the first that matches wins.
///
/// The text that `from` names goes through `matches`, then `lookup`, then `value`; each of the three may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `header:NAME`, `resource:KEY` or `attribute:KEY`; what is absent or empty does not match.
    ///
    /// A header is only as trustworthy as everyone who may write to the topic.
    pub from: String,
    /// Regular expression that must be found in the text. Its group `value`, else its first group, else the whole match
    /// is what goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// Table from that to a name; what is not in it does not match.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lookup: BTreeMap<String, String>,
    /// The name to give, whatever was found, such as `_shared`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest value of a record, in bytes.
    pub record_bytes: usize,
    /// Most attributes of a data point or a log record.
    pub attributes: usize,
    /// Longest name or attribute value, in bytes.
    pub attribute_bytes: usize,
    /// How far an agent's clock may be ahead of the broker's, in milliseconds.
    pub future_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { record_bytes: 1_048_576, attributes: 64, attribute_bytes: 4_096, future_ms: 300_000 }
    }
}

/// What the configuration says about input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is read. A topic stands in one source.
    pub sources: Vec<Source>,
    /// How a tenant is found; no match is `_unassigned`.
    pub tenant: Vec<Rule>,
    /// How a pool is found; no match is `default`.
    pub pool: Vec<Rule>,
    /// How a resource is found; no match is `_unknown`.
    pub resource: Vec<Rule>,
    /// How log records are read: each rule gives the name of a [`LogFormat`](crate::logs::LogFormat); no match is `recognise`.
    pub logs: Vec<Rule>,
    /// What is too much.
    pub limits: Limits,
}

/// The Collector's default topics, and rules that trust nothing an outsider can set.
///
/// Tenants come from neither a header nor `k8s.namespace.name`: whoever may write to the topic could claim any tenant by a
/// header, and the namespaces of ingress controllers and operators are no customers. Fleets with a namespace per customer
/// add a rule that says which ones, e.g. `{from: "resource:k8s.namespace.name", matches: "^tenant-(.+)$"}`.
///
/// What belongs to no tenant, such as a node's CPU, is `_unassigned` until the agent sets `tenant.id` to `_shared` or a last
/// rule does, e.g. `{from: "resource:host.name", value: "_shared"}`.
impl Default for Settings {
    fn default() -> Self {
        let source = |topic: &str, format| Source { topics: vec![topic.to_owned()], format };
        // With the PostgreSQL receiver's semantic conventions on, `db.namespace` is `database|schema`.
        let database_of_point = Rule { matches: Some("^[^|]+".to_owned()), ..rule("attribute:db.namespace") };
        Self {
            sources: vec![
                source("otlp_metrics", Format::OtlpMetricsProto),
                source("otlp_logs", Format::OtlpLogsProto),
                source("otlp", Format::OtlpProto),
            ],
            tenant: vec![
                rule("resource:tenant.id"),
                rule("resource:service.namespace"),
                database_of_point,
                rule("resource:postgresql.database.name"),
            ],
            pool: rules(&["tidewatch.pool", "k8s.cluster.name", "deployment.environment.name"]),
            resource: rules(RESOURCES),
            logs: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// From the narrowest name to the widest. A pod's name changes with every rollout and its series begin anew; without it two
/// replicas would share a series and their counters would reset each other. Fleets that want baselines to outlive rollouts
/// set `tidewatch.resource` to a name that does.
const RESOURCES: &[&str] = &[
    "tidewatch.resource",
    "service.instance.id",
    "server.address",
    "k8s.pod.name",
    "k8s.node.name",
    "host.name",
    "container.name",
    "service.name",
];

fn rules(resource_keys: &[&str]) -> Vec<Rule> {
    resource_keys.iter().map(|key| rule(&format!("resource:{key}"))).collect()
}

fn rule(from: &str) -> Rule {
    Rule { from: from.to_owned(), ..Rule::default() }
}
