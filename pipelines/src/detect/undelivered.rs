//! Changes that people were not told of: an incident of its own for each channel that gave some up, so that nobody believes
//! that no news is good news. It takes every other route that there is, and stands in `incidents list`.
//!
//! It is over when the channel has given nothing up for the resolve time. A change that is told of twice counts once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Kind, Severity, State};
use tidewatch_schemas::series::IdHash;
use tidewatch_schemas::{Incident, IncidentId, Response, Timestamp, Verdict};

/// Most incidents that are told apart for each channel; further ones are not counted.
const MOST_INCIDENTS: usize = 1_000;
/// Most channels whose troubles are open at a time; beyond them nothing new is opened.
const MOST_CHANNELS: usize = 64;

/// The channels of a pool that gave something up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Undelivered {
    channels: BTreeMap<String, Trouble>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Trouble {
    incident: Incident,
    /// Whose changes were given up.
    about: BTreeSet<IncidentId>,
    /// Pool's time of the latest one.
    last: Timestamp,
}

impl Undelivered {
    /// Takes note of what the pager says at `now`, the pool's time. The incident is told of when it opens, and again each
    /// time when twice as many are concerned.
    pub fn hear(&mut self, verdict: &Verdict, now: Timestamp) -> Option<Incident> {
        if let Some(trouble) = self.channels.get_mut(&verdict.by) {
            trouble.last = now;
            let is_new = trouble.about.len() < MOST_INCIDENTS && trouble.about.insert(verdict.incident_id);
            let count = trouble.about.len();
            if !is_new || !count.is_power_of_two() {
                return None;
            }
            trouble.describe(verdict);
            return Some(trouble.next_revision(now));
        }
        if self.channels.len() == MOST_CHANNELS {
            return None;
        }
        let about = BTreeSet::from([verdict.incident_id]);
        let mut trouble = Trouble { incident: opened(verdict, now), about, last: now };
        trouble.describe(verdict);
        let incident = trouble.incident.clone();
        self.channels.insert(verdict.by.clone(), trouble);
        Some(incident)
    }

    /// Lets the pool's time pass: what was calm for the resolve time is over.
    pub fn advance(&mut self, now: Timestamp, resolve_after_ms: i64) -> Vec<Incident> {
        let calm = self.channels.extract_if(.., |_, trouble| now - trouble.last >= resolve_after_ms);
        let over = calm.map(|(_, mut trouble)| {
            (trouble.incident.state, trouble.incident.resolved_at) = (State::Resolved, Some(now));
            trouble.next_revision(now)
        });
        over.collect()
    }
}

impl Trouble {
    fn next_revision(&mut self, now: Timestamp) -> Incident {
        self.incident.revision = self.incident.revision.saturating_add(1);
        self.incident.updated_at = now;
        self.incident.clone()
    }

    fn describe(&mut self, verdict: &Verdict) {
        let count = self.about.len();
        let (what, channel) = (if count == 1 { "incident" } else { "incidents" }, &verdict.by);
        let cause = if verdict.note.is_empty() { String::new() } else { format!(": {}", verdict.note) };
        let latest = verdict.incident_id;
        self.incident.summary = format!(
            "channel {channel} was not told of changes of {count} {what} and will not be, the latest is {latest}{cause}"
        );
        self.incident.actual = Some(count as f64);
    }
}

fn opened(verdict: &Verdict, now: Timestamp) -> Incident {
    Incident {
        incident_id: identity(verdict),
        revision: 1,
        state: State::Open,
        kind: Kind::Failing,
        severity: Severity::Error,
        severity_reason: "people are not told".to_owned(),
        pool: verdict.pool.clone(),
        resource: Some(verdict.by.as_str().into()),
        tenants: Vec::new(),
        victims: Vec::new(),
        culprits: Vec::new(),
        started_at: now,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        summary: String::new(),
        signal: Incident::UNDELIVERED.into(),
        expected: 0.0,
        actual: None,
        unit: "{incident}".to_owned(),
        season: Season::Recent,
        confidence: 1.0,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "undelivered".to_owned(),
        evidence: Vec::new(),
        findings: 0,
        response: Response::default(),
    }
}

/// The channel, and what it gave up first.
fn identity(verdict: &Verdict) -> IncidentId {
    let mut hash = IdHash::new("tidewatch undelivered 1");
    hash.field(verdict.pool.as_str());
    hash.field(&verdict.by);
    hash.field(&verdict.incident_id.to_string());
    hash.field(&verdict.at.to_string());
    IncidentId(hash.finish())
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::verdict::Action;

    use super::*;

    fn said(channel: &str, incident: u128) -> Verdict {
        Verdict {
            incident_id: IncidentId(incident),
            pool: "eu-1".into(),
            action: Action::Undelivered,
            by: channel.to_owned(),
            at: Timestamp(7),
            note: "400: invalid key".to_owned(),
            name: None,
            until: None,
        }
    }

    #[test]
    fn each_channel_has_one_incident_that_grows_by_doubling() {
        let mut state = Undelivered::default();
        let told: Vec<Incident> =
            (0..100).filter_map(|number| state.hear(&said("chat", number), Timestamp(1_000))).collect();
        let counts: Vec<f64> = told.iter().filter_map(|incident| incident.actual).collect();
        assert_eq!(counts, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
        assert_eq!(told.iter().map(|incident| incident.incident_id).collect::<BTreeSet<_>>().len(), 1);
        assert!(told[0].summary.contains("channel chat") && told[0].summary.ends_with("400: invalid key"));
        assert!(state.hear(&said("phone", 1), Timestamp(1_000)).is_some_and(|other| other.revision == 1));
    }

    #[test]
    fn what_is_said_twice_counts_once() {
        let mut state = Undelivered::default();
        assert!(state.hear(&said("chat", 1), Timestamp(1_000)).is_some());
        assert!(state.hear(&said("chat", 1), Timestamp(2_000)).is_none());
        assert!(state.hear(&said("chat", 2), Timestamp(2_000)).is_some_and(|second| second.actual == Some(2.0)));
    }

    #[test]
    fn it_is_over_when_nothing_was_given_up_for_the_resolve_time_and_comes_back_as_another() {
        let mut state = Undelivered::default();
        let first = state.hear(&said("chat", 1), Timestamp(1_000)).unwrap();
        state.hear(&said("chat", 1), Timestamp(30_000));
        assert!(state.advance(Timestamp(89_999), 60_000).is_empty());
        let over = state.advance(Timestamp(90_000), 60_000);
        assert_eq!((over[0].state, over[0].revision, over[0].incident_id), (State::Resolved, 2, first.incident_id));
        let again = Verdict { at: Timestamp(9), ..said("chat", 1) };
        assert_ne!(state.hear(&again, Timestamp(100_000)).unwrap().incident_id, first.incident_id);
    }
}
