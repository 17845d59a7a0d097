//! An incident that is over and cannot come back: what is left of it, so that people may still say what it was.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{Incident, IncidentId, SeriesId, SignalName, Timestamp, Verdict};

use super::case::Case;
use super::people::{Followed, NotFollowed, remember};

/// What is left of an incident that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// Its last revision.
    pub incident: Incident,
    /// The series that spoke for it.
    pub series: Vec<SeriesId>,
    /// The signals in which it showed, sorted.
    pub(super) signals: Vec<SignalName>,
}

impl Past {
    pub(super) fn of(case: &Case) -> Self {
        Self { incident: case.published(), series: case.series(), signals: case.signals() }
    }

    /// Which incident it was.
    #[must_use]
    pub fn id(&self) -> IncidentId {
        self.incident.incident_id
    }

    /// When it was over.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        self.incident.resolved_at.unwrap_or(self.incident.updated_at)
    }

    pub(super) fn follow(&mut self, verdict: &Verdict, now: Timestamp) -> Result<Followed, NotFollowed> {
        if matches!(verdict.action, Action::Acknowledge | Action::Resolve) {
            return Err(NotFollowed::Senseless("it is resolved".to_owned()));
        }
        remember(&mut self.incident.response, verdict);
        self.incident.revision = self.incident.revision.saturating_add(1);
        self.incident.updated_at = self.incident.updated_at.max(now);
        Ok(Followed { incident: self.incident.clone(), series: self.series.clone() })
    }
}
