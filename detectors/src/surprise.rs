//! How surprising a deviation is, and how much surprise adds up to a finding.
//!
//! A deviation of `z` scales is held against Student's t with four degrees of freedom, whose tails are about as heavy as
//! those of latencies and counts. Surprise is `-ln P(|T| > z)` in nats: under the model it is exponential with mean 1.
//! Surprises are added up by Page's cumulative sum with an allowance, so that one odd window is forgotten and a
//! lasting one is not (E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954).

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Surprise that is taken off each window: three times what an ordinary window brings.
pub const ALLOWANCE: f64 = 3.0;
/// Most surprise that one window may bring, so that no single window is a finding.
pub const MOST_PER_WINDOW: f64 = 9.0;
/// How far past the threshold the sum may grow, in allowances: how many quiet windows end a finding.
const OVERSHOOT: f64 = 4.0;
/// Solution `x` of `1 / (1 - x) = exp(3 x)`: the sum of exponential surprises less 3 exceeds `h` at the rate `exp(-x h)`.
const DECAY: f64 = 0.940_479_8;
const MONTH_MS: f64 = 30.0 * 86_400_000.0;
const FREEDOM: f64 = 4.0;

/// Surprise in nats of a deviation of `z` scales to one side; 0 for `z <= 0` and for NaN.
#[must_use]
pub fn surprise(z: f64) -> f64 {
    if z.is_nan() || z <= 0.0 {
        return 0.0;
    }
    if z.is_infinite() {
        return f64::MAX;
    }
    // Closed form of the upper tail for four degrees of freedom, without the cancellation of 1 - cdf.
    let below = z / libm::sqrt(z * z + FREEDOM);
    let gap = FREEDOM / (z * z + FREEDOM) / (1.0 + below);
    -libm::log(gap * gap * (2.0 + below) / 2.0)
}

/// The deviation, in scales, that a share `p` of ordinary windows exceeds on one of the two sides.
#[must_use]
pub fn deviation_exceeded_by(p: f64) -> f64 {
    StudentsT::new(0.0, 1.0, FREEDOM).map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - p / 2.0))
}

/// The sum of surprises at which a series of windows `width_ms` apart gives `false_alarms` findings a month by chance.
#[must_use]
pub fn threshold(width_ms: i64, false_alarms: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a width of a window is far below 2^53 milliseconds")]
    let windows = MONTH_MS / width_ms.max(1) as f64;
    let room = libm::log(windows / false_alarms.max(1e-6)) / DECAY;
    room.max(MOST_PER_WINDOW - ALLOWANCE + 1.0)
}

/// The sum of surprises at which findings by chance are `factor` times as many as at `threshold`.
#[must_use]
pub fn rarer(threshold: f64, factor: f64) -> f64 {
    threshold - libm::log(factor.clamp(1e-6, 1.0)) / DECAY
}

/// The cumulative sum after one more window.
#[must_use]
pub fn accumulate(sum: f64, surprise: f64, threshold: f64) -> f64 {
    let most = threshold + OVERSHOOT * ALLOWANCE;
    (sum + surprise.min(MOST_PER_WINDOW) - ALLOWANCE).clamp(0.0, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_is_the_distribution() {
        let t = StudentsT::new(0.0, 1.0, FREEDOM).unwrap();
        for z in [0.01, 0.5, 1.0, 2.5, 7.0, 20.0] {
            let expected = -(2.0 * t.sf(z)).ln();
            assert!((surprise(z) - expected).abs() < 1e-6 * expected.max(1.0), "{z}: {} {expected}", surprise(z));
        }
    }

    #[test]
    fn what_is_no_number_is_no_surprise() {
        assert_eq!(surprise(f64::NAN).to_bits(), 0.0_f64.to_bits());
        assert!(surprise(f64::INFINITY) > 700.0);
    }

    #[test]
    fn the_decay_solves_its_equation() {
        assert!((1.0 / (1.0 - DECAY) - (ALLOWANCE * DECAY).exp()).abs() < 1e-4);
    }

    #[test]
    fn one_window_is_never_enough_and_three_always_are() {
        for width in [1_000, 10_000, 3_600_000] {
            let limit = threshold(width, 1.0);
            assert!(accumulate(0.0, f64::MAX, limit) < limit, "{width}");
            let three = (0..3).fold(0.0, |sum, _| accumulate(sum, f64::MAX, limit));
            assert!(three > limit, "{width}: {three} {limit}");
        }
    }

    #[test]
    fn more_patience_means_a_higher_threshold() {
        assert!(threshold(10_000, 0.1) > threshold(10_000, 1.0));
        assert!(threshold(10_000, 1.0) > threshold(60_000, 1.0));
    }
}
