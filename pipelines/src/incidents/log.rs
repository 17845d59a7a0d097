//! The incident topic in memory: every incident, with as many of its revisions as are needed.
//!
//! A record may have ten kilobytes and a month of them a gigabyte, so only the history that is asked for is kept.
//! Order of arrival does not matter, because a reader may come from several partitions. Of two records with the same
//! revision the later one counts; they only differ where what was remembered was lost and judged again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use tidewatch_schemas::{Incident, IncidentId, Timestamp};

use crate::present::WIDTH;
use crate::present::layout::clipped;
use crate::present::words::{kind, names, severity, short_id, state};

/// Most incidents that are named when one is looked for and not found.
const MOST_CANDIDATES: usize = 10;
/// Most tenants that a candidate names.
const TENANTS: usize = 4;

/// Which revisions are kept besides the last one of every incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Keep {
    /// None.
    #[default]
    Last,
    /// All those of incidents whose identity begins with this, in lower case.
    HistoryOf(String),
}

/// Incidents with their revisions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    keep: Keep,
    incidents: BTreeMap<IncidentId, Vec<Incident>>,
}

/// An identity, or the beginning of one, that does not name one incident.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOne {
    /// None begins so.
    #[error("no incident begins with {prefix:?}; {}", under("the latest are", .latest))]
    Unknown {
        /// What was asked for.
        prefix: String,
        /// The latest incidents, one a line.
        latest: Vec<String>,
    },
    /// Several begin so.
    #[error("{count} incidents begin with {prefix:?}; {}", under("write more of it", .candidates))]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// How many begin so.
        count: usize,
        /// The first of them, one a line.
        candidates: Vec<String>,
    },
}

fn under(heading: &str, lines: &[String]) -> String {
    if lines.is_empty() { "there is none".to_owned() } else { format!("{heading}\n  {}", lines.join("\n  ")) }
}

impl Log {
    /// An empty log that keeps the history of incidents whose identity begins with `prefix`.
    #[must_use]
    pub fn with_history_of(prefix: &str) -> Self {
        Self { keep: Keep::HistoryOf(prefix.to_ascii_lowercase()), ..Self::default() }
    }

    /// Takes in a record, and returns whether it says something that was not known: a repeat does not.
    pub fn add(&mut self, incident: Incident) -> bool {
        let keeps_history = self.keeps_history_of(incident.incident_id);
        let revisions = self.incidents.entry(incident.incident_id).or_default();
        let place = revisions.binary_search_by_key(&incident.revision, |known| known.revision);
        match place {
            Ok(place) => match revisions.get_mut(place).filter(|known| **known != incident) {
                Some(known) => *known = incident,
                None => return false,
            },
            Err(place) if keeps_history => revisions.insert(place, incident),
            Err(0) if !revisions.is_empty() => return false,
            Err(_) => *revisions = vec![incident],
        }
        true
    }

    fn keeps_history_of(&self, id: IncidentId) -> bool {
        match &self.keep {
            Keep::Last => false,
            Keep::HistoryOf(prefix) => id.to_string().starts_with(prefix),
        }
    }

    /// How many incidents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.incidents.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty()
    }

    /// Each incident in its last revision.
    pub fn last(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().filter_map(|revisions| revisions.last())
    }

    /// The revision of the same incident that comes before this one, if it was read.
    #[must_use]
    pub fn before(&self, incident: &Incident) -> Option<&Incident> {
        let revisions = self.incidents.get(&incident.incident_id)?;
        revisions.iter().rev().find(|known| known.revision < incident.revision)
    }

    /// Event time of the latest revision: the clock of a log that nobody writes any more.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.last().map(|incident| incident.updated_at).max()
    }

    /// The revisions of the one incident whose identity begins with `prefix`, in their order; at least one.
    ///
    /// # Errors
    /// When none begins so, or several do.
    pub fn find(&self, prefix: &str) -> Result<&[Incident], NotOne> {
        let wanted = prefix.to_ascii_lowercase();
        let found: Vec<&Vec<Incident>> = self
            .incidents
            .iter()
            .filter(|(id, _)| id.to_string().starts_with(&wanted))
            .map(|(_, revisions)| revisions)
            .collect();
        match found.as_slice() {
            [only] => Ok(only),
            [] => Err(NotOne::Unknown { prefix: prefix.to_owned(), latest: named(self.last().collect()) }),
            several => Err(NotOne::Ambiguous {
                prefix: prefix.to_owned(),
                count: several.len(),
                candidates: named(several.iter().filter_map(|revisions| revisions.last()).collect()),
            }),
        }
    }
}

/// The latest of `incidents`, as someone would tell them apart; enough of each identity to name it.
fn named(mut incidents: Vec<&Incident>) -> Vec<String> {
    incidents.sort_by_key(|incident| (Reverse(incident.opened_at), incident.incident_id));
    let shown: Vec<&Incident> = incidents.into_iter().take(MOST_CANDIDATES).collect();
    let are_told_apart = |length: usize| {
        let begin = |incident: &Incident| incident.incident_id.to_string().chars().take(length).collect::<String>();
        let distinct: BTreeSet<String> = shown.iter().map(|incident| begin(incident)).collect();
        distinct.len() == shown.len()
    };
    let short = are_told_apart(short_id(IncidentId(0)).len());
    let line = |incident: &&Incident| {
        let id = if short { short_id(incident.incident_id) } else { incident.incident_id.to_string() };
        let (severity, kind, state) = (severity(incident.severity), kind(incident.kind), state(incident.state));
        clipped(&format!("{id}  {severity}, {kind}, {state}: {}", names(&incident.tenants, TENANTS)), WIDTH)
    };
    shown.iter().map(line).collect()
}
