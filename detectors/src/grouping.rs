//! Which findings are one incident, and when it is over.
//!
//! Grouping goes by pool, time and tenant. A finding belongs to a case of its tenant when it began before that case's
//! trouble was over. A finding that begins within the correlation time of a case's beginning joins it: what starts
//! together has one cause. Otherwise a tenant's findings wait until they corroborate each other, and then open a case of
//! their own: a single series that moves is not yet an incident. The same trouble coming back, of the same tenants in
//! the same signal, goes on with its case. Context never opens anything; it is evidence. Who hurts whom is said of the case of
//! those who suffer; where there is none yet, naming a culprit opens one.

mod blame;
mod case;
mod corroboration;
pub mod deployments;
mod evidence;
mod past;
mod patience;
mod people;
mod severities;
mod silences;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Role;
use tidewatch_schemas::finding::DetectorName;
use tidewatch_schemas::incident::Deployment;
use tidewatch_schemas::{Catalog, Finding, Incident, SeriesId, TenantId, Timestamp};

use crate::contention::Burden;
use case::{At, Case};
use corroboration::Waiting;
use deployments::Deployments;
pub use past::Past;
pub use patience::Patience;
pub use people::{Expected, Followed, NotFollowed};
pub use severities::{DayKind, Severities, SeverityRule};
pub use silences::{Silence, When};

/// Most cases of one pool that are remembered; the oldest resolved one gives way.
const MOST_CASES: usize = 256;

/// Groups the findings of one pool.
#[derive(Clone, Debug)]
pub struct Grouping {
    /// What is known of signals.
    pub catalog: Catalog,
    /// How long signals must be back in band, in milliseconds.
    pub resolve_after_ms: i64,
    /// How close together findings of one cause begin, in milliseconds.
    pub correlate_within_ms: i64,
    /// After how long a silence counts as wanted, in milliseconds.
    pub adopt_after_ms: i64,
    /// Whether each series speaks for itself: any finding opens an incident.
    pub single: bool,
    /// What is recorded without paging anybody.
    pub silences: Vec<Silence>,
    /// How much what matters.
    pub severities: Severities,
    /// How people are kept at it.
    pub patience: Patience,
}

/// Cases and waiting findings of one pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    cases: Vec<Case>,
    waiting: BTreeMap<TenantId, Waiting>,
    expected: Vec<Expected>,
    deployments: Deployments,
}

impl State {
    /// Whether any case is open.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.cases.iter().all(Case::is_over)
    }
}

impl Grouping {
    /// What a finding means for people. A cause that is no longer reported is often one that is gone, such as a lock
    /// nobody holds: only the silence of what people feel says more than context.
    fn role(&self, finding: &Finding) -> Role {
        match self.catalog.lookup(finding.signal.as_str()).role {
            Role::Cause if is_silence(finding) => Role::Context,
            role => role,
        }
    }

    /// Takes in a finding at `now`, the pool's time; a new revision when an incident opened or changed.
    pub fn observe(&self, state: &mut State, finding: &Finding, now: Timestamp) -> Option<Incident> {
        if Self::is_closed_to(state, finding) {
            return None;
        }
        if let Some(said) = &finding.contention {
            return self.weigh(state, (finding, said), now);
        }
        let role = self.role(finding);
        let at = At { now, expected: &state.expected, deployments: &state.deployments };
        if let Some(case) = state.cases.iter_mut().rev().find(|case| case.concerns(finding)) {
            case.add(self, finding);
            return case.revise(self, at);
        }
        if role == Role::Context && !self.single {
            return None;
        }
        if let Some(case) = self.case_to_join((&mut state.cases, &state.deployments), finding, role) {
            // What the tenant waited with belongs to it as well.
            let waited = state.waiting.remove(&finding.tenant).map(Waiting::into_findings).unwrap_or_default();
            for finding in &waited {
                case.add(self, finding);
            }
            case.add(self, finding);
            return case.revise(self, at);
        }
        let waiting = state.waiting.entry(finding.tenant.clone()).or_default();
        waiting.add(finding, now + -self.correlate_within_ms);
        if !self.single && !waiting.is_corroborated(self) {
            return None;
        }
        let findings = state.waiting.remove(&finding.tenant)?.into_findings();
        self.open(state, &findings, now)
    }

    /// A case that began together with the finding. A cause alone joins only once it is corroborated, see `open`;
    /// what the whole pool shares joins whatever case is open.
    fn case_to_join<'a>(
        &self,
        (cases, deployments): (&'a mut [Case], &Deployments),
        finding: &Finding,
        role: Role,
    ) -> Option<&'a mut Case> {
        let shared = !finding.tenant.is_customer();
        let mut active = cases.iter_mut().filter(|case| case.is_going_on(finding));
        if shared {
            return active.max_by_key(|case| case.started_at());
        }
        active.find(|case| role == Role::Symptom && self.has_one_cause(case, finding, deployments))
    }

    /// Whether the finding began together with the case, or after the same deployment.
    fn has_one_cause(&self, case: &Case, finding: &Finding, deployments: &Deployments) -> bool {
        self.began_together(case.started_at(), finding.since) || case.follows_the_same(finding, deployments)
    }

    fn began_together(&self, one: Timestamp, other: Timestamp) -> bool {
        (one - other).abs() <= self.correlate_within_ms
    }

    /// Opens, reopens or joins a case with findings that corroborate each other.
    fn open(&self, state: &mut State, findings: &[Finding], now: Timestamp) -> Option<Incident> {
        let first = findings.iter().min_by_key(|finding| (finding.since, finding.series))?;
        let at = At { now, expected: &state.expected, deployments: &state.deployments };
        let fresh = Case::opened_by(self, (first, findings), at);
        let together =
            |case: &&mut Case| case.is_going_on(first) && self.has_one_cause(case, first, &state.deployments);
        if let Some(case) = state.cases.iter_mut().find(together) {
            for finding in findings {
                case.add(self, finding);
            }
            return case.revise(self, at);
        }
        if let Some(case) = state.cases.iter_mut().find(|case| case.came_back(self, &fresh)) {
            return case.go_on(self, findings, at);
        }
        let incident = fresh.published();
        state.cases.push(fresh);
        forget_oldest(&mut state.cases);
        Some(incident)
    }

    /// Takes note that something was deployed. Trouble that is known already may have come of it.
    pub fn deployed(&self, state: &mut State, deployment: Deployment, now: Timestamp) -> Vec<Incident> {
        state.deployments.add(deployment);
        let at = At { now, expected: &state.expected, deployments: &state.deployments };
        state.cases.iter_mut().filter(|case| !case.is_over()).filter_map(|case| case.revise(self, at)).collect()
    }

    /// Takes note of what victims bear for `seconds`.
    pub fn bear(&self, state: &mut State, burdens: &[Burden], seconds: f64) {
        for case in &mut state.cases {
            for burden in burdens {
                case.bear(burden, seconds);
            }
        }
    }

    /// A series that had been silent reports again.
    pub fn returned(&self, state: &mut State, series: SeriesId) {
        state.cases.iter_mut().for_each(|case| case.returned(series));
    }

    /// Lets the pool's time pass: cases whose signals stayed in band are resolved, waiting findings are forgotten.
    /// Those that cannot come back are handed over.
    pub fn advance(&self, state: &mut State, now: Timestamp) -> (Vec<Incident>, Vec<Past>) {
        let horizon = now + -self.correlate_within_ms;
        state.waiting.retain(|_, waiting| waiting.forget_before(horizon));
        state.expected.retain(|event| !event.is_past(now));
        let at = At { now, expected: &state.expected, deployments: &state.deployments };
        let mut changed = Vec::new();
        for case in &mut state.cases {
            case.let_go(self, now);
            changed.extend(case.resolve_if_calm(self, now));
            changed.extend(case.catch_up(now));
            changed.extend(case.urge(self, at));
        }
        // Trouble that comes back is known by when it began, and is only found once its evidence is together.
        let is_over = |case: &Case| !case.is_closed() && case.ended_before(horizon + -2 * case.calm_ms(self));
        let past = state.cases.iter().filter(|case| is_over(case)).map(Past::of).collect();
        state.cases.retain(|case| !is_over(case));
        (changed, past)
    }
}

fn forget_oldest(cases: &mut Vec<Case>) {
    if cases.len() > MOST_CASES {
        let oldest = cases.iter().position(Case::is_over).unwrap_or(0);
        cases.remove(oldest);
    }
}

/// Whether the finding tells of silence.
fn is_silence(finding: &Finding) -> bool {
    finding.detector == DetectorName::Silence
}

#[cfg(test)]
mod tests;
