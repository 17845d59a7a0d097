//! PagerDuty, Events API v2: `trigger`, `acknowledge` and `resolve` with the incident's key as `dedup_key`.
//!
//! Limits that are kept: a summary of 1,024 characters, an event of 512,000 bytes (an incident lists at most twelve series).

use serde_json::json;
use tidewatch_schemas::incident::State;

use super::Request;
use super::notice::{self, Notice};

/// Where events go unless another address is given, such as that of the service region in Europe.
pub const USUAL_URL: &str = "https://events.pagerduty.com/v2/enqueue";
/// Longest summary in characters.
const SUMMARY: usize = 1_024;

/// An integration of a PagerDuty service.
#[derive(Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// Where events go.
    pub url: String,
    /// The integration's key, which is a secret.
    pub routing_key: String,
}

impl std::fmt::Debug for PagerDuty {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PagerDuty {{ url: {:?}, routing_key: *** }}", self.url)
    }
}

impl PagerDuty {
    /// The event of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        let incident = notice.incident;
        let action = match incident.state {
            State::Open | State::Reopened => "trigger",
            State::Acknowledged => "acknowledge",
            State::Resolved => "resolve",
        };
        let mut event = json!({ "routing_key": self.routing_key, "event_action": action, "dedup_key": notice.key() });
        if let (State::Open | State::Reopened, Some(event)) = (incident.state, event.as_object_mut()) {
            event.insert("payload".to_owned(), payload(notice));
            event.insert("client".to_owned(), json!("Tidewatch"));
            if let Some(url) = notice.runbook_url() {
                event.insert(
                    "links".to_owned(),
                    json!([{ "href": url, "text": format!("Runbook {}", incident.runbook) }]),
                );
            }
        }
        Request::json(self.url.clone(), &event)
    }
}

fn payload(notice: &Notice<'_>) -> serde_json::Value {
    let incident = notice.incident;
    json!({
        "summary": notice::cut(&incident.summary, SUMMARY),
        "source": notice.source(),
        "severity": notice::severity(incident.severity),
        "timestamp": incident.started_at.to_string(),
        "component": incident.signal.as_str(),
        "group": incident.pool.as_str(),
        "class": notice::name(incident.kind),
        "custom_details": {
            "story": notice.story(),
            "tenants": incident.tenants,
            "victims": incident.victims,
            "culprits": incident.culprits,
            "expected": incident.expected,
            "actual": incident.actual,
            "unit": incident.unit,
            "confidence": incident.confidence,
            "revision": incident.revision,
            "runbook": incident.runbook,
        },
    })
}
