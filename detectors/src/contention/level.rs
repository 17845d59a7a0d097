//! What is usual of a number that is seen once a step: a location and a scale that follow it by clipped steps.

use serde::{Deserialize, Serialize};

/// Values after which what is usual counts as known.
pub const KNOWN_AFTER: u32 = 20;
/// Weight of one value once many were seen: six hours of steps of ten seconds count about evenly with what was before.
const LEAST_GAIN: f64 = 1.0 / 720.0;
/// Distances beyond this many scales count as this many.
const MOST_STEP: f64 = 3.0;
/// A normal distribution's standard deviation over its mean absolute one.
const TO_DEVIATION: f64 = 1.2533;

/// Location and scale of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Level {
    location: f32,
    error: f32,
    count: u32,
}

impl Level {
    /// A level that has been at `location` all the time.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    pub fn settled(location: f64) -> Self {
        Self { location: location as f32, error: 0.0, count: KNOWN_AFTER }
    }

    /// Whether enough was seen to compare with.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.count >= KNOWN_AFTER
    }

    /// Values behind it.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// What is usual.
    #[must_use]
    pub fn location(&self) -> f64 {
        f64::from(self.location)
    }

    /// The usual distance from it, as a standard deviation, at least `least`.
    #[must_use]
    pub fn scale(&self, least: f64) -> f64 {
        (TO_DEVIATION * f64::from(self.error)).max(least)
    }

    /// Follows `value`, of which `expected` was expected, with `trust` from 0 to 1. What is not finite is ignored.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    pub fn learn(&mut self, value: f64, expected: f64, (trust, least): (f64, f64)) {
        if !value.is_finite() || !expected.is_finite() {
            return;
        }
        if self.count == 0 {
            (self.location, self.count) = (value as f32, 1);
            return;
        }
        let gain = trust * (1.0 / f64::from(self.count + 1)).max(LEAST_GAIN);
        // While the scale is not known yet, nothing is cut.
        let most = if self.count < KNOWN_AFTER / 2 { f64::INFINITY } else { MOST_STEP * self.scale(least) };
        let step = (value - self.location()).clamp(-most, most);
        let error = (value - expected).abs().min(most);
        self.location = (self.location() + gain * step) as f32;
        self.error += (gain * (error - f64::from(self.error))) as f32;
        self.count = self.count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wild_value_moves_a_known_level_little() {
        let mut level = Level::default();
        for step in 0..100 {
            let value = if step % 2 == 0 { 1.0 } else { 3.0 };
            level.learn(value, level.location(), (1.0, 0.1));
        }
        assert!(level.is_known());
        assert!((level.location() - 2.0).abs() < 0.2 && (level.scale(0.1) - 1.25).abs() < 0.3, "{level:?}");
        let before = level;
        level.learn(1e9, 2.0, (1.0, 0.1));
        assert!(level.location() - before.location() < 0.1, "{level:?}");
        level.learn(f64::NAN, 2.0, (1.0, 0.1));
        assert!(level.location().is_finite() && level.scale(0.1).is_finite());
    }
}
