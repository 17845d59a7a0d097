//! Opsgenie and Jira Service Management, alerts v2: created, acknowledged and closed by the incident's key as alias.

use serde_json::json;
use tidewatch_schemas::TenantId;
use tidewatch_schemas::incident::{Severity, State};

use super::Request;
use super::notice::{self, Notice};

/// Where alerts go unless another address is given, such as that of the region in Europe.
pub const USUAL_URL: &str = "https://api.opsgenie.com";
/// Longest message in characters.
const MESSAGE: usize = 130;
/// Longest description in characters.
const DESCRIPTION: usize = 15_000;

/// An integration.
#[derive(Clone, PartialEq, Eq)]
pub struct Opsgenie {
    /// Its address, without the path.
    pub url: String,
    /// Its key, a secret.
    pub key: String,
}

impl std::fmt::Debug for Opsgenie {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Opsgenie {{ url: {:?}, key: *** }}", self.url)
    }
}

impl Opsgenie {
    /// The request of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        let base = format!("{}/v2/alerts", self.url.trim_end_matches('/'));
        let of_alias = |action| format!("{base}/{}/{action}?identifierType=alias", notice.key());
        let request = match notice.incident.state {
            State::Open | State::Reopened => Request::json(base, &created(notice)),
            State::Acknowledged => Request::json(of_alias("acknowledge"), &json!({ "source": "Tidewatch" })),
            State::Resolved => {
                let note = notice::cut(&notice.incident.summary, DESCRIPTION);
                Request::json(of_alias("close"), &json!({ "source": "Tidewatch", "note": note }))
            }
        };
        request.with("authorization", format!("GenieKey {}", self.key))
    }
}

fn created(notice: &Notice<'_>) -> serde_json::Value {
    let incident = notice.incident;
    let tags: Vec<&str> = incident.tenants.iter().map(TenantId::as_str).collect();
    json!({
        "message": notice::cut(&incident.summary, MESSAGE),
        "alias": notice.key(),
        "description": notice::cut(&notice.story(), DESCRIPTION),
        "tags": tags,
        "details": {
            "pool": incident.pool.as_str(),
            "victims": notice::list(&incident.victims),
            "culprits": notice::list(&incident.culprits),
            "runbook": notice.runbook_url().unwrap_or_else(|| incident.runbook.clone()),
            "revision": incident.revision.to_string(),
        },
        "entity": notice.source(),
        "source": "Tidewatch",
        "priority": priority(incident.severity),
    })
}

fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "P1",
        Severity::Error => "P2",
        Severity::Warning => "P3",
        Severity::Info => "P5",
    }
}
