//! Where points belong: what the rules say of an OTLP resource once, and of each of its points.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use tidewatch_schemas::{PoolId, ResourceId, TenantId};

use crate::ingest::Ingest;
use crate::logs::LogFormat;
use crate::otlp::attributes;
use crate::record::{Header, SourceRecord};
use crate::rule::{Field, RuleList, Settled};
use crate::text;

/// Resource attributes that tell series of one resource apart. The others describe it, and describing it differently (a new
/// image, another label) must not begin its series anew. `process.pid` is left out for that reason: aggregate processes in
/// the agent.
const TELLING: &[&str] = &[
    "container.name",
    "k8s.container.name",
    "k8s.cronjob.name",
    "k8s.daemonset.name",
    "k8s.deployment.name",
    "k8s.hpa.name",
    "k8s.job.name",
    "k8s.namespace.name",
    "k8s.persistentvolumeclaim.name",
    "k8s.resourcequota.name",
    "k8s.statefulset.name",
    "k8s.volume.name",
    "postgresql.database.name",
    "postgresql.index.name",
    "postgresql.schema.name",
    "postgresql.table.name",
    "process.executable.name",
    "tlscheck.target",
];

/// What holds for all points of an OTLP resource, unless a rule on attributes says otherwise.
pub(crate) struct Place<'a> {
    ingest: &'a Ingest,
    tenant: Kept<TenantId>,
    pool: Kept<PoolId>,
    resource: Kept<ResourceId>,
    logs: Settled,
    telling: Vec<(&'static str, String)>,
}

/// Where one point belongs.
pub(crate) struct Names {
    pub(crate) tenant: TenantId,
    pub(crate) pool: PoolId,
    pub(crate) resource: ResourceId,
    /// Attributes that say no more than the tenant or the resource already does.
    spent: [Option<Field>; 2],
}

/// What was settled, with its name as the identifier that every point clones.
struct Kept<T> {
    settled: Settled,
    id: T,
}

impl<'a> Place<'a> {
    pub(crate) fn new(ingest: &'a Ingest, record: &SourceRecord<'_>, resource: &[KeyValue]) -> Self {
        let most = ingest.limits.attribute_bytes;
        let telling = TELLING.iter().filter_map(|key| {
            let value = attributes::find(resource, key)?;
            Some((*key, text::cut(&value, most).to_owned()))
        });
        let text_at = |from: &Field| match from {
            Field::Header(name) => header(record.headers, name),
            Field::Resource(key) => attributes::find(resource, key),
            Field::Attribute(_) => None,
        };
        Self {
            ingest,
            tenant: Kept::new(&ingest.tenant, text_at, most),
            pool: Kept::new(&ingest.pool, text_at, most),
            resource: Kept::new(&ingest.resource, text_at, most),
            logs: ingest.logs.settle(text_at),
            telling: telling.collect(),
        }
    }

    /// Where a point with these attributes belongs.
    pub(crate) fn names(&self, point: &[KeyValue]) -> Names {
        let most = self.ingest.limits.attribute_bytes;
        let (tenant, spent_on_tenant) = self.tenant.name(&self.ingest.tenant, point, most);
        let (pool, _) = self.pool.name(&self.ingest.pool, point, most);
        let (resource, spent_on_resource) = self.resource.name(&self.ingest.resource, point, most);
        let spent_on_resource = spent_on_resource.filter(|from| matches!(from, Field::Resource(_)));
        Names { tenant, pool, resource, spent: [spent_on_tenant, spent_on_resource] }
    }

    /// How a log record with these attributes is read. What is no name of a format, such as an attribute of the agent's own
    /// that a rule points at, leaves it to the line.
    pub(crate) fn log_format(&self, point: &[KeyValue]) -> LogFormat {
        let decided = self.ingest.logs.decide(&self.logs, |key| attributes::find(point, key));
        LogFormat::named(&decided.as_ref().unwrap_or(&self.logs.found).name).unwrap_or_default()
    }

    /// The resource attributes that tell this point's series from others of the resource.
    pub(crate) fn telling<'b>(&'b self, names: &'b Names) -> impl Iterator<Item = (&'static str, &'b str)> {
        let all = self.telling.iter().map(|(key, value)| (*key, value.as_str()));
        all.filter(|(key, _)| {
            !names.spent.iter().flatten().any(|from| matches!(from, Field::Resource(by) if by == key))
        })
    }
}

impl Names {
    /// Whether the point's attribute `key` says no more than the tenant does.
    pub(crate) fn is_spent(&self, key: &str) -> bool {
        self.spent.iter().flatten().any(|from| matches!(from, Field::Attribute(by) if by == key))
    }
}

impl<T: Clone + for<'b> From<&'b str>> Kept<T> {
    fn new<'b>(rules: &RuleList, text_at: impl Fn(&Field) -> Option<Cow<'b, str>>, most: usize) -> Self {
        let settled = rules.settle(text_at);
        let id = T::from(text::cut(&settled.found.name, most));
        Self { settled, id }
    }

    fn name(&self, rules: &RuleList, point: &[KeyValue], most: usize) -> (T, Option<Field>) {
        match rules.decide(&self.settled, |key| attributes::find(point, key)) {
            Some(found) => (T::from(text::cut(&found.name, most)), found.spent),
            None => (self.id.clone(), self.settled.found.spent.clone()),
        }
    }
}

fn header<'a>(headers: &'a [Header], name: &str) -> Option<Cow<'a, str>> {
    let found = headers.iter().find(|header| header.name == name)?;
    std::str::from_utf8(&found.value).ok().map(Cow::Borrowed)
}
