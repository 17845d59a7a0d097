//! What people do about the incidents of a scenario.
//!
//! A story says "the incident of acme", not 32 digits: which one that is follows from what comes of the story without
//! this verdict and those after it.

use serde::Deserialize;
use serde_json::json;
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{IncidentId, TenantId};

use super::{Arrival, Scenario, Span, Way, run};

/// Topic of verdicts.
pub(super) const VERDICTS: &str = "tidewatch.verdicts";

/// What one person does or says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoken {
    /// When it arrives.
    pub at: Span,
    /// A tenant of the incident; of several the one that was opened last.
    pub tenant: TenantId,
    /// Another pool than that of the incident.
    pub pool: Option<String>,
    /// What.
    pub action: Action,
    /// Who.
    #[serde(default = "ana")]
    pub by: String,
    /// Of expected: what the event is called.
    pub name: Option<String>,
    /// Of expected: until when it lasts.
    pub until: Option<Span>,
    /// The incident, once it is known.
    #[serde(skip)]
    pub incident: Option<(IncidentId, String)>,
}

fn ana() -> String {
    "ana".to_owned()
}

impl Spoken {
    pub(super) fn arrival(&self, scenario: &Scenario) -> Arrival {
        let (id, pool) = self.incident.clone().unwrap_or((IncidentId(0), "eu-1".to_owned()));
        let pool = self.pool.clone().unwrap_or(pool);
        let at = |span: Span| scenario.moment(span);
        let value = json!({
            "incident_id": id, "pool": pool, "action": self.action, "by": self.by, "at": at(self.at), "note": "seen",
            "name": self.name, "until": self.until.map(at),
        });
        Arrival { at: self.at, topic: VERDICTS, key: pool, value: value.to_string() }
    }
}

/// The scenario with the incidents that its verdicts are about.
pub(super) fn known(scenario: &Scenario) -> Scenario {
    let mut known = scenario.clone();
    known.verdicts.clear();
    for spoken in &scenario.verdicts {
        let before = scenario.moment(spoken.at);
        let outcome = run(&known, Way::PLAIN);
        let of_tenant = outcome.revisions.iter().filter(|incident| incident.tenants.contains(&spoken.tenant));
        let last = of_tenant.filter(|incident| incident.opened_at <= before).max_by_key(|incident| incident.opened_at);
        let incident = last.map(|incident| (incident.incident_id, incident.pool.to_string()));
        known.verdicts.push(Spoken { incident, ..spoken.clone() });
    }
    known
}
