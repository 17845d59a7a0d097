//! How much each tenant suffers: its slow and failing work against its own usual, whatever the signal.
//!
//! Every series is compared with its own level (or with its season, where one is known). A tenant's pain is the mean over
//! the series of one signal, of the signal that is worst: latency falls when requests fail at once, so that the two must
//! not be averaged, and a server does not know how long a request waited before it came to a worker.
//! Pain is natural-logarithmic: one more is 2.7 times longer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::ring::Ring;

/// Least scale of a tenant's pain: 15 % longer is never news by itself.
const LEAST_SCALE: f64 = 0.15;
/// Weight of the newest step in the smoothed pain.
const NEWEST: f64 = 0.4;
/// Pain in scales is cut here before smoothing, so that one timeout is not an outage.
const MOST: f64 = 8.0;
/// Smoothed pain, in scales, from which a tenant counts as suffering.
pub const SUFFERS_FROM: f64 = 1.7;
/// Pain of one step, in scales, from which it is taken off what is held.
const SLOWER_FROM: f64 = 1.5;
/// A series that has not reported for this many of its own intervals says nothing.
pub const STALE_AFTER: i64 = 2;
/// Longest interval between two values of a series that is believed, in steps.
pub const LONGEST_GAP: i64 = 30;

/// The latest value of a series and how often values come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    /// The value.
    pub value: f32,
    /// The step it is from.
    pub step: i64,
    gap: u8,
}

impl Latest {
    /// A value from `step`, after `before`.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a gap is 1 to 30, a value has 7 digits"
    )]
    pub fn new(value: f64, step: i64, before: Option<Self>) -> Self {
        let gap = before.map_or(1, |before| (step - before.step).clamp(1, LONGEST_GAP));
        Self { value: value as f32, step, gap: gap as u8 }
    }

    /// The value, if it is from `step` or the one before: of what only happens now and then.
    #[must_use]
    pub fn just_at(&self, step: i64) -> Option<f64> {
        (step - self.step <= 1).then(|| f64::from(self.value))
    }

    /// The value, while it is not too old at `step`.
    #[must_use]
    pub fn at(&self, step: i64) -> Option<f64> {
        (step - self.step <= STALE_AFTER * i64::from(self.gap)).then(|| f64::from(self.value))
    }
}

/// One series that tells of pain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PainSeries {
    /// Its tenant, by number.
    pub tenant: u32,
    signal: u32,
    is_failure: bool,
    level: Level,
    latest: Option<Latest>,
}

impl PainSeries {
    /// A series of which nothing was seen; tenant and signal by number.
    #[must_use]
    pub fn new(tenant: u32, signal: u32, is_failure: bool) -> Self {
        Self { tenant, signal, is_failure, level: Level::default(), latest: None }
    }

    /// Its tenant and what is usual, when it is a known one of `signal` that says how slow work is.
    #[must_use]
    pub fn usual(&self, signal: u32) -> Option<(u32, f64)> {
        let is_it = self.signal == signal && !self.is_failure && self.level.is_known();
        is_it.then(|| (self.tenant, self.level.location()))
    }

    /// The step of its latest value.
    #[must_use]
    pub fn last_step(&self) -> Option<i64> {
        self.latest.map(|latest| latest.step)
    }

    /// Takes a value; it becomes usual only as far as `trust` says.
    pub fn take(&mut self, step: i64, (pain, usual): (f64, Option<f64>), trust: f64) {
        let expected = usual.unwrap_or(self.level.location());
        let known = usual.is_some() || self.level.is_known();
        self.level.learn(pain, self.level.location(), (trust, LEAST_SCALE));
        if known {
            self.latest = Some(Latest::new(pain - expected, step, self.latest));
        }
    }
}

/// What the series of a tenant say in one step, signal by signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum(BTreeMap<(bool, u32), (f64, f64)>);

impl Sum {
    /// Adds what a series says at `step`.
    pub fn add(&mut self, series: &PainSeries, step: i64) {
        let Some(deviation) = series.latest.and_then(|latest| latest.at(step)) else { return };
        let (sum, count) = self.0.entry((series.is_failure, series.signal)).or_default();
        *sum += deviation;
        *count += 1.0;
    }

    /// The pain, and whether it is that work fails; `None` when no series says anything.
    #[must_use]
    pub fn pain(&self) -> Option<(f64, bool)> {
        let means = self.0.iter().map(|((is_failure, _), (sum, count))| (sum / count, *is_failure));
        means.max_by(|one, other| one.0.total_cmp(&other.0))
    }
}

/// How one tenant has felt lately.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TenantPain {
    noise: Level,
    smooth: f32,
    fails: bool,
    /// Pain of the last steps, in natural logarithms.
    pub pains: Ring,
    /// The same in scales of the tenant's own noise.
    pub scales: Ring,
}

impl TenantPain {
    /// Takes the pain of one step; `trust` is how far it is ordinary.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    pub fn step(&mut self, pain: Option<(f64, bool)>, trust: f64) {
        self.fails = pain.is_some_and(|(_, fails)| fails);
        let pain = pain.map(|(pain, _)| pain);
        let scaled = pain.filter(|_| self.noise.is_known()).map(|pain| {
            let distance = pain - self.noise.location();
            (distance / self.noise.scale(LEAST_SCALE)).clamp(-MOST / 2.0, MOST)
        });
        let shown = pain.filter(|_| scaled.is_some()).map(|pain| pain - self.noise.location());
        self.pains.push(shown);
        self.scales.push(scaled);
        if let Some(scaled) = scaled {
            let smooth = f64::from(self.smooth);
            self.smooth = (smooth + NEWEST * (scaled - smooth)) as f32;
        } else {
            // Nothing known for a while is no pain either.
            self.smooth *= 0.8;
        }
        if let Some(pain) = pain {
            self.noise.learn(pain, self.noise.location(), (trust, LEAST_SCALE));
        }
    }

    /// Smoothed pain in scales.
    #[must_use]
    pub fn smooth(&self) -> f64 {
        f64::from(self.smooth)
    }

    /// How many times longer things take for it than usual, at least once; work that fails at once holds nothing for longer.
    #[must_use]
    pub fn slower(&self) -> f64 {
        let hurts = !self.fails && self.scales.ago(0).is_some_and(|scales| scales > SLOWER_FROM);
        let pain = self.pains.ago(0).filter(|_| hurts).unwrap_or(0.0);
        libm::exp(pain.max(0.0))
    }

    /// Whether its work fails, rather than being slow.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.fails
    }

    /// Whether the tenant suffers.
    #[must_use]
    pub fn suffers(&self) -> bool {
        self.smooth() > SUFFERS_FROM
    }

    /// Whether its pain is known at all.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.noise.is_known()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(values: &[f64]) -> (PainSeries, TenantPain) {
        let (mut series, mut tenant) = (PainSeries::new(0, 0, false), TenantPain::default());
        for step in 0..100 {
            let value = values[usize::try_from(step).unwrap() % values.len()];
            series.take(step, (value, None), 1.0);
            let mut sum = Sum::default();
            sum.add(&series, step);
            tenant.step(sum.pain(), 1.0);
        }
        (series, tenant)
    }

    #[test]
    fn three_times_longer_hurts_and_one_slow_step_does_not_yet() {
        let (mut series, mut tenant) = settled(&[-3.0, -2.6, -2.8]);
        assert!(tenant.is_known() && !tenant.suffers());
        let mut said = Vec::new();
        for step in 100..104 {
            series.take(step, (-1.7, None), 0.0);
            let mut sum = Sum::default();
            sum.add(&series, step);
            tenant.step(sum.pain(), 0.0);
            said.push(tenant.suffers());
        }
        assert_eq!(said.last(), Some(&true), "{tenant:?}");
        let pain = tenant.pains.ago(0).unwrap();
        assert!((pain - 1.1).abs() < 0.2, "{pain}");
    }

    #[test]
    fn work_that_fails_at_once_is_not_relief() {
        let (mut slow, mut failing) = (PainSeries::new(0, 0, false), PainSeries::new(0, 1, true));
        for step in 0..40 {
            slow.take(step, (-3.0, None), 1.0);
            failing.take(step, (-3.0, None), 1.0);
        }
        slow.take(40, (-5.0, None), 0.0);
        failing.take(40, (-0.5, None), 0.0);
        let mut sum = Sum::default();
        sum.add(&slow, 40);
        sum.add(&failing, 40);
        let (pain, fails) = sum.pain().unwrap();
        assert!((pain - 2.5).abs() < 1e-6 && fails);
    }

    #[test]
    fn what_a_server_does_not_see_is_no_relief() {
        let mut sum = Sum::default();
        for (signal, pain) in [(1, 1.0), (1, 1.2), (2, 0.1), (2, -0.1), (2, 0.0)] {
            let mut series = PainSeries::new(0, signal, false);
            (0..40).for_each(|step| series.take(step, (0.0, None), 1.0));
            series.take(40, (pain, None), 0.0);
            sum.add(&series, 40);
        }
        let (pain, fails) = sum.pain().unwrap();
        assert!((pain - 1.1).abs() < 1e-6 && !fails, "two checks wait, three timings of the server do not: {pain}");
        assert_eq!(Sum::default().pain(), None);
    }

    #[test]
    fn a_value_holds_until_twice_its_interval_is_over() {
        let first = Latest::new(1.0, 10, None);
        let second = Latest::new(2.0, 16, Some(first));
        assert_eq!((second.at(28), second.at(29)), (Some(2.0), None));
    }
}
