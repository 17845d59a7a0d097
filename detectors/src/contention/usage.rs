//! What tenants take of one resource, in one signal: each against its own usual, and all against what they have in common.
//!
//! When everybody takes more, as on the first of a month, nobody takes more than the others. So usual is multiplied by the
//! *common factor*, the median over tenants of use over usual; what is beyond that, and beyond peaks that a tenant has
//! had before, is its *excess*.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Mechanism;
use tidewatch_schemas::{ResourceId, SignalName};

use super::level::Level;
use super::peaks::Peaks;
use super::ring::Ring;

/// Least scale of use on a logarithmic scale: a tenth more is never news.
const LEAST_SCALE: f64 = 0.1;
/// Scale that is assumed of a tenant that was never seen before, around the median of the others.
const NEWCOMER_SCALE: f64 = 0.7;
/// Weight of the newest step in smoothed use, and in the common factor.
const NEWEST: f64 = 0.5;
const NEWEST_FACTOR: f64 = 0.4;
/// The same in the number of those who report.
const NEWEST_COUNT: f64 = 0.05;
/// Scales above its usual, common factor taken off, from which use is excess.
const EXCESS_FROM: f64 = 2.5;
/// Weight that a step with excess has for what is usual.
const EXCESS_TRUST: f64 = 0.2;

/// What one tenant took in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taken {
    /// How much.
    pub amount: f64,
    /// What seasons expect, where they are known of all its series.
    pub usual: Option<f64>,
}

/// What is remembered of one tenant's use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Use {
    level: Level,
    smooth: f32,
    waited: f32,
    /// How far it goes now and then.
    pub peaks: Peaks,
    /// Its excess of the last steps, in the signal's unit; absent while there was none.
    pub excess: Option<Box<Ring>>,
}

/// What a signal of use measures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// What of the resource.
    pub mechanism: Mechanism,
    /// Whether it is held rather than used up: it grows by itself when everything takes longer (Little's law).
    pub is_held: bool,
    /// The smallest amount that matters.
    pub resolution: f64,
}

/// One signal of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// The resource.
    pub resource: ResourceId,
    /// The signal.
    pub signal: SignalName,
    /// What of the resource it measures.
    pub kind: Kind,
    factor: f64,
    /// How many tenants report it in a step, smoothed.
    reporters: f64,
    /// How far all use strays from what is usual, as a logarithm.
    noise: Level,
    /// By number of the tenant.
    pub uses: BTreeMap<u32, Use>,
    /// What all took together, in the last steps.
    pub total: Ring,
    /// The same over what is usual.
    pub lift: Ring,
    /// How far that is above what it was in calm times, in scales.
    pub height: Ring,
}

/// The circumstances of a step.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The step.
    pub step: i64,
    /// Peaks before this step are forgotten.
    pub oldest_peak: i64,
    /// How far what is seen is ordinary, 0 to 1.
    pub trust: f64,
    /// Whether the signal is reported only where something happens, so that nothing reported is nothing used.
    pub eventful: bool,
    /// How many times longer things take than usual, by number of the tenant.
    pub slower: &'a [f64],
}

impl Measure {
    /// A signal of which nothing was seen.
    #[must_use]
    pub fn new(resource: ResourceId, signal: SignalName, kind: Kind) -> Self {
        let (uses, ring) = (BTreeMap::new(), <Ring>::default());
        let (total, lift, height) = (ring.clone(), ring.clone(), ring);
        Self { resource, signal, kind, factor: 1.0, reporters: 0.0, noise: Level::default(), uses, total, lift, height }
    }

    /// Whether the signal is reported only where something happens, so that nothing reported is nothing used: mostly by less
    /// than half of the `users` of the resource.
    #[must_use]
    pub fn is_eventful(&self, users: usize) -> bool {
        self.reporters * 2.0 < users as f64
    }

    /// Takes note of how many tenants report the signal.
    pub fn count_reporters(&mut self, now: usize) {
        let now = now as f64;
        self.reporters =
            if self.reporters == 0.0 { now } else { self.reporters + NEWEST_COUNT * (now - self.reporters) };
    }

    /// What is usual of a tenant and how far it strays, on the logarithmic scale; `None` while that is not known.
    fn usual(&self, tenant: u32, taken: &Taken, newcomers: Option<f64>) -> Option<(f64, f64)> {
        let level = &self.uses.get(&tenant)?.level;
        let by_season = taken.usual.map(|usual| self.to_scale(usual));
        if level.is_known() {
            return Some((by_season.unwrap_or(level.location()), level.scale(LEAST_SCALE)));
        }
        newcomers.map(|location| (location, NEWCOMER_SCALE))
    }

    fn to_scale(&self, amount: f64) -> f64 {
        libm::log(amount.max(0.0) + self.kind.resolution)
    }

    /// The median of what is usual of those who are known; `None` while that is less than half of the tenants.
    fn usual_of_newcomers(&self) -> Option<f64> {
        let known: Vec<f64> =
            self.uses.values().map(|each| &each.level).filter(|level| level.is_known()).map(Level::location).collect();
        if known.len() < 2 || known.len() * 2 < self.uses.len() { None } else { lower_median(known) }
    }

    /// Takes what every tenant took in a step.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    pub fn step(&mut self, taken: &BTreeMap<u32, Taken>, around: &Circumstances<'_>) {
        let eventful = around.eventful;
        for tenant in taken.keys().filter(|tenant| !self.uses.contains_key(*tenant)).collect::<Vec<_>>() {
            let level = if eventful { Level::settled(self.to_scale(0.0)) } else { Level::default() };
            self.uses.insert(*tenant, Use { level, ..Use::default() });
        }
        let newcomers = self.usual_of_newcomers();
        self.follow_common_factor(taken, around);
        let (mut total, mut expected) = (0.0, 0.0);
        let tenants: Vec<u32> = self.uses.keys().copied().collect();
        for tenant in tenants {
            let known = taken.get(&tenant).copied().or(eventful.then(Taken::default));
            let held = known.map_or(0.0, |known| known.amount);
            let known = known.map(|known| self.without_waiting(known, tenant, around));
            let waited = held - known.map_or(held, |known| known.amount);
            let usual = known.and_then(|known| self.usual(tenant, &known, newcomers));
            if let (Some(known), Some((location, _))) = (known, usual) {
                total += known.amount;
                expected += (libm::exp(location) - self.kind.resolution).max(0.0);
            }
            let (resolution, factor) = (self.kind.resolution, self.factor);
            let Some(each) = self.uses.get_mut(&tenant) else { continue };
            each.waited = waited as f32;
            each.step(known, usual, (around, resolution, factor));
        }
        self.total.push((total > 0.0).then_some(total));
        let resolution = self.kind.resolution;
        let lift = (total + resolution) / (expected + resolution);
        self.lift.push(Some(lift));
        let strays = libm::log(lift);
        let known = self.noise.is_known() || eventful;
        self.height.push(known.then(|| (strays - self.noise.location()) / self.noise.scale(LEAST_SCALE)));
        self.noise.learn(strays, self.noise.location(), (around.trust, LEAST_SCALE));
    }

    /// What would be held if nobody had to wait.
    fn without_waiting(&self, taken: Taken, tenant: u32, around: &Circumstances<'_>) -> Taken {
        let slower = around.slower.get(tenant as usize).copied().filter(|_| self.kind.is_held).unwrap_or(1.0);
        Taken { amount: taken.amount / slower, ..taken }
    }

    fn follow_common_factor(&mut self, taken: &BTreeMap<u32, Taken>, around: &Circumstances<'_>) {
        let ratio = |(tenant, taken): (&u32, &Taken)| {
            let taken = self.without_waiting(*taken, *tenant, around);
            let level = self.uses.get(tenant).map(|each| &each.level).filter(|level| level.is_known())?;
            let usual = taken.usual.map_or(level.location(), |usual| self.to_scale(usual));
            Some(self.to_scale(taken.amount) - usual)
        };
        let ratios: Vec<f64> = taken.iter().filter_map(ratio).collect();
        // What only some report is nothing that all have in common.
        let are_all = ratios.len() * 2 > self.uses.len() && !around.eventful;
        let together = lower_median(ratios).filter(|_| are_all).map_or(1.0, libm::exp);
        self.factor = (self.factor + NEWEST_FACTOR * (together - self.factor)).max(1.0);
    }

    /// By how much all take more than usual.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.factor
    }
}

impl Use {
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    fn step(
        &mut self,
        taken: Option<Taken>,
        usual: Option<(f64, f64)>,
        (around, resolution, factor): (&Circumstances<'_>, f64, f64),
    ) {
        let Some(taken) = taken else {
            self.note_excess(0.0);
            return;
        };
        let smooth = f64::from(self.smooth);
        self.smooth = (smooth + NEWEST * (taken.amount - smooth)) as f32;
        let scale = libm::log(taken.amount + resolution);
        let Some((location, spread)) = usual else {
            self.level.learn(scale, self.level.location(), (around.trust, LEAST_SCALE));
            return;
        };
        let steady = libm::log(f64::from(self.smooth).max(0.0) + resolution);
        let above = (scale.min(steady) - location) / spread;
        let beyond = above - libm::log(factor) / spread;
        let fair = ((libm::exp(location)) * factor - resolution).max(self.peaks.usual(spread));
        let excess = taken.amount - fair;
        let excess = if beyond > EXCESS_FROM && excess >= resolution { excess } else { 0.0 };
        self.note_excess(excess);
        self.peaks.step((around.step, around.oldest_peak), f64::from(self.smooth), (steady - location) / spread);
        let is_doubtful = excess > 0.0 && self.level.is_known();
        let trust = if is_doubtful { around.trust * EXCESS_TRUST } else { around.trust };
        self.level.learn(scale, location, (trust, LEAST_SCALE));
    }

    fn note_excess(&mut self, excess: f64) {
        if excess > 0.0 && self.excess.is_none() {
            self.excess = Some(Box::default());
        }
        if let Some(ring) = &mut self.excess {
            ring.push(Some(excess));
        }
        self.excess.take_if(|ring| ring.is_blank());
    }

    /// What was held in the last step by nothing but waiting, in the signal's unit.
    #[must_use]
    pub fn waited(&self) -> f64 {
        f64::from(self.waited)
    }

    /// Steps behind what is usual of the tenant.
    #[must_use]
    pub fn history(&self) -> u32 {
        self.level.count()
    }
}

/// The median, the lower of the two in the middle; `None` of nothing.
#[must_use]
pub fn lower_median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}
