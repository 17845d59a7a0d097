//! Prometheus Alertmanager, API v2: an alert per incident, sent again and again while it lasts.
//!
//! An Alertmanager forgets an alert that is not sent again before its `endsAt`, and its identity is its labels. So labels are
//! few; when one changes (an incident that becomes critical) the old alert is ended in the same request. Every replica is told
//! for itself: they do not pass alerts on to each other.

use serde_json::{Value, json};
use tidewatch_schemas::incident::State;
use tidewatch_schemas::{Incident, Timestamp};

use super::Request;
use super::notice::{self, Notice};

/// How often an alert is sent again where nobody said, in milliseconds.
pub const USUAL_AGAIN_MS: i64 = 60_000;
/// An alert ends by itself when so many repetitions are missing.
const MISSING: i64 = 4;
/// How long the end of an alert is repeated.
const ENDING_MS: i64 = 300_000;

/// One replica.
#[derive(Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its address, without the path.
    pub url: String,
    /// Value of the header `authorization`, a secret; empty for none.
    pub authorization: String,
    /// How often an alert is sent again, in milliseconds.
    pub again_ms: i64,
}

impl std::fmt::Debug for Alertmanager {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Alertmanager {{ url: {:?}, authorization: *** }}", self.url)
    }
}

impl Alertmanager {
    /// How long after it was told the replica must be told again; `None` once it has heard of the end for long enough.
    #[must_use]
    pub fn repeat_after_ms(&self, told: &Incident, now_ms: i64) -> Option<i64> {
        let ended = told.resolved_at.filter(|_| told.state == State::Resolved);
        let is_known = ended.is_some_and(|at| now_ms - at.0 > ENDING_MS);
        (!is_known).then_some(self.again_ms)
    }

    /// The alerts of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        let incident = notice.incident;
        let ends = if notice.is_over() { notice.ended_at() } else { notice.now + MISSING * self.again_ms };
        let mut alerts = vec![alert(notice, incident, ends)];
        if let Some(before) = notice.before.filter(|before| labels(before) != labels(incident)) {
            alerts.push(alert(notice, before, notice.now));
        }
        let url = format!("{}/api/v2/alerts", self.url.trim_end_matches('/'));
        let request = Request::json(url, &Value::Array(alerts));
        if self.authorization.is_empty() { request } else { request.with("authorization", self.authorization.clone()) }
    }
}

fn alert(notice: &Notice<'_>, incident: &Incident, ends: Timestamp) -> Value {
    json!({
        "labels": labels(incident),
        "annotations": annotations(notice, incident),
        "startsAt": incident.started_at.to_string(),
        "endsAt": ends.to_string(),
        "generatorURL": notice.runbook_url().unwrap_or_default(),
    })
}

/// What the alert is to Alertmanager. Empty labels are none.
pub(super) fn labels(incident: &Incident) -> Value {
    let only = |tenants: &[tidewatch_schemas::TenantId]| match tenants {
        [one] => one.as_str().to_owned(),
        _ => String::new(),
    };
    json!({
        "alertname": "Tidewatch",
        "incident_id": incident.incident_id.to_string(),
        "pool": incident.pool.as_str(),
        "severity": notice::severity(incident.severity),
        "kind": notice::name(incident.kind),
        "tenant": only(&incident.tenants),
        "culprit": only(&incident.culprits),
    })
}

/// What people read.
pub(super) fn annotations(notice: &Notice<'_>, incident: &Incident) -> Value {
    json!({
        "summary": incident.summary,
        "description": notice.story(),
        "tenants": notice::list(&incident.tenants),
        "victims": notice::list(&incident.victims),
        "culprits": notice::list(&incident.culprits),
        "state": notice::name(incident.state),
        "acknowledged_by": incident.response.acknowledged_by.clone().unwrap_or_default(),
        "severity_reason": incident.severity_reason,
        "revision": incident.revision.to_string(),
        "runbook": incident.runbook,
        "runbook_url": notice.runbook_url().unwrap_or_default(),
    })
}
