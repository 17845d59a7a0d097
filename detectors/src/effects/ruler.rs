//! The unit in which an effect is kept, so that a small tenant can learn from a big one.
//!
//! On a logarithmic scale differences are ratios already. On a linear scale, what is never negative is measured by
//! `ln((y + c) / (base + c))`, where `c` is a hundredth of the level: a month end that doubles the load is the same for
//! everyone. What can be negative has no ratios and is measured in its own typical deviations.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Scale;

/// What a series is expected to be on an ordinary day, on the scale on which it is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// On which scale that is.
    pub scale: Scale,
    /// What is expected of the window.
    pub base: f64,
    /// The slow level of the series.
    pub level: f64,
    /// The mean absolute deviation from what is expected.
    pub deviation: f64,
}

/// A hundredth of the level is added before ratios are taken.
const SHARE_OF_LEVEL: f64 = 0.01;
/// A ratio is cut here, as a logarithm.
const LARGEST_RATIO: f64 = 8.0;
/// A relative deviation is cut here, towards both sides.
const DEVIATIONS: (f64, f64) = (1e-5, 2.0);
/// Mean absolute to standard deviation, of a normal distribution.
const STANDARD: f64 = 1.25;

/// How effects of a series are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ruler {
    Differences,
    Ratios,
    Deviations,
}

impl Ruler {
    pub fn of(scale: Scale, is_signed: bool) -> Self {
        match scale {
            Scale::Logarithmic => Self::Differences,
            Scale::Linear if is_signed => Self::Deviations,
            Scale::Linear => Self::Ratios,
        }
    }

    /// What one unit is at the window; what effects are multiplied with to come back, near zero.
    fn unit(self, ground: &Ground) -> f64 {
        match self {
            Self::Differences => 1.0,
            Self::Ratios => ground.base.max(0.0) + offset(ground),
            Self::Deviations => ground.deviation,
        }
    }

    /// How far `y` is from what is expected.
    pub fn distance(self, ground: &Ground, y: f64) -> f64 {
        match self {
            Self::Differences => y - ground.base,
            Self::Ratios => {
                let ratio = (y.max(0.0) + offset(ground)) / self.unit(ground);
                libm::log(ratio).clamp(-LARGEST_RATIO, LARGEST_RATIO)
            }
            Self::Deviations => (y - ground.base) / ground.deviation,
        }
    }

    /// The standard deviation of the series.
    pub fn deviation(self, ground: &Ground) -> f64 {
        match self {
            Self::Differences => STANDARD * ground.deviation,
            Self::Ratios => (STANDARD * ground.deviation / self.unit(ground)).clamp(DEVIATIONS.0, DEVIATIONS.1),
            Self::Deviations => STANDARD,
        }
    }

    /// Most variance of an effect of which nothing is known: with ratios a factor of `e` is one standard deviation.
    pub fn broadest(self) -> f64 {
        match self {
            Self::Differences | Self::Ratios => 1.0,
            Self::Deviations => f64::INFINITY,
        }
    }

    /// An effect with its variance on the scale of the series.
    pub fn back(self, ground: &Ground, (effect, variance): (f64, f64)) -> (f64, f64) {
        let unit = self.unit(ground);
        match self {
            Self::Differences => (effect, variance),
            Self::Ratios => {
                let factor = libm::exp(effect.clamp(-LARGEST_RATIO, LARGEST_RATIO));
                (unit * (factor - 1.0), variance * (unit * factor) * (unit * factor))
            }
            Self::Deviations => (unit * effect, unit * unit * variance),
        }
    }
}

impl Ground {
    /// Whether there is something to measure against.
    pub(super) fn is_firm(&self) -> bool {
        let all = [self.base, self.level, self.deviation].into_iter().all(f64::is_finite);
        all && self.deviation > 0.0
    }
}

fn offset(ground: &Ground) -> f64 {
    SHARE_OF_LEVEL * ground.level.abs().max(ground.deviation)
}
