//! How much a value means that stands on few events.
//!
//! A share over `n` requests, or a quantile of `n` durations, is off by chance alone. What is usual was learned from
//! windows with the usual number of events, so only the variance beyond that of the usual number is added to the scale:
//!
//! - share: `p (1 - p) / n`, with `p = (np + 2) / (n + 4)` so that nothing is certain after few (A. Agresti, B. Coull,
//!   "Approximate is better than exact", The American Statistician 52, 1998);
//! - quantile `q`: `q (1 - q) / (n f^2)`, where `f` is the density at the quantile (F. Mosteller, "On some useful
//!   inefficient statistics", Annals of Mathematical Statistics 17, 1946), here that of a normal distribution of the
//!   signal's spread.
//!
//! Below eight events a share means nothing at all: a hit ratio over three requests is no finding, whatever it is.
//! State: 4 bytes. Numbers of events that are not finite or not positive count as none.

use serde::{Deserialize, Serialize};

/// Events below which a share means nothing.
pub const LEAST: f64 = 8.0;
/// Variance of what means nothing: it shrinks every deviation to zero.
pub const MEANINGLESS: f64 = 1e18;
/// Weight of one window in the usual number of events, as a share.
const GAIN: f32 = 0.01;
/// Density of the normal distribution at its 95th percentile, over its standard deviation.
const DENSITY_AT_95: f64 = 0.103_135_6;

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A share of events, between zero and one.
    Share,
    /// The 95th percentile of values that spread by this much, as a standard deviation on the scale of the signal.
    Quantile {
        /// Spread of the single values.
        spread: f64,
    },
}

/// The usual number of events behind a series' values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Logarithm of the number, less at first.
    usual: Option<f32>,
}

impl State {
    /// How uncertain `value` is beyond what is usual, as a variance on the scale of the signal, when `events` stand behind
    /// it; then learns their number.
    pub fn step(&mut self, kind: Kind, value: f64, events: f64) -> f64 {
        let events = if events.is_finite() { events.max(0.0) } else { 0.0 };
        let usual = self.usual.map_or(events, |usual| libm::exp(f64::from(usual)));
        self.learn(events);
        if kind == Kind::Share && events < LEAST {
            return MEANINGLESS;
        }
        (variance(kind, value, events) - variance(kind, value, usual)).max(0.0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the order of a number of events is enough")]
    fn learn(&mut self, events: f64) {
        let now = libm::log(events.max(1.0)) as f32;
        let usual = self.usual.get_or_insert(now);
        *usual += GAIN * (now - *usual);
    }
}

/// Variance of a value that stands on `events` events, by chance alone.
#[must_use]
pub fn variance(kind: Kind, value: f64, events: f64) -> f64 {
    let events = events.max(1.0);
    match kind {
        Kind::Share => {
            let share = (value.clamp(0.0, 1.0) * events + 2.0) / (events + 4.0);
            share * (1.0 - share) / events
        }
        Kind::Quantile { spread } => {
            let density = DENSITY_AT_95 / spread.max(f64::MIN_POSITIVE);
            0.95 * 0.05 / (events * density * density)
        }
    }
}

/// What is left of a deviation of `scale` when `variance` is added to it: 0 to 1.
#[must_use]
pub fn shrinkage(scale: f64, variance: f64) -> f64 {
    scale / libm::sqrt(scale * scale + variance).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::families::{Random, stored};

    fn after(usual: f64, kind: Kind, value: f64, events: f64) -> f64 {
        let mut state = State::default();
        for _ in 0..1_000 {
            state.step(kind, 0.9, usual);
        }
        state.step(kind, value, events)
    }

    #[test]
    fn a_hit_ratio_over_three_requests_means_nothing() {
        for value in [0.0, 1.0 / 3.0, 1.0] {
            let deviation = (0.95 - value) / 0.01 * shrinkage(0.01, after(10_000.0, Kind::Share, value, 3.0));
            assert!(deviation.abs() < 1e-3, "{value}: {deviation} scales");
        }
    }

    #[test]
    fn as_many_events_as_usual_mean_as_much_as_usual() {
        for kind in [Kind::Share, Kind::Quantile { spread: 1.0 }] {
            assert!(after(500.0, kind, 0.7, 500.0) < 1e-5);
            assert!(after(500.0, kind, 0.7, 5_000.0) == 0.0, "more events are not less certain");
        }
    }

    #[test]
    fn the_variance_of_a_share_is_that_of_its_samples() {
        let (mut random, events, share) = (Random::new(3), 40, 0.8);
        let mut sample = || (0..events).filter(|_| random.uniform() < share).count() as f64 / f64::from(events);
        let samples: Vec<f64> = (0..4_000).map(|_| sample()).collect();
        let measured = samples.iter().map(|value| (value - share).powi(2)).sum::<f64>() / 4_000.0;
        let expected = variance(Kind::Share, share, f64::from(events));
        assert!((0.8..1.25).contains(&(expected / measured)), "{expected} {measured}");
    }

    #[test]
    fn the_variance_of_a_quantile_is_that_of_its_samples() {
        let mut random = Random::new(4);
        let mut sample = || {
            let mut values: Vec<f64> = (0..200).map(|_| 0.5 * random.normal()).collect();
            values.sort_by(f64::total_cmp);
            values[190]
        };
        let samples: Vec<f64> = (0..2_000).map(|_| sample()).collect();
        let mean = samples.iter().sum::<f64>() / 2_000.0;
        let measured = samples.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2_000.0;
        let expected = variance(Kind::Quantile { spread: 0.5 }, 0.0, 200.0);
        assert!((0.7..1.4).contains(&(expected / measured)), "{expected} {measured}");
    }

    proptest! {
        #[test]
        fn fewer_events_never_mean_more(value in 0.0..1.0, events in 1.0..1e6, fewer in 0.0..1.0, scale in 1e-6..1e3) {
            for kind in [Kind::Share, Kind::Quantile { spread: 1.0 }] {
                let (many, few) = (after(100.0, kind, value, events), after(100.0, kind, value, events * fewer));
                prop_assert!(few >= many * 0.99 - 1e-9, "{many} {few}");
                let left = shrinkage(scale, few);
                prop_assert!((0.0..=1.0).contains(&left));
            }
        }

        #[test]
        fn what_is_no_number_counts_as_no_event(events in prop::sample::select(vec![f64::NAN, f64::INFINITY, -3.0])) {
            let mut state = State::default();
            state.step(Kind::Share, 0.5, 100.0);
            prop_assert_eq!(state.step(Kind::Share, 0.5, events), MEANINGLESS);
            prop_assert_eq!(stored(&state), state);
        }
    }
}
