//! When trouble begins and ends, and what is said of it meanwhile: early with low confidence, then revised.
//!
//! Trouble begins when enough tenants of one resource suffer for two steps: two of them, or a fifth where they are many. While
//! it lasts nothing that is seen becomes usual. A verdict that has stood for a while is kept even when the beginning of the
//! trouble has left the memory of the last steps, since then nothing could be found out any more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Contention;
use super::pain::TenantPain;
use super::state::State;
use super::suspicion::{Group, Suspicion, suspect};
use super::usage::{Use, lower_median};
use super::verdict::{Blame, Cause, Verdict};
use tidewatch_schemas::{TenantId, Timestamp};

/// Least tenants that suffer together.
const LEAST_VICTIMS: usize = 2;
/// One in so many tenants of a resource must suffer.
const ONE_IN: usize = 5;
/// Steps for which they must.
const EAGER: u8 = 2;
/// Calm steps that end trouble.
const CALM: u8 = 3;
/// Score from which somebody is named at once, and after some steps.
const NAMES_EARLY: f64 = 0.5;
const NAMES_LATE: f64 = 0.3;
/// Steps of trouble after which the lower score is enough.
const LATE: usize = 3;
/// Steps of trouble after which nobody guilty is said.
const NOBODY_AFTER: usize = 6;
/// Steps of trouble up to which a verdict is still looked into.
const OPEN_UNTIL: usize = 20;
/// Evaluations in a row that must disagree before a verdict is taken back.
const DOUBTS: u8 = 3;
/// By how much a suspicion against others must be stronger.
const STRONGER: f64 = 0.1;
/// All use over usual use from which it counts as a collective peak.
const COLLECTIVE: f64 = 1.1;
/// How many times longer things must take for what caused it not to become usual by being repeated.
const HURTS_BADLY: f64 = 2.0;
/// Median pain, in natural logarithms, that is much and some: twice and one and a half times as long.
const MUCH: f64 = 0.7;
const SOME: f64 = 0.4;
/// Least median pain for which somebody is named, in natural logarithms: a third longer.
const LEAST_DEPTH: f64 = 0.3;
/// Most troubles of one pool at a time.
const MOST_GROUPS: usize = 4;
/// History, in steps, at which what is usual is trusted by one half.
const HALF_HISTORY: f64 = 20.0;

/// Trouble while it lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Episode {
    since: i64,
    calm: u8,
    named: Vec<Named>,
}

/// Somebody who was named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    verdict: Verdict,
    culprits: Vec<u32>,
    victims: BTreeSet<u32>,
    measure: u32,
    onset: i64,
    score: f64,
    doubts: u8,
}

/// The last step in which a group suffered.
fn window(group: &Group, (how, step): (&Contention, i64)) -> (Timestamp, Timestamp) {
    let latest = step - i64::try_from(group.latest).unwrap_or(0);
    (how.start_of(latest), how.start_of(latest + 1))
}

/// Whether somebody may be named: at once where it hurts much, and the later the less it does.
fn is_ripe(group: &Group, found: &Suspicion) -> bool {
    let depth = group.depth();
    let wait = if depth >= MUCH {
        0
    } else if depth >= SOME {
        LATE
    } else {
        2 * LATE
    };
    let least = if group.onset >= LATE { NAMES_LATE } else { NAMES_EARLY };
    found.score >= least && depth >= LEAST_DEPTH && group.onset >= wait
}

impl State {
    /// The verdicts that stand, with the numbers of those who suffer.
    pub(super) fn named(&self) -> impl Iterator<Item = (&Verdict, &BTreeSet<u32>)> {
        let named = self.episode.iter().flat_map(|episode| &episode.named);
        named.map(|named| (&named.verdict, &named.victims))
    }

    /// What is to be said after a step.
    pub(super) fn conclude(&mut self, how: &Contention, step: i64) -> Vec<Verdict> {
        let suffering = self.suffering();
        let enough = !suffering.is_empty();
        self.eager = if enough { self.eager.saturating_add(1) } else { 0 };
        match &mut self.episode {
            None if self.eager >= EAGER => self.episode = Some(Episode { since: step, ..Episode::default() }),
            None => return Vec::new(),
            Some(episode) => {
                episode.calm = if enough { 0 } else { episode.calm.saturating_add(1) };
                let lasted_ms = (step - episode.since).saturating_mul(how.step_ms);
                if episode.calm >= CALM || lasted_ms > how.adopt_after_ms {
                    self.episode = None;
                    return Vec::new();
                }
            }
        }
        let Some(mut episode) = self.episode.take().filter(|_| enough) else { return Vec::new() };
        let verdicts = self.look_into(&mut episode, suffering, (how, step));
        self.blame_excursions(&episode);
        self.episode = Some(episode);
        verdicts
    }

    /// Tenants that suffer, as far as enough of those who use one resource do.
    fn suffering(&self) -> BTreeSet<u32> {
        let all: BTreeSet<u32> =
            (0_u32..).zip(&self.tenants).filter(|(_, each)| each.pain.suffers()).map(|(number, _)| number).collect();
        let mut together = BTreeSet::new();
        if all.len() < LEAST_VICTIMS {
            return together;
        }
        for users in self.users.values() {
            let felt =
                users.iter().filter(|user| self.tenants.get(**user as usize).is_some_and(|each| each.pain.is_known()));
            let need = felt.count().div_ceil(ONE_IN).max(LEAST_VICTIMS);
            let here: Vec<u32> = users.intersection(&all).copied().collect();
            if here.len() >= need {
                together.extend(here);
            }
        }
        together
    }

    fn look_into(
        &self,
        episode: &mut Episode,
        mut left: BTreeSet<u32>,
        (how, step): (&Contention, i64),
    ) -> Vec<Verdict> {
        let pains: Vec<&TenantPain> = self.tenants.iter().map(|each| &each.pain).collect();
        let mut said = Vec::new();
        for named in &mut episode.named {
            let mine: BTreeSet<u32> = self.users_of(named.measure).intersection(&left).copied().collect();
            left = left.difference(&mine).copied().collect();
            if let Some(group) = Group::of(mine, &pains) {
                said.push(self.revise(named, &group, (how, step)));
            }
        }
        episode.named.retain(|named| named.doubts < DOUBTS);
        for _ in 0..MOST_GROUPS {
            let Some((group, found)) = self.best(&left, &pains) else { break };
            if !is_ripe(&group, &found) || episode.named.len() >= MOST_GROUPS {
                break;
            }
            left = left.difference(&group.victims).copied().collect();
            let named = self.name(&group, &found, (how, step));
            said.push(named.verdict.clone());
            episode.named.push(named);
        }
        if episode.named.is_empty() {
            said.extend(self.nobody((left, &pains), (how, step)));
        }
        said
    }

    fn users_of(&self, measure: u32) -> BTreeSet<u32> {
        let resource = self.measures.get(measure as usize).map(|measure| &measure.resource);
        resource.and_then(|resource| self.users.get(resource)).cloned().unwrap_or_default()
    }

    /// The strongest suspicion about those of `left` who use one resource.
    fn best(&self, left: &BTreeSet<u32>, pains: &[&TenantPain]) -> Option<(Group, Suspicion)> {
        let mut best: Option<(Group, Suspicion)> = None;
        for (resource, users) in &self.users {
            let here: BTreeSet<u32> = users.intersection(left).copied().collect();
            if here.len() < LEAST_VICTIMS {
                continue;
            }
            let Some(group) = Group::of(here, pains) else { continue };
            let measures = (0_u32..).zip(&self.measures).filter(|(_, measure)| measure.resource == *resource);
            for found in measures.filter_map(|measure| suspect(&group, measure)) {
                if best.as_ref().is_none_or(|(_, best)| found.score > best.score) {
                    best = Some((group.clone(), found));
                }
            }
        }
        best
    }

    fn name(&self, group: &Group, found: &Suspicion, (how, step): (&Contention, i64)) -> Named {
        Named {
            verdict: self.verdict_on(group, found, (how, step)),
            culprits: found.culprits.clone(),
            victims: group.victims.clone(),
            measure: found.measure,
            onset: step - i64::try_from(group.onset).unwrap_or(0),
            score: found.score,
            doubts: 0,
        }
    }

    /// Looks again at what was said; the verdict as it stands.
    fn revise(&self, named: &mut Named, group: &Group, (how, step): (&Contention, i64)) -> Verdict {
        let lasts = usize::try_from(step - named.onset).unwrap_or(0);
        named.victims.extend(&group.victims);
        let group = Group { victims: named.victims.clone(), ..group.clone() };
        if lasts <= OPEN_UNTIL {
            let pains: Vec<&TenantPain> = self.tenants.iter().map(|each| &each.pain).collect();
            match self.best(&group.victims, &pains) {
                Some((_, found)) if found.culprits == named.culprits => {
                    let found = self.as_said(named, &group, found);
                    (named.score, named.doubts, named.measure) = (found.score, 0, found.measure);
                    named.verdict = self.verdict_on(&group, &found, (how, step));
                    return named.verdict.clone();
                }
                Some((_, found)) if found.score > self.score_now(named, &group) + STRONGER => {
                    named.doubts += 1;
                    if named.doubts + 1 >= DOUBTS {
                        *named = self.name(&group, &found, (how, step));
                        return named.verdict.clone();
                    }
                }
                Some(_) => {}
                None => {
                    named.doubts += 1;
                    if named.doubts >= DOUBTS {
                        return self.nobody_verdict(&group, (how, step));
                    }
                }
            }
        }
        named.verdict.victims = self.sorted(&named.victims);
        named.verdict.window = window(&group, (how, step));
        named.verdict.times = named.verdict.times.max(libm::exp(group.depth()));
        named.verdict.clone()
    }

    fn sorted(&self, tenants: &BTreeSet<u32>) -> Vec<TenantId> {
        let mut names = self.names(tenants.iter().copied());
        names.sort();
        names
    }

    /// The suspicion in the signal that was named before, unless another one is clearly better.
    fn as_said(&self, named: &Named, group: &Group, found: Suspicion) -> Suspicion {
        let measure = self.measures.get(named.measure as usize);
        let before = measure.and_then(|measure| suspect(group, (named.measure, measure)));
        let holds = |before: &Suspicion| before.culprits == found.culprits && before.score + STRONGER > found.score;
        before.filter(holds).unwrap_or(found)
    }

    /// How strong the suspicion that was named is by now.
    fn score_now(&self, named: &Named, group: &Group) -> f64 {
        let measure = self.measures.get(named.measure as usize);
        let now = measure.and_then(|measure| suspect(group, (named.measure, measure)));
        now.filter(|now| now.culprits == named.culprits).map_or(0.0, |now| now.score)
    }

    /// Says that nobody is guilty, once that is clear.
    fn nobody(
        &self,
        (left, pains): (BTreeSet<u32>, &[&TenantPain]),
        (how, step): (&Contention, i64),
    ) -> Option<Verdict> {
        let group = Group::of(left, pains).filter(|group| group.onset >= NOBODY_AFTER)?;
        Some(self.nobody_verdict(&group, (how, step)))
    }

    fn nobody_verdict(&self, group: &Group, (how, step): (&Contention, i64)) -> Verdict {
        let lifts = self.measures.iter().filter_map(|measure| {
            let steps = (0..=group.onset).filter_map(|ago| measure.lift.ago(ago));
            lower_median(steps.collect()).filter(|_| measure.factor() > COLLECTIVE)
        });
        let lift = lifts.max_by(f64::total_cmp).filter(|lift| *lift > COLLECTIVE);
        let cause = lift.map_or(Cause::Nobody, |lift| Cause::Collective { lift });
        self.verdict(group, cause, (how, step), 0.5)
    }

    fn verdict_on(&self, group: &Group, found: &Suspicion, (how, step): (&Contention, i64)) -> Verdict {
        let Some(measure) = self.measures.get(found.measure as usize) else {
            return self.verdict(group, Cause::Nobody, (how, step), 0.0);
        };
        let history = found.culprits.iter().filter_map(|tenant| measure.uses.get(tenant)).map(Use::history);
        let history = f64::from(history.min().unwrap_or(0));
        let users = self.users.get(&measure.resource).map_or(0, BTreeSet::len);
        let unseen = group.victims.iter().filter(|victim| !measure.uses.contains_key(victim)).count();
        let seen = 1.0 - unseen as f64 / users.max(1) as f64;
        let lasts = group.onset as f64 + 1.0;
        let confidence = (0.3 + 0.7 * found.score) * history / (history + HALF_HISTORY) * seen * lasts / (lasts + 1.0);
        let blame = Blame {
            culprits: self.names(found.culprits.iter().copied()),
            resource: measure.resource.clone(),
            signal: measure.signal.clone(),
            mechanism: measure.kind.mechanism,
            dose: 1.0 - libm::exp(-found.effect),
            share: found.share,
            follows: found.follows,
            began: how.start_of(step - i64::try_from(found.began).unwrap_or(0)),
        };
        self.verdict(group, Cause::Culprits(blame), (how, step), confidence)
    }

    fn verdict(&self, group: &Group, cause: Cause, (how, step): (&Contention, i64), confidence: f64) -> Verdict {
        let failing = group
            .victims
            .iter()
            .filter(|victim| self.tenants.get(**victim as usize).is_some_and(|each| each.pain.fails()));
        Verdict {
            cause,
            victims: self.sorted(&group.victims),
            since: how.start_of(step - i64::try_from(group.onset).unwrap_or(0)),
            window: window(group, (how, step)),
            times: libm::exp(group.depth()),
            fails: failing.count() * 2 > group.victims.len(),
            confidence,
        }
    }

    /// What hurt others badly is not to become usual of those who did it.
    fn blame_excursions(&mut self, episode: &Episode) {
        let badly = episode.named.iter().filter(|named| named.verdict.times >= HURTS_BADLY);
        let culprits: BTreeSet<u32> = badly.flat_map(|named| named.culprits.iter().copied()).collect();
        for measure in self.measures.iter_mut().filter(|_| !culprits.is_empty()) {
            for culprit in &culprits {
                if let Some(each) = measure.uses.get_mut(culprit) {
                    each.peaks.blame();
                }
            }
        }
    }
}
