//! What is told of incidents, as JSON for programs.

use serde::Serialize;
use tidewatch_schemas::incident::State;
use tidewatch_schemas::{Incident, Timestamp};

use super::changes::{beginning, changes};
use super::{Listing, is_over};

/// A list of incidents: the object that `tidewatch incidents list --format json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<'a> {
    /// The moment that was taken for now.
    pub now: Timestamp,
    /// How many of them are not resolved.
    pub unresolved: usize,
    /// Incidents in their last revision: what is not resolved first, then by severity and time of opening.
    pub incidents: Vec<&'a Incident>,
}

/// One incident: the object that `tidewatch incidents show --format json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told<'a> {
    /// Its last revision.
    #[serde(flatten)]
    pub incident: &'a Incident,
    /// Every revision that was read, the first one first.
    pub history: Vec<Revision>,
}

/// What happened at one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Its number.
    #[serde(rename = "revision")]
    pub number: u32,
    /// Where the incident stood.
    pub state: State,
    /// Event time.
    pub updated_at: Timestamp,
    /// What was different from the revision that was read before, in words.
    pub changes: Vec<String>,
}

impl<'a> Listed<'a> {
    /// The report about a list.
    #[must_use]
    pub fn of(listing: &Listing<'a>, now: Timestamp) -> Self {
        let unresolved = listing.shown.iter().filter(|incident| !is_over(incident)).count();
        Self { now, unresolved, incidents: listing.shown.clone() }
    }
}

impl<'a> Told<'a> {
    /// The report about the incident with this history; nothing for an empty one.
    #[must_use]
    pub fn of(history: &'a [Incident]) -> Option<Self> {
        let incident = history.last()?;
        Some(Self { incident, history: revisions(history) })
    }
}

/// What happened at each revision.
pub(super) fn revisions(history: &[Incident]) -> Vec<Revision> {
    let before = std::iter::once(None).chain(history.iter().map(Some));
    let one = |(before, incident): (Option<&Incident>, &Incident)| Revision {
        number: incident.revision,
        state: incident.state,
        updated_at: incident.updated_at,
        changes: before.map_or_else(|| beginning(incident), |before| changes(before, incident)),
    };
    before.zip(history).map(one).collect()
}
