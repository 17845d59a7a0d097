//! Incidents against labels: what was found, what was missed, what was false.
//!
//! The rules, chosen so that luck does not count:
//!
//! * An incident *answers* a fault when it was opened between the fault's start and the grace after its end, and names
//!   the culprit or a victim among its tenants. An incident that was opened earlier does not, even if it still stood.
//! * An incident answers one fault only: of those it could, the one that began last. A slow fault that goes on
//!   underneath is not found by an alarm about something else.
//! * A fault is found by the first incident that answers it.
//! * An incident is false when it was opened while no fault was felt. A benign surge is no fault, so an incident about
//!   it is false. One about the wrong tenant, opened while a fault is felt, does not make the fault found; it is not
//!   counted false either, as the fault may well have reached that tenant.

mod comparison;
mod tally;

use std::collections::BTreeMap;

use serde::Serialize;
use tidewatch_schemas::{Incident, IncidentId, TenantId};

use crate::labels::{Label, Labels};

pub use comparison::{Comparison, Difference, Side};
pub use tally::{Against, Alarm, SeriesTally, Tally, Total, beginnings};
pub(crate) use tally::{is_about, touches};

/// What came of the labelled faults.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scoreboard {
    /// How many faults were labelled.
    pub labelled: usize,
    /// Those that an incident answers, in time order.
    pub found: Vec<Found>,
    /// Those that none answers, in time order.
    pub missed: Vec<Label>,
    /// Incidents that were opened while no fault was felt, in the order in which they were opened.
    pub false_incidents: Vec<IncidentId>,
}

/// A fault and the first incident that answers it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The fault.
    pub label: Label,
    /// The incident.
    pub incident_id: IncidentId,
    /// From the start of the fault to the opening of the incident, in milliseconds.
    pub delay_ms: i64,
    /// The fault's tenants that the incident names, sorted.
    pub tenants_named: Vec<TenantId>,
}

/// The incidents of a run and, where labels were given, what came of them: the object that is printed as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Every incident in its last revision, by opening time.
    pub incidents: Vec<Incident>,
    /// Absent without labels.
    #[serde(flatten)]
    pub scoreboard: Option<Scoreboard>,
}

impl Report {
    /// Of `revisions`, in any order, keeps the last of each incident, and scores them where there are labels.
    #[must_use]
    pub fn of(revisions: impl IntoIterator<Item = Incident>, labels: Option<&Labels>) -> Self {
        let incidents = last_revisions(revisions);
        let scoreboard = labels.map(|labels| score(labels, &incidents));
        Self { incidents, scoreboard }
    }
}

impl Report {
    /// Adds what came of other input that was judged by itself.
    pub fn add(&mut self, other: Self) {
        self.incidents.extend(other.incidents);
        self.incidents.sort_by_key(|incident| (incident.opened_at, incident.incident_id));
        match (&mut self.scoreboard, other.scoreboard) {
            (Some(board), Some(other)) => board.add(other),
            (board, other) => *board = board.take().or(other),
        }
    }
}

impl Scoreboard {
    /// Adds faults and incidents that these have nothing to do with.
    fn add(&mut self, other: Self) {
        self.labelled += other.labelled;
        self.found.extend(other.found);
        self.found.sort_by_key(|found| found.label.start);
        self.missed.extend(other.missed);
        self.missed.sort_by_key(|label| label.start);
        self.false_incidents.extend(other.false_incidents);
    }
}

/// The last revision of every incident, by opening time, then identity.
fn last_revisions(revisions: impl IntoIterator<Item = Incident>) -> Vec<Incident> {
    let mut last: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for incident in revisions {
        let known = last.get(&incident.incident_id).map_or(0, |known| known.revision);
        if incident.revision >= known {
            last.insert(incident.incident_id, incident);
        }
    }
    let mut incidents: Vec<Incident> = last.into_values().collect();
    incidents.sort_by_key(|incident| (incident.opened_at, incident.incident_id));
    incidents
}

/// Compares `incidents`, each in its last revision, with `labels`.
#[must_use]
pub fn score(labels: &Labels, incidents: &[Incident]) -> Scoreboard {
    let mut in_order: Vec<&Incident> = incidents.iter().collect();
    in_order.sort_by_key(|incident| (incident.opened_at, incident.incident_id));
    let answered: Vec<Option<&Label>> = in_order.iter().map(|incident| answers(labels, incident)).collect();
    let first_answer = |fault: &Label| {
        let place = answered.iter().position(|answer| answer.is_some_and(|label| std::ptr::eq(label, fault)));
        place.and_then(|place| in_order.get(place))
    };
    let mut found = Vec::new();
    let mut missed = Vec::new();
    for fault in &labels.faults {
        match first_answer(fault) {
            Some(incident) => found.push(found_by(fault, incident)),
            None => missed.push(fault.clone()),
        }
    }
    let is_false = |incident: &&&Incident| labels.faults_at(incident.opened_at).next().is_none();
    let false_incidents = in_order.iter().filter(is_false).map(|incident| incident.incident_id).collect();
    Scoreboard { labelled: labels.faults.len(), found, missed, false_incidents }
}

/// The fault that `incident` answers.
fn answers<'a>(labels: &'a Labels, incident: &Incident) -> Option<&'a Label> {
    let felt = labels.faults_at(incident.opened_at);
    let about = felt.filter(|fault| fault.tenants().iter().any(|tenant| incident.tenants.contains(tenant)));
    about.max_by_key(|fault| fault.start)
}

fn found_by(fault: &Label, incident: &Incident) -> Found {
    let named = fault.tenants().into_iter().filter(|tenant| incident.tenants.contains(tenant));
    Found {
        label: fault.clone(),
        incident_id: incident.incident_id,
        delay_ms: incident.opened_at - fault.start,
        tenants_named: named.cloned().collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
