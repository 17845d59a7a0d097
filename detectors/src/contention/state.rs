//! What is remembered of a pool's tenants, what they take and how they feel; and how a step changes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{ResourceId, SeriesId, SignalName, TenantId};

use super::Contention;
use super::episode::Episode;
use super::following::Following;
use super::level::KNOWN_AFTER;
use super::outliers::Outliers;
use super::pain::{Latest, PainSeries, Sum, TenantPain};
use super::reading::{Reading, Says};
use super::ring::STEPS;
use super::usage::{Circumstances, Kind, Measure, Taken};
use super::verdict::Verdict;

/// Most series that are followed; further ones are not looked at.
const MOST_SERIES: usize = 65_536;
/// Most tenants that are followed.
const MOST_TENANTS: usize = 8_192;
/// Most steps that readings may be ahead of the last judged one.
const MOST_AHEAD: i64 = 64;
/// A series that was not seen for so long is forgotten, in milliseconds.
const FORGET_AFTER_MS: i64 = 86_400_000;
/// Peaks are remembered for so long: a month and the days around its end.
const PEAKS_FOR_MS: i64 = 35 * 86_400_000;
/// How far pain becomes usual while a tenant suffers alone.
const SUFFERING_TRUST: f64 = 0.1;

/// The memory of one pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    numbers: BTreeMap<TenantId, u32>,
    pub(super) tenants: Vec<Tenant>,
    pub(super) users: BTreeMap<ResourceId, BTreeSet<u32>>,
    pub(super) measures: Vec<Measure>,
    measure_numbers: BTreeMap<(ResourceId, SignalName), u32>,
    felt_signals: BTreeMap<SignalName, u32>,
    takers: BTreeMap<SeriesId, Taker>,
    sufferers: BTreeMap<SeriesId, PainSeries>,
    pending: BTreeMap<i64, Vec<Pending>>,
    judged: Option<i64>,
    steps: u32,
    pub(super) episode: Option<Episode>,
    pub(super) outliers: Outliers,
    pub(super) eager: u8,
}

/// A tenant by its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tenant {
    pub id: TenantId,
    pub pain: TenantPain,
}

/// A series that tells what is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Taker {
    tenant: u32,
    measure: u32,
    latest: Option<Latest>,
    usual: Option<f64>,
}

/// A reading whose step is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pending {
    series: SeriesId,
    value: f64,
    usual: Option<f64>,
}

impl State {
    /// Takes a reading of `step`.
    pub(super) fn absorb(&mut self, step: i64, reading: &Reading) {
        let is_ahead = self.judged.is_some_and(|judged| step > judged + MOST_AHEAD);
        if is_ahead || !self.is_followed(reading) {
            return;
        }
        let (value, usual) = match reading.says {
            Says::Takes { amount, usual, .. } => (amount, usual),
            Says::Suffers { pain, usual, .. } => (pain, usual),
            Says::Spends { .. } => return,
        };
        let usual = usual.filter(|usual| usual.is_finite());
        if value.is_finite() {
            self.pending.entry(step).or_default().push(Pending { series: reading.series, value, usual });
        }
    }

    /// Whether the series is followed; it is from its first reading on, while there is room.
    fn is_followed(&mut self, reading: &Reading) -> bool {
        if self.takers.contains_key(&reading.series) || self.sufferers.contains_key(&reading.series) {
            return true;
        }
        if self.takers.len() + self.sufferers.len() >= MOST_SERIES {
            return false;
        }
        let Some(tenant) = self.number_of(&reading.tenant) else { return false };
        match reading.says {
            Says::Suffers { is_failure, .. } => {
                let signal = self.felt_signal(&reading.signal);
                self.sufferers.insert(reading.series, PainSeries::new(tenant, signal, is_failure));
            }
            Says::Takes { .. } => {
                self.users.entry(reading.resource.clone()).or_default().insert(tenant);
                let measure = self.measure_of(reading);
                self.takers.insert(reading.series, Taker { tenant, measure, latest: None, usual: None });
            }
            Says::Spends { .. } => return false,
        }
        true
    }

    fn number_of(&mut self, tenant: &TenantId) -> Option<u32> {
        if let Some(number) = self.numbers.get(tenant) {
            return Some(*number);
        }
        let number = u32::try_from(self.tenants.len()).ok().filter(|_| self.tenants.len() < MOST_TENANTS)?;
        self.numbers.insert(tenant.clone(), number);
        self.tenants.push(Tenant { id: tenant.clone(), pain: TenantPain::default() });
        Some(number)
    }

    fn felt_signal(&mut self, signal: &SignalName) -> u32 {
        let next = u32::try_from(self.felt_signals.len()).unwrap_or(u32::MAX);
        *self.felt_signals.entry(signal.clone()).or_insert(next)
    }

    fn measure_of(&mut self, reading: &Reading) -> u32 {
        let key = (reading.resource.clone(), reading.signal.clone());
        let next = u32::try_from(self.measures.len()).unwrap_or(u32::MAX);
        let number = *self.measure_numbers.entry(key).or_insert(next);
        if let (true, Says::Takes { mechanism, is_held, resolution, .. }) = (number == next, &reading.says) {
            let kind = Kind { mechanism: *mechanism, is_held: *is_held, resolution: *resolution };
            self.measures.push(Measure::new(reading.resource.clone(), reading.signal.clone(), kind));
        }
        number
    }

    /// Judges every step up to `over`.
    pub(super) fn advance(&mut self, how: &Contention, over: i64) -> Vec<Verdict> {
        let Some(first) = self.pending.keys().next().copied().or(self.judged) else { return Vec::new() };
        // What came after its step was judged is part of the next one.
        let start = self.judged.map_or(first, |judged| judged + 1);
        let rings = i64::try_from(STEPS).unwrap_or(i64::MAX);
        let start = start.max(over.saturating_sub(rings));
        let mut verdicts = Vec::new();
        for step in start..=over {
            verdicts.extend(self.step(how, step));
        }
        verdicts
    }

    fn step(&mut self, how: &Contention, step: i64) -> Vec<Verdict> {
        self.judged = Some(step);
        self.steps = self.steps.saturating_add(1);
        let trust = if self.episode.is_some() { 0.0 } else { 1.0 };
        self.take_pending(step, trust);
        self.feel(step, trust);
        self.take(how, step, trust);
        self.forget(how, step);
        self.conclude(how, step)
    }

    fn take_pending(&mut self, step: i64, trust: f64) {
        let later = self.pending.split_off(&(step + 1));
        for (at, readings) in std::mem::replace(&mut self.pending, later) {
            for Pending { series, value, usual } in readings {
                if let Some(taker) = self.takers.get_mut(&series) {
                    if taker.latest.is_none_or(|latest| latest.step <= at) {
                        (taker.latest, taker.usual) = (Some(Latest::new(value, at, taker.latest)), usual);
                    }
                } else if let Some(sufferer) = self.sufferers.get_mut(&series) {
                    let suffers = self.tenants.get(sufferer.tenant as usize).is_some_and(|each| each.pain.suffers());
                    let trust = if suffers { trust * SUFFERING_TRUST } else { trust };
                    sufferer.take(at, (value, usual), trust);
                }
            }
        }
    }

    fn feel(&mut self, step: i64, trust: f64) {
        let mut sums: Vec<Sum> = vec![Sum::default(); self.tenants.len()];
        for series in self.sufferers.values() {
            if let Some(sum) = sums.get_mut(series.tenant as usize) {
                sum.add(series, step);
            }
        }
        for (tenant, sum) in self.tenants.iter_mut().zip(&sums) {
            let trust = if tenant.pain.suffers() { trust * SUFFERING_TRUST } else { trust };
            tenant.pain.step(sum.pain(), trust);
        }
    }

    fn take(&mut self, how: &Contention, step: i64, trust: f64) {
        self.count_reporters(step);
        // While a resource is new, nobody knows who will report what.
        let is_settled = self.steps >= KNOWN_AFTER;
        let users = |measure: &Measure| self.users.get(&measure.resource).map_or(0, BTreeSet::len);
        let is_eventful = |measure: &Measure| is_settled && measure.is_eventful(users(measure));
        let eventful: Vec<bool> = self.measures.iter().map(is_eventful).collect();
        let taken = self.taken(step, &eventful);
        let slower: Vec<f64> = self.tenants.iter().map(|tenant| tenant.pain.slower()).collect();
        for ((measure, taken), eventful) in self.measures.iter_mut().zip(&taken).zip(eventful) {
            let oldest_peak = step - PEAKS_FOR_MS / how.step_ms.max(1);
            measure.step(taken, &Circumstances { step, oldest_peak, trust, eventful, slower: &slower });
        }
    }

    fn count_reporters(&mut self, step: i64) {
        let mut reporters: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.measures.len()];
        for taker in self.takers.values().filter(|taker| taker.latest.is_some_and(|latest| latest.at(step).is_some())) {
            reporters.get_mut(taker.measure as usize).into_iter().for_each(|each| {
                each.insert(taker.tenant);
            });
        }
        self.measures.iter_mut().zip(&reporters).for_each(|(measure, each)| measure.count_reporters(each.len()));
    }

    /// What each tenant took, measure by measure.
    fn taken(&self, step: i64, eventful: &[bool]) -> Vec<BTreeMap<u32, Taken>> {
        let mut taken: Vec<BTreeMap<u32, Taken>> = vec![BTreeMap::new(); self.measures.len()];
        for taker in self.takers.values() {
            let is_event = eventful.get(taker.measure as usize).copied().unwrap_or(false);
            let amount = taker.latest.and_then(|latest| if is_event { latest.just_at(step) } else { latest.at(step) });
            let Some((amount, of_measure)) = amount.zip(taken.get_mut(taker.measure as usize)) else { continue };
            let sum = of_measure.entry(taker.tenant).or_insert(Taken { amount: 0.0, usual: Some(0.0) });
            sum.amount += amount;
            sum.usual = sum.usual.zip(taker.usual).map(|(sum, usual)| sum + usual);
        }
        taken
    }

    /// Forgets series that have not been seen for a day.
    fn forget(&mut self, how: &Contention, step: i64) {
        let every = (FORGET_AFTER_MS / how.step_ms.max(1)).max(1);
        if step.rem_euclid(every) == 0 {
            let recent = |last: Option<i64>| last.is_none_or(|last| step - last < every);
            self.takers.retain(|_, taker| recent(taker.latest.map(|latest| latest.step)));
            self.sufferers.retain(|_, series| recent(series.last_step()));
        }
    }

    /// Signals that say how slow work is, with their numbers.
    pub(super) fn slow_signals(&self) -> impl Iterator<Item = (&SignalName, u32)> {
        self.felt_signals.iter().map(|(name, number)| (name, *number))
    }

    /// How slow a signal usually is for each tenant, on its scale: the mean over the tenant's series.
    pub(super) fn levels(&self, signal: u32) -> BTreeMap<u32, f64> {
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (tenant, level) in self.sufferers.values().filter_map(|series| series.usual(signal)) {
            let (sum, count) = sums.entry(tenant).or_default();
            *sum += level;
            *count += 1.0;
        }
        sums.into_iter().map(|(tenant, (sum, count))| (tenant, sum / count)).collect()
    }

    pub(super) fn tenant_named(&self, number: u32) -> Option<&TenantId> {
        self.tenants.get(number as usize).map(|tenant| &tenant.id)
    }

    /// The tenants with these numbers, by name.
    pub(super) fn names(&self, numbers: impl IntoIterator<Item = u32>) -> Vec<TenantId> {
        numbers.into_iter().filter_map(|number| self.tenants.get(number as usize)).map(|each| each.id.clone()).collect()
    }

    /// The resources of whose users nobody measures how slow their work is, so that whom it follows is worth a look.
    #[must_use]
    pub fn unfelt(&self) -> BTreeSet<ResourceId> {
        let is_felt = |number: &u32| self.tenants.get(*number as usize).is_some_and(|tenant| tenant.pain.is_known());
        let felt = |users: &BTreeSet<u32>| users.iter().filter(|number| is_felt(number)).count();
        let unfelt = self.users.iter().filter(|(_, users)| Following::watches(users.len(), felt(users)));
        unfelt.map(|(resource, _)| resource.clone()).collect()
    }

    /// The step that was judged last.
    #[must_use]
    pub fn judged(&self) -> Option<i64> {
        self.judged
    }

    /// How many series and tenants are followed.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.takers.len() + self.sufferers.len(), self.tenants.len())
    }
}
