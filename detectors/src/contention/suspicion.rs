//! Who explains the pain: every signal of use is looked at, and the one that explains it best wins.
//!
//! A tenant is suspected of what it takes beyond its usual, its earlier peaks and what all have in common. The suspicion
//! grows with its *share* of everybody's excess, with how far the pain *follows* its excess in time (the best correlation
//! over lags, use first), and with the *effect*, how much of all use that excess is. Whoever began after the victims did
//! is no suspect: those are the retries of innocents. Excess that stood unchanged long before the pain explains nothing,
//! which the correlation says by itself.

use std::collections::BTreeSet;

use super::pain::TenantPain;
use super::ring::{Ring, STEPS};
use super::usage::{Measure, lower_median};

/// Pain in scales down to which a step still belongs to the trouble, in the median over the victims.
const TROUBLE: f64 = 1.0;
/// Steps before the trouble that are compared with it.
const BEFORE: usize = 12;
/// How many steps later than its cause pain may come.
const LAGS: usize = 4;
/// How many steps after the victims a culprit may seem to begin: use is reported after it happened.
const LATEST_START: usize = 1;
/// Bounds between which pain is held against use: beyond them it is a cliff that says no more.
const PAIN_BOUNDS: (f64, f64) = (-1.0, 2.5);
/// Least share of the excess, alone and as one of several.
const LEAST_SHARE: f64 = 0.35;
const LEAST_JOINT: f64 = 0.2;
/// Least part of the trouble's steps in which a culprit has an excess.
const LEAST_PRESENCE: f64 = 0.4;
/// Least correlation of pain with use.
const LEAST_FOLLOWS: f64 = 0.3;
/// Scales by which all use must be above what it was in calm times.
const LEAST_HEIGHT: f64 = 2.0;
/// Least effect: five percent of everything that is used.
const LEAST_EFFECT: f64 = 0.05;
/// Effect at which a suspicion has its full weight.
const FULL_EFFECT: f64 = 0.7;
/// Most culprits of one trouble.
const MOST_CULPRITS: usize = 4;

/// Tenants that suffer together, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The tenants, by number.
    pub victims: BTreeSet<u32>,
    /// Steps since it began, zero for the newest one.
    pub onset: usize,
    /// Steps since the last one in which they did, zero for the newest one.
    pub latest: usize,
    /// The oldest step that is compared: calm before the trouble, but not earlier trouble.
    pub oldest: usize,
    /// Their pain, the median, by steps ago.
    pub pain: Vec<Option<f64>>,
}

/// What was found about a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    /// The measure, by number.
    pub measure: u32,
    /// Who, the heaviest first.
    pub culprits: Vec<u32>,
    /// Their part of the excess.
    pub share: f64,
    /// How far the pain follows.
    pub follows: f64,
    /// Their excess as a part of all use.
    pub effect: f64,
    /// Steps since the first of them began.
    pub began: usize,
    /// All in one number, 0 to 1.
    pub score: f64,
}

impl Group {
    /// The group of `victims`; `None` when they do not suffer at the same time.
    #[must_use]
    pub fn of(victims: BTreeSet<u32>, tenants: &[&TenantPain]) -> Option<Self> {
        let median = |ago: usize, of: fn(&TenantPain) -> &Ring| {
            let each = victims.iter().filter_map(|tenant| of(tenants.get(*tenant as usize)?).ago(ago));
            lower_median(each.collect())
        };
        let troubled = |ago: usize| median(ago, |tenant| &tenant.scales).is_some_and(|scales| scales > TROUBLE);
        // One calm step does not end it.
        let latest = (0..STEPS).find(|ago| troubled(*ago))?;
        let mut onset = None;
        for ago in 0..STEPS {
            match (troubled(ago), onset) {
                (true, _) => onset = Some(ago),
                (false, Some(since)) if ago > since + 1 => break,
                (false, None) if ago > 2 => break,
                (false, _) => {}
            }
        }
        let onset = onset?;
        let before = (onset + 1..STEPS).take(BEFORE).take_while(|ago| !troubled(*ago)).last();
        let pain = (0..STEPS).map(|ago| median(ago, |tenant| &tenant.pains)).collect();
        Some(Self { victims, onset, latest, oldest: before.unwrap_or(onset), pain })
    }

    /// Median pain since the onset, in natural logarithms.
    #[must_use]
    pub fn depth(&self) -> f64 {
        lower_median(self.pain.iter().take(self.onset + 1).filter_map(|pain| *pain).collect()).unwrap_or(0.0)
    }
}

/// The best suspicion that `measure`, number `number`, gives about `group`.
#[must_use]
pub fn suspect(group: &Group, (number, measure): (u32, &Measure)) -> Option<Suspicion> {
    let all: f64 = excesses(measure).map(|(_, excess)| excess.sum(group.onset + 1)).sum();
    let height = lower_median((0..=group.onset).filter_map(|ago| measure.height.ago(ago)).collect())?;
    if all <= 0.0 || height < LEAST_HEIGHT {
        return None;
    }
    let all = all.max(rise(measure, group.onset + 1));
    let candidate = |(tenant, excess): (u32, &Ring)| {
        let share = excess.sum(group.onset + 1) / all;
        let began = first(excess, group)?;
        let follows = follows(group, excess)?;
        let is_early = began + LATEST_START >= group.onset;
        let there = (0..=group.onset).filter(|ago| excess.ago(*ago).is_some_and(|excess| excess > 0.0)).count();
        let lasts = there as f64 >= LEAST_PRESENCE * (group.onset + 1) as f64;
        (share >= LEAST_JOINT && is_early && lasts && follows >= LEAST_FOLLOWS)
            .then_some((share, tenant, follows, began))
    };
    let mut candidates: Vec<_> = excesses(measure).filter_map(candidate).collect();
    candidates.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    candidates.truncate(MOST_CULPRITS);
    let share: f64 = candidates.iter().map(|each| each.0).sum();
    if candidates.is_empty() || share < LEAST_SHARE {
        return None;
    }
    let follows = candidates.iter().map(|each| each.0 * each.2).sum::<f64>() / share;
    let culprits: Vec<u32> = candidates.iter().map(|each| each.1).collect();
    let effect = effect(measure, &culprits, group.onset);
    let began = candidates.iter().map(|each| each.3).max()?;
    let weight = 0.5 + 0.5 * (effect / FULL_EFFECT).min(1.0);
    let others_suffer = group.victims.iter().any(|victim| !culprits.contains(victim));
    let score = share * follows * weight;
    (others_suffer && effect >= LEAST_EFFECT).then_some(Suspicion {
        measure: number,
        culprits,
        share,
        follows,
        effect,
        began,
        score,
    })
}

/// What all take beyond what is usual, summed up since `oldest` steps ago.
fn rise(measure: &Measure, oldest: usize) -> f64 {
    let of_step = |ago: usize| Some(measure.total.ago(ago)? * (1.0 - 1.0 / measure.lift.ago(ago)?));
    (0..=oldest).filter_map(of_step).sum()
}

fn excesses(measure: &Measure) -> impl Iterator<Item = (u32, &Ring)> {
    measure.uses.iter().filter_map(|(tenant, each)| Some((*tenant, each.excess.as_deref()?)))
}

/// How many steps ago the excess began that goes on into the trouble; a gap of one step does not end it.
fn first(excess: &Ring, group: &Group) -> Option<usize> {
    let has = |ago: usize| excess.ago(ago).is_some_and(|excess| excess > 0.0);
    let last = (0..=group.onset + LATEST_START).find(|ago| has(*ago))?;
    let mut began = last;
    for ago in last..STEPS {
        if has(ago) {
            began = ago;
        } else if ago > began + 1 {
            break;
        }
    }
    Some(began)
}

/// The best correlation of pain with earlier excess, halved when pain goes before excess; `None` without any movement.
fn follows(group: &Group, excess: &Ring) -> Option<f64> {
    let at = |lag: i64| correlation(group, excess, lag);
    let lags = i64::try_from(LAGS).unwrap_or(0);
    let after = (0..=lags).filter_map(at).max_by(f64::total_cmp)?;
    let before = (1..=lags).filter_map(|lag| at(-lag)).max_by(f64::total_cmp);
    let is_reversed = before.is_some_and(|before| before > after + 0.05);
    Some(if is_reversed { after * 0.5 } else { after })
}

fn correlation(group: &Group, excess: &Ring, lag: i64) -> Option<f64> {
    let pairs = (0..=group.oldest).filter_map(|ago| {
        let pain = (*group.pain.get(ago)?)?.clamp(PAIN_BOUNDS.0, PAIN_BOUNDS.1);
        let then = usize::try_from(i64::try_from(ago).ok()? + lag).ok()?;
        Some((excess.ago(then).unwrap_or(0.0), pain))
    });
    let (mut count, mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (one, other) in pairs {
        count += 1.0;
        x += one;
        y += other;
        xx += one * one;
        yy += other * other;
        xy += one * other;
    }
    let (of_x, of_y) = (count * xx - x * x, count * yy - y * y);
    // What does not move correlates with nothing, whatever rounding leaves of its spread.
    let moves = of_x > 1e-9 * count * xx && of_y > 1e-9 * count * yy;
    (count >= 4.0 && moves).then(|| (count * xy - x * y) / libm::sqrt(of_x * of_y))
}

/// The logarithm of all use over all use without the culprits' excess, on average since the onset.
fn effect(measure: &Measure, culprits: &[u32], onset: usize) -> f64 {
    let excess = |ago: usize| -> f64 {
        let of = |tenant: &u32| measure.uses.get(tenant)?.excess.as_deref()?.ago(ago);
        culprits.iter().filter_map(of).sum()
    };
    let of_step = |ago: usize| {
        let total = measure.total.ago(ago)?;
        Some(libm::log(total / (total - excess(ago)).max(total * 0.01)))
    };
    let steps: Vec<f64> = (0..=onset).filter_map(of_step).collect();
    if steps.is_empty() { 0.0 } else { steps.iter().sum::<f64>() / steps.len() as f64 }
}
