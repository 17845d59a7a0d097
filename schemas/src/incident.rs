//! Findings of one cause over time: the record that people act on. Its JSON is snake_case and stable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{DetectorName, Season};
use crate::ids::{IncidentId, PoolId, ResourceId, SeriesId, SignalName, TenantId};
use crate::money::Money;
use crate::origin::Origin;
use crate::response::Response;
use crate::time::Timestamp;

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is wrong and nobody has taken it.
    Open,
    /// Somebody has taken it.
    Acknowledged,
    /// The signals are back in their band and stayed there.
    Resolved,
    /// It came back shortly after it was resolved.
    Reopened,
}

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Several signals behave unlike themselves.
    Unusual,
    /// Something that should report is silent.
    Silent,
    /// Work is slower than usual.
    Slow,
    /// Work fails.
    Failing,
    /// Input was gone before it was judged, or what was learned is lost: for a while nobody watched.
    DataLoss,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth looking at today.
    Warning,
    /// A tenant suffers.
    Error,
    /// A tenant cannot work, or several suffer.
    Critical,
}

/// What slow work waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BottleneckKind {
    /// Workers and processors.
    Compute,
    /// The database.
    Data,
    /// The code of the application.
    Application,
    /// Services outside that the application calls.
    Integration,
}

/// Where the time goes that work takes beyond usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bottleneck {
    /// What it is.
    pub kind: BottleneckKind,
    /// Its part of the time beyond usual, 0 to 1.
    pub share: f64,
    /// Why, in one sentence.
    pub reason: String,
}

/// How the other tenants of the pool do meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Peers {
    /// Other tenants whose work is measured.
    pub others: u32,
    /// How many of them suffer, too.
    pub suffering: u32,
    /// How far the worst tenant of the incident is from their median, in robust deviations of theirs.
    pub distance: f64,
    /// The same in one sentence.
    pub reason: String,
}

/// One series that speaks for the incident, at its worst window so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Which detector concluded it.
    pub detector: DetectorName,
    /// Identifier of the series.
    pub series: SeriesId,
    /// Signal of the series.
    pub signal: SignalName,
    /// Tenant of the series.
    pub tenant: TenantId,
    /// Resource of the series.
    pub resource: ResourceId,
    /// Start of the first window that did not fit.
    pub since: Timestamp,
    /// Start of the worst window.
    pub window_start: Timestamp,
    /// What was seen; absent for silence.
    pub actual: Option<f64>,
    /// What was expected.
    pub expected: f64,
    /// Lower end of what is usual.
    pub lower: f64,
    /// Upper end of what is usual.
    pub upper: f64,
    /// Unit of the numbers.
    pub unit: String,
    /// What was seen in its latest windows that did not fit, oldest first; at most [`Evidence::MAX_COURSE`], and only of the
    /// strongest series.
    #[serde(default)]
    pub course: Vec<f64>,
    /// Which season said so.
    pub season: Season,
    /// Evidence in nats.
    pub score: f64,
    /// The finding in one sentence.
    pub summary: String,
    /// The newest input that went into the worst window.
    pub source: Origin,
}

/// What those lost who waited because of somebody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Seconds for which their requests held workers by nothing but waiting.
    pub worker_seconds: f64,
    /// What that is worth; absent where no price is known.
    #[serde(default)]
    pub worth: Option<Money>,
    /// Currency of it; empty where no price is known.
    #[serde(default)]
    pub currency: String,
}

/// Something was deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Event time.
    pub at: Timestamp,
    /// Its name, such as a version; empty where nobody said.
    pub name: String,
    /// Whose.
    pub tenant: TenantId,
    /// What was deployed to.
    pub resource: ResourceId,
}

/// One revision of an incident, as it stands on the incident topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// Identity: a hash of pool, cause and first window; the same after every replay.
    pub incident_id: IncidentId,
    /// Counts the changes of this incident from 1.
    pub revision: u32,
    /// Where it stands.
    pub state: State,
    /// What kind of trouble it is.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// Why it matters that much.
    #[serde(default)]
    pub severity_reason: String,
    /// The pool it happens in.
    pub pool: PoolId,
    /// The resource that all evidence points at; absent when it points at several.
    pub resource: Option<ResourceId>,
    /// Tenants in which something was found, sorted.
    pub tenants: Vec<TenantId>,
    /// Tenants that suffer, sorted.
    pub victims: Vec<TenantId>,
    /// Tenants that cause it, sorted; empty when nobody was named.
    pub culprits: Vec<TenantId>,
    /// Event time of the first window that did not fit.
    pub started_at: Timestamp,
    /// Event time at which it was opened.
    pub opened_at: Timestamp,
    /// Event time of this revision.
    pub updated_at: Timestamp,
    /// Event time at which it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// The incident in one sentence.
    pub summary: String,
    /// The signal that speaks loudest.
    pub signal: SignalName,
    /// What that signal was expected to be.
    pub expected: f64,
    /// What it was at its worst; absent for silence.
    pub actual: Option<f64>,
    /// Unit of `expected` and `actual`.
    pub unit: String,
    /// Which season said what to expect.
    pub season: Season,
    /// How far the verdict can be trusted, 0 to 1.
    pub confidence: f64,
    /// Where the time goes that requests take beyond usual; absent where nothing says so.
    #[serde(default)]
    pub bottleneck: Option<Bottleneck>,
    /// How the other tenants do meanwhile; absent where too few are measured, and once it is over.
    #[serde(default)]
    pub peers: Option<Peers>,
    /// What was deployed shortly before it began; absent where nobody said so.
    #[serde(default)]
    pub deployment: Option<Deployment>,
    /// What its victims lost until this revision; absent where nobody was named for it, or nobody reports the time of workers.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// Name of the runbook to open.
    pub runbook: String,
    /// The series that speak for it, strongest first; at most [`Incident::MAX_EVIDENCE`].
    pub evidence: Vec<Evidence>,
    /// How many findings belong to it.
    #[serde(default)]
    pub findings: u64,
    /// What people did about it, and what came of nobody doing anything.
    #[serde(default)]
    pub response: Response,
}

impl Evidence {
    /// Most windows of which a record says what was seen.
    pub const MAX_COURSE: usize = 24;
}

impl Incident {
    /// Most series that one record lists.
    pub const MAX_EVIDENCE: usize = 12;
    /// The signal of an incident about a channel that was not told of something.
    pub const UNDELIVERED: &'static str = "tidewatch.pager.undelivered";

    /// Whether it tells of Tidewatch itself: of input that nobody judged, or of people who were not told. Such an incident is
    /// over by itself and takes no answers.
    #[must_use]
    pub fn is_about_tidewatch(&self) -> bool {
        self.kind == Kind::DataLoss || self.signal.as_str() == Self::UNDELIVERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lost_input_and_untold_people_are_about_tidewatch() {
        let json = r#"{"incident_id": "00000000000000000000000000000007", "revision": 1, "state": "open", "kind": "slow",
            "severity": "error", "pool": "eu-1", "tenants": [], "victims": [], "culprits": [],
            "started_at": "2026-11-02T08:00:00Z", "opened_at": "2026-11-02T08:00:00Z", "updated_at": "2026-11-02T08:00:00Z",
            "summary": "", "signal": "", "expected": 0.0, "unit": "s", "season": "recent", "confidence": 1.0,
            "runbook": "", "evidence": []}"#;
        let plain: Incident = serde_json::from_str(json).unwrap();
        let cases = [
            (Kind::Slow, "synthetic.check.duration", false),
            (Kind::Slow, "tidewatch.contention", false),
            (Kind::Silent, "tidewatch.reports", false),
            (Kind::DataLoss, "tidewatch.input.lost", true),
            (Kind::Failing, Incident::UNDELIVERED, true),
        ];
        for (kind, signal, expected) in cases {
            let incident = Incident { kind, signal: signal.into(), ..plain.clone() };
            assert_eq!(incident.is_about_tidewatch(), expected, "{signal}");
        }
    }
}
