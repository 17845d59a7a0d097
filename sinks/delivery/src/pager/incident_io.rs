//! incident.io, alert events v2: firing and resolved, with the incident's key as `deduplication_key`.

use serde_json::json;

use super::Request;
use super::notice::{self, Notice};

/// Where events go; the identifier of the alert source follows.
pub const USUAL_URL: &str = "https://api.incident.io/v2/alert_events/http";
/// Longest title in characters.
const TITLE: usize = 500;

/// An alert source of the kind HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct IncidentIo {
    /// Its address, with its identifier.
    pub url: String,
    /// Its token, a secret.
    pub token: String,
}

impl std::fmt::Debug for IncidentIo {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "IncidentIo {{ url: {:?}, token: *** }}", self.url)
    }
}

impl IncidentIo {
    /// The event of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        let incident = notice.incident;
        let mut body = json!({
            "title": notice::cut(&incident.summary, TITLE),
            "description": notice.story(),
            "status": if notice.is_over() { "resolved" } else { "firing" },
            "deduplication_key": notice.key(),
            "metadata": {
                "pool": incident.pool.as_str(),
                "resource": notice.source(),
                "severity": notice::severity(incident.severity),
                "kind": notice::name(incident.kind),
                "state": notice::name(incident.state),
                "tenants": incident.tenants,
                "victims": incident.victims,
                "culprits": incident.culprits,
                "runbook": incident.runbook,
                "revision": incident.revision,
            },
        });
        if let (Some(url), Some(body)) = (notice.runbook_url(), body.as_object_mut()) {
            body.insert("source_url".to_owned(), json!(url));
        }
        Request::json(self.url.clone(), &body).with("authorization", format!("Bearer {}", self.token))
    }
}
