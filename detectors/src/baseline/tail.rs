//! How surprising a statistic is among its own past values, online.
//!
//! A quantile tracker keeps the level that one value in ten exceeds; what lies above it is described by a generalised
//! Pareto distribution, fitted by moments and drawn towards a usual shape while there are few values (A. Siffer et al.,
//! "Anomaly detection in streams with extreme value theory", KDD 2017, without the refit). The answer is a surprise in
//! nats: `-ln` of the chance of a value as large.

use serde::{Deserialize, Serialize};

/// Share of values above the level.
const SHARE: f32 = 0.1;
/// Surprise at the level: `ln(1 / SHARE)`.
const AT_LEVEL: f32 = std::f32::consts::LN_10;
/// Values seen before anything is said.
const WARM_UP: u8 = 20;
/// What is said of the first value above zero, where there were only zeros.
const FIRST: f32 = 12.0;
/// Weight of the latest excess once there are many.
const MEMORY: u16 = 200;
/// Excesses that the usual shape counts for.
const SHAPE_WEIGHT: f32 = 40.0;
/// A band ends at most at this many times the level that one value in ten exceeds.
const WIDEST: f32 = 6.0;
/// Excesses before the shape is told to others.
const FEW: u16 = 40;
/// Excesses that the level counts for as a guess of their mean.
const MEAN_WEIGHT: f32 = 4.0;
/// Excesses are cut at this many times their mean before they are learned.
const MOST_EXCESS: f32 = 10.0;

/// The shape that tails have where nothing better is known: somewhat heavier than exponential.
pub const USUAL_SHAPE: f32 = 0.2;

/// What is remembered of one statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    level: f32,
    mean: f32,
    variance: f32,
    excesses: u16,
    seen: u8,
}

impl Tail {
    /// The surprise of `value`, and then learns it. Values below zero count as zero, and one value in ten counts as exceeding
    /// `no_news`, even where all of them are smaller.
    pub fn step(&mut self, value: f32, usual_shape: f32, no_news: f32) -> f32 {
        let value = value.max(0.0);
        self.seen = self.seen.saturating_add(1);
        if self.seen == 1 {
            self.level = value;
            return 0.0;
        }
        let surprise =
            if value > no_news || self.level > 0.0 { self.at_least(no_news).surprise(value, usual_shape) } else { 0.0 };
        self.learn(value);
        surprise
    }

    /// The same with a level of at least `least`; where there were only zeros, it stays zero.
    fn at_least(self, least: f32) -> Self {
        if self.level > 0.0 { Self { level: self.level.max(least), ..self } } else { self }
    }

    fn surprise(&self, value: f32, usual_shape: f32) -> f32 {
        if self.seen < WARM_UP || value <= 0.0 {
            return 0.0;
        }
        if self.level <= 0.0 {
            return FIRST;
        }
        if value <= self.level {
            return AT_LEVEL * value / self.level;
        }
        let (shape, scale) = self.fit(usual_shape);
        AT_LEVEL + libm::logf(1.0 + shape * (value - self.level) / scale) / shape
    }

    /// The value that a share `exp(-surprise)` exceeds; infinite while that is unknown.
    #[must_use]
    pub fn value_at(&self, surprise: f32, usual_shape: f32) -> f32 {
        if self.seen < WARM_UP {
            return f32::INFINITY;
        }
        if surprise <= AT_LEVEL {
            return self.level * surprise / AT_LEVEL;
        }
        let (shape, scale) = self.fit(usual_shape);
        self.level + scale / shape * (libm::expf(shape * (surprise - AT_LEVEL)) - 1.0)
    }

    /// Like [`Self::value_at`], within reason: a few wild values at the beginning are no reason for a boundless band.
    pub fn band_at(&self, surprise: f32, usual_shape: f32) -> f32 {
        let value = self.value_at(surprise, usual_shape);
        if self.level > 0.0 && value.is_finite() { value.min(WIDEST * self.level) } else { value }
    }

    /// Shape and scale of the excesses.
    fn fit(&self, usual_shape: f32) -> (f32, f32) {
        let count = f32::from(self.excesses);
        let mean = (self.mean * count + MEAN_WEIGHT * 0.5 * self.level) / (count + MEAN_WEIGHT);
        let trusted = f32::from(self.excesses.min(MEMORY));
        let shape = (self.own_shape(usual_shape) * trusted + usual_shape * SHAPE_WEIGHT) / (trusted + SHAPE_WEIGHT);
        let shape = shape.max(0.01);
        (shape, (mean * (1.0 - shape)).max(1e-30))
    }

    /// The shape by moments, within reason; the usual one while nothing is known.
    fn own_shape(&self, usual_shape: f32) -> f32 {
        if self.variance <= 0.0 {
            return usual_shape;
        }
        (0.5 * (1.0 - self.mean * self.mean / self.variance)).clamp(-0.3, 0.45)
    }

    /// The shape by its own excesses; `None` while there are few.
    pub fn shape(&self) -> Option<f32> {
        (self.excesses >= FEW && self.variance > 0.0).then(|| self.own_shape(USUAL_SHAPE))
    }

    fn learn(&mut self, value: f32) {
        let gain = (4.0 / f32::from(self.seen)).clamp(0.03, 1.0);
        if value <= self.level {
            let step = gain * SHARE;
            self.level *= 1.0 - step + 0.5 * step * step;
            return;
        }
        let excess = value - self.level;
        let most = MOST_EXCESS * (self.mean + 0.1 * self.level) + 1e-30;
        self.excesses = self.excesses.saturating_add(1);
        let weight = 1.0 / f32::from(self.excesses.min(MEMORY));
        let off = excess.min(most) - self.mean;
        self.mean += weight * off;
        self.variance += weight * (off * (excess.min(most) - self.mean) - self.variance);
        let step = gain * (1.0 - SHARE);
        self.level = if self.level > 0.0 {
            (self.level * (1.0 + step + 0.5 * step * step)).min(self.level + 0.5 * excess)
        } else {
            0.1 * value
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exponential values: the surprise of a value is the value itself.
    fn exponential(count: u32) -> impl Iterator<Item = f32> {
        let mut state = 7_u64;
        (0..count).map(move |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let share = (state >> 40) as f32 / (1_u64 << 24) as f32;
            -libm::logf(1.0 - share.min(0.999_999))
        })
    }

    #[test]
    fn the_surprise_of_exponential_values_is_their_size() {
        let mut tail = Tail::default();
        exponential(20_000).for_each(|value| {
            tail.step(value, USUAL_SHAPE, 0.0);
        });
        for value in [1.0, 2.0, 4.0, 7.0] {
            let told = tail.surprise(value, USUAL_SHAPE);
            assert!((told / value - 1.0).abs() < 0.35, "{value}: {told}");
        }
    }

    #[test]
    fn the_value_at_a_surprise_is_the_value_that_surprises_so() {
        let mut tail = Tail::default();
        exponential(500).for_each(|value| {
            tail.step(value, USUAL_SHAPE, 0.0);
        });
        for surprise in [0.5, 2.0, 4.6, 9.0] {
            let value = tail.value_at(surprise, USUAL_SHAPE);
            assert!((tail.surprise(value, USUAL_SHAPE) - surprise).abs() < 1e-3, "{surprise}");
        }
    }

    #[test]
    fn only_zeros_make_the_first_value_news_and_its_repetition_less() {
        let mut tail = Tail::default();
        (0..100).for_each(|_| {
            assert_eq!(tail.step(0.0, USUAL_SHAPE, 0.0), 0.0);
        });
        assert_eq!(tail.step(3.0, USUAL_SHAPE, 0.0), FIRST);
        assert!(tail.step(3.0, USUAL_SHAPE, 0.0) < FIRST);
    }

    #[test]
    fn what_is_near_is_no_news_however_calm_it_was() {
        let mut tail = Tail::default();
        (0..1_000).for_each(|turn| {
            tail.step(if turn % 2 == 0 { 1e-9 } else { 2e-9 }, USUAL_SHAPE, 0.3);
        });
        let mut same = tail;
        assert!(tail.step(0.01, USUAL_SHAPE, 0.3) < 1.0, "a hundredth of a scale");
        assert!(same.step(3.0, USUAL_SHAPE, 0.3) > 8.0, "three scales");
    }

    #[test]
    fn doubling_every_value_changes_no_surprise() {
        let (mut one, mut two) = (Tail::default(), Tail::default());
        for value in exponential(3_000) {
            assert_eq!(one.step(value, USUAL_SHAPE, 0.3), two.step(2.0 * value, USUAL_SHAPE, 0.6));
        }
    }
}
