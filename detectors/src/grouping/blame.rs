//! What a verdict on contention means for cases: whom it is about, and whether it says anything else than before.

use tidewatch_schemas::finding::{Contention, Guilt};
use tidewatch_schemas::{Finding, Incident, TenantId, Timestamp};

use super::case::{At, Case};
use super::{Grouping, State, forget_oldest};

/// Confidence below which a verdict is a suspicion, and from which it is certain: changes across them are told.
const STEPS_OF_CONFIDENCE: [f64; 2] = [0.45, 0.7];
/// By how much the victims' waiting must have grown to be told again.
const WORSE: f64 = 1.5;

impl Grouping {
    /// Takes in a verdict at `now`; a new revision when it opened or changed an incident.
    pub(super) fn weigh(
        &self,
        state: &mut State,
        (finding, said): (&Finding, &Contention),
        now: Timestamp,
    ) -> Option<Incident> {
        let at = At { now, expected: &state.expected, deployments: &state.deployments };
        if let Some(case) =
            state.cases.iter_mut().find(|case| case.is_closed() && case.shares(said) * 2 >= said.victims.len().max(1))
        {
            case.count(finding);
            return None;
        }
        let about = state.cases.iter_mut().filter(|case| self.is_of(case, (finding, said)));
        if let Some(case) = about.max_by_key(|case| (case.shares(said), case.started_at())) {
            case.hear(self, finding);
            return case.revise(self, at);
        }
        if said.guilt != Guilt::Culprits {
            return None;
        }
        let mut fresh = Case::opened_by(self, (finding, &[]), at);
        fresh.hear(self, finding);
        fresh.describe(self);
        let incident = fresh.published();
        state.cases.push(fresh);
        forget_oldest(&mut state.cases);
        Some(incident)
    }

    /// Whether the verdict is about this case: it goes on, most of those who suffer are in it or most of its tenants suffer, and
    /// it began when they began to, or when the trouble of the verdict before began.
    fn is_of(&self, case: &Case, (finding, said): (&Finding, &Contention)) -> bool {
        let together = match case.heard_of() {
            Some(before) => (before - finding.since).abs() <= self.correlate_within_ms / 2,
            None => self.began_together(case.started_at(), finding.since),
        };
        let half = case.shares(said) * 2 >= said.victims.len().min(case.size()).max(1);
        !case.is_over() && half && together
    }
}

/// Whether `other` tells people nothing that `one` did not.
pub(super) fn is_repetition((one, before): (&Finding, &Contention), (other, after): (&Finding, &Contention)) -> bool {
    let what = |said: &Contention| (said.guilt, said.culprits.clone(), said.mechanism, said.fails, many(&said.victims));
    what(before) == what(after)
        && one.resource == other.resource
        && level(one.confidence) == level(other.confidence)
        && after.times < before.times * WORSE
}

fn level(confidence: f64) -> usize {
    STEPS_OF_CONFIDENCE.iter().filter(|step| confidence >= **step).count()
}

/// A number of tenants as people take note of it: every one of a few, and half as many more of many.
fn many(tenants: &[TenantId]) -> usize {
    let count = tenants.len();
    if count <= 4 { count } else { 3 + (count * count).ilog2() as usize }
}
