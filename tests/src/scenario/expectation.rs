//! What must come of a scenario, and where an outcome differs from it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tidewatch_schemas::incident::{Kind, Severity, State};
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{Incident, IncidentId, RejectReason, TenantId, Timestamp};

use super::{Outcome, Span};

/// What must come of a scenario: these incidents and no others, these rejects and no others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The incidents.
    pub incidents: Vec<ExpectedIncident>,
    /// How many inputs are refused for which reason.
    #[serde(default)]
    pub rejects: BTreeMap<RejectReason, u64>,
    /// Tenants of which findings say that they are beyond their limits.
    #[serde(default)]
    pub limited: BTreeSet<TenantId>,
}

/// What is known of one incident. What is left out is not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedIncident {
    /// Its tenants at the end.
    pub tenants: Vec<TenantId>,
    /// Its pool.
    pub pool: Option<String>,
    /// Its kind at the end.
    pub kind: Kind,
    /// Its severity at the end.
    pub severity: Option<Severity>,
    /// Opened between these.
    pub opened: (Span, Span),
    /// Resolved between these; absent when it stays open.
    pub resolved: Option<(Span, Span)>,
    /// The states it goes through.
    pub states: Option<Vec<State>>,
    /// Who closed it.
    pub resolved_by: Option<String>,
    /// What people did and said.
    pub said: Option<Vec<Action>>,
    /// What kept its first and its last revision from paging; an empty text for nothing.
    pub silenced: Option<(String, String)>,
    /// When its first revision that nothing kept from paging came, between these.
    pub told: Option<(Span, Span)>,
    /// How often it was told again because nobody took it, at the most.
    pub reminders: Option<u32>,
    /// How many steps it was escalated, at the most.
    pub escalation: Option<u32>,
    /// Revisions at most.
    pub revisions: Option<usize>,
    /// Findings that belong to it, at least.
    #[serde(default)]
    pub findings: u64,
    /// Tenants that are named as culprits in its last revision; an empty list for nobody.
    pub culprits: Option<Vec<TenantId>>,
    /// Its resource at the end.
    pub resource: Option<String>,
    /// Part of its sentence at the end.
    #[serde(default)]
    pub summary: String,
}

/// Where `outcome` differs from what is expected, a sentence each.
pub fn mismatches(expected: &Expected, outcome: &Outcome) -> Vec<String> {
    let mut found = histories(outcome);
    let mut wrong = Vec::new();
    for incident in &expected.incidents {
        let reasons: Vec<String> = found.iter().map(|history| incident.differs(outcome.start, history)).collect();
        match reasons.iter().position(String::is_empty) {
            Some(position) => drop(found.remove(position)),
            None => wrong.push(format!("missing: {incident:?}; of those found: [{}]", reasons.join(" | "))),
        }
    }
    wrong.extend(found.iter().map(|history| format!("unexpected: {}", told(outcome.start, history))));
    let rejects = counted(outcome);
    if rejects != expected.rejects {
        wrong.push(format!("rejects are {rejects:?} and should be {:?}", expected.rejects));
    }
    if outcome.limited != expected.limited {
        wrong.push(format!("limited are {:?} and should be {:?}", outcome.limited, expected.limited));
    }
    wrong
}

/// The revisions of each incident, in order of opening.
fn histories(outcome: &Outcome) -> Vec<Vec<&Incident>> {
    let mut order: Vec<IncidentId> = Vec::new();
    let mut histories: BTreeMap<IncidentId, Vec<&Incident>> = BTreeMap::new();
    for revision in &outcome.revisions {
        let history = histories.entry(revision.incident_id).or_default();
        if history.is_empty() {
            order.push(revision.incident_id);
        }
        history.push(revision);
    }
    order.iter().filter_map(|id| histories.remove(id)).collect()
}

fn counted(outcome: &Outcome) -> BTreeMap<RejectReason, u64> {
    let mut counts = BTreeMap::new();
    for reject in outcome.rejects() {
        *counts.entry(reject.reason).or_default() += reject.count;
    }
    counts
}

impl ExpectedIncident {
    /// Empty when the history fits; else what does not.
    fn differs(&self, start: Timestamp, history: &[&Incident]) -> String {
        let Some(last) = history.last() else { return "it has no revision".to_owned() };
        let since_start = |at: Timestamp| Span(at - start);
        let (opened, resolved) = (since_start(last.opened_at), last.resolved_at.map(since_start));
        let first_told = history.iter().find(|revision| revision.response.silenced_by.is_none());
        let first_told = first_told.map(|revision| since_start(revision.updated_at));
        let states = states(history);
        let checks = [
            ("tenants", self.tenants == last.tenants),
            ("pool", self.pool.as_deref().is_none_or(|pool| pool == last.pool.as_str())),
            ("kind", self.kind == last.kind),
            ("severity", self.severity.is_none_or(|severity| severity == last.severity)),
            ("opened", (self.opened.0..=self.opened.1).contains(&opened)),
            ("resolved", resolved.is_some() == self.resolved.is_some()),
            ("resolved", self.resolved.zip(resolved).is_none_or(|((from, to), at)| (from..=to).contains(&at))),
            ("told", self.told.is_none_or(|(from, to)| first_told.is_some_and(|at| (from..=to).contains(&at)))),
            ("states", self.states.as_ref().is_none_or(|expected| *expected == states)),
            ("culprits", self.culprits.as_ref().is_none_or(|culprits| *culprits == last.culprits)),
            (
                "resource",
                self.resource.as_deref().is_none_or(|of| last.resource.as_ref().is_some_and(|is| is.as_str() == of)),
            ),
            ("summary", last.summary.contains(&self.summary)),
            ("findings", last.findings >= self.findings),
            ("revisions", self.revisions.is_none_or(|most| history.len() <= most)),
            ("answers", self.answers_fit(history, last)),
        ];
        match checks.iter().find(|(_, holds)| !holds) {
            Some((what, _)) => format!("{what} of {}", told(start, history)),
            None => String::new(),
        }
    }
}

impl ExpectedIncident {
    fn answers_fit(&self, history: &[&Incident], last: &Incident) -> bool {
        let most = |count: fn(&Incident) -> u32| history.iter().map(|revision| count(revision)).max().unwrap_or(0);
        let silenced = |revision: Option<&&Incident>| {
            revision.and_then(|revision| revision.response.silenced_by.clone()).unwrap_or_default()
        };
        let said: Vec<Action> = last.response.said.iter().map(|said| said.action).collect();
        let (first, end) = (silenced(history.first()), silenced(history.last()));
        self.resolved_by.as_ref().is_none_or(|by| last.response.resolved_by.as_ref() == Some(by))
            && self.said.as_ref().is_none_or(|expected| *expected == said)
            && self.silenced.as_ref().is_none_or(|expected| *expected == (first, end))
            && self.reminders.is_none_or(|reminders| most(|one| one.response.reminders) == reminders)
            && self.escalation.is_none_or(|steps| most(|one| one.response.escalation) == steps)
    }
}

/// The states it went through, each once in a row.
fn states(history: &[&Incident]) -> Vec<State> {
    let mut states: Vec<State> = history.iter().map(|revision| revision.state).collect();
    states.dedup();
    states
}

fn told(start: Timestamp, history: &[&Incident]) -> String {
    let Some(last) = history.last() else { return "nothing".to_owned() };
    let tenants: Vec<&str> = last.tenants.iter().map(TenantId::as_str).collect();
    let since_start = |at: Timestamp| Span(at - start);
    let (opened, resolved) = (since_start(last.opened_at), last.resolved_at.map(since_start));
    let resolved = resolved.map_or("never".to_owned(), |at| at.to_string());
    format!(
        "{:?} {:?} of {tenants:?}, opened {opened}, resolved {resolved}, states {:?}, {} series: {}",
        last.kind,
        last.severity,
        states(history),
        last.evidence.len(),
        last.summary
    )
}
