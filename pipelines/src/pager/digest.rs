//! More than a channel may be told of: one message that says how much more waits, before it comes piece by piece.
//!
//! It is told like an incident, so that every kind of channel can show it, stays under one key while anything waits, and is
//! over when nothing does. It never stands in a topic.

use std::collections::BTreeSet;

use tidewatch_delivery::pager::notice;
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Kind, Severity, State};
use tidewatch_schemas::series::IdHash;
use tidewatch_schemas::{Incident, IncidentId, PoolId, Response, Timestamp};

/// Its signal.
pub const SIGNAL: &str = "tidewatch.pager.waiting";
/// Fewest changes that are worth a message of their own.
pub const FEWEST: usize = 5;
/// Pool of changes of several pools.
const SEVERAL_POOLS: &str = "_several";

/// What waits for a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backlog {
    changes: usize,
    incidents: BTreeSet<IncidentId>,
    pools: BTreeSet<PoolId>,
    worst: Option<(Severity, String)>,
}

impl Backlog {
    /// Counts `changes` of an incident, which stands as `latest`.
    pub fn add(&mut self, latest: &Incident, changes: usize) {
        self.changes += changes;
        self.incidents.insert(latest.incident_id);
        self.pools.insert(latest.pool.clone());
        if self.worst.as_ref().is_none_or(|(severity, _)| latest.severity > *severity) {
            self.worst = Some((latest.severity, latest.summary.clone()));
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes == 0
    }

    /// Whether it is to be told, given how many changes were told of `before`: nothing, or less than half of it.
    #[must_use]
    pub fn is_worth_telling(&self, before: Option<&Incident>) -> bool {
        let told = before.filter(|told| told.state != State::Resolved).and_then(|told| told.actual).unwrap_or(0.0);
        self.changes >= FEWEST && self.changes as f64 >= 2.0 * told
    }

    /// The message to `channel` about what waits in `partition`; the end of it where nothing does.
    #[must_use]
    pub fn message(&self, channel: &str, partition: i32, before: Option<&Incident>, now: Timestamp) -> Incident {
        let before = before.filter(|told| told.state != State::Resolved);
        let is_over = self.is_empty();
        let mut pools = self.pools.iter();
        let only = pools.next().filter(|_| pools.next().is_none());
        let started_at = before.map_or(now, |told| told.started_at);
        Incident {
            incident_id: identity(channel, partition),
            revision: before.map_or(1, |told| told.revision.saturating_add(1)),
            state: if is_over { State::Resolved } else { State::Open },
            kind: Kind::Unusual,
            severity: self.worst.as_ref().map_or(Severity::Info, |(severity, _)| *severity),
            severity_reason: "that of the worst that waits".to_owned(),
            pool: only.cloned().unwrap_or_else(|| SEVERAL_POOLS.into()),
            resource: Some(channel.into()),
            tenants: Vec::new(),
            victims: Vec::new(),
            culprits: Vec::new(),
            started_at,
            opened_at: started_at,
            updated_at: now,
            resolved_at: is_over.then_some(now),
            summary: self.sentence(channel),
            signal: SIGNAL.into(),
            expected: 0.0,
            actual: Some(self.changes as f64),
            unit: "{change}".to_owned(),
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

    fn sentence(&self, channel: &str) -> String {
        let Some((severity, summary)) = &self.worst else {
            return format!("nothing waits for {channel} any more");
        };
        let incidents = match self.incidents.len() {
            1 => "1 incident".to_owned(),
            count => format!("{count} incidents"),
        };
        let changes = self.changes;
        let severity = notice::severity(*severity);
        format!(
            "{changes} more changes of {incidents} wait for {channel}, which may be told of no more in a minute; the worst first: \
             {severity}, {summary}"
        )
    }
}

/// The same as long as channel and partition are.
#[must_use]
pub fn identity(channel: &str, partition: i32) -> IncidentId {
    let mut hash = IdHash::new("tidewatch digest 1");
    hash.field(channel);
    hash.field(&partition.to_string());
    IncidentId(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::super::ledger::tests::incident;
    use super::*;

    fn backlog(count: u128) -> Backlog {
        let mut backlog = Backlog::default();
        for number in 0..count {
            let severity = if number == 2 { Severity::Critical } else { Severity::Warning };
            let summary = format!("trouble {number}");
            backlog.add(&Incident { incident_id: IncidentId(number), severity, summary, ..incident(1) }, 2);
        }
        backlog
    }

    #[test]
    fn it_says_how_much_waits_and_what_is_the_worst() {
        let told = backlog(12).message("chat", 3, None, Timestamp(1_000));
        assert_eq!(
            told.summary,
            "24 more changes of 12 incidents wait for chat, which may be told of no more in a minute; the worst first: \
             critical, trouble 2"
        );
        assert_eq!((told.revision, told.state, told.severity), (1, State::Open, Severity::Critical));
        assert_eq!(told.incident_id, identity("chat", 3));
        assert_ne!(told.incident_id, identity("chat", 4));
    }

    #[test]
    fn it_is_told_again_when_twice_as_much_waits_and_ends_under_the_same_key() {
        assert!(!backlog(2).is_worth_telling(None), "four changes come soon enough");
        assert!(backlog(3).is_worth_telling(None));
        let first = backlog(12).message("chat", 0, None, Timestamp(1_000));
        assert!(!backlog(23).is_worth_telling(Some(&first)));
        assert!(backlog(24).is_worth_telling(Some(&first)));
        let over = Backlog::default().message("chat", 0, Some(&first), Timestamp(9_000));
        assert_eq!((over.state, over.revision, over.resolved_at), (State::Resolved, 2, Some(Timestamp(9_000))));
        assert_eq!((over.incident_id, over.started_at), (first.incident_id, Timestamp(1_000)));
        assert!(backlog(3).is_worth_telling(Some(&over)), "another time begins anew");
    }
}
