//! How much more evidence a series needs because people called what was found in it a false alarm.
//!
//! The one knob of detection is the number of false findings that are accepted of a series in a month. A false alarm divides
//! it by ten for that series, at most three times; each calm stretch of thirty days takes one such step back. A thousandth
//! of the knob is some seven nats more: what is plainly wrong is still told, and a series is never muted for good.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

/// Most steps.
const MOST: u8 = 3;
/// After how long without a false alarm one step is taken back, in milliseconds.
const STEP_MS: i64 = 30 * 86_400_000;

/// How much more evidence a series needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    steps: u8,
    raised_at: Timestamp,
}

impl Bar {
    /// Takes note of a false alarm at `now`.
    pub fn raise(&mut self, now: Timestamp) {
        *self = Self { steps: (self.height(now) + 1).min(MOST), raised_at: now };
    }

    /// How many steps it is raised by at `now`, 0 to 3.
    #[must_use]
    pub fn height(&self, now: Timestamp) -> u8 {
        let calm = (now - self.raised_at).max(0) / STEP_MS;
        self.steps.saturating_sub(u8::try_from(calm).unwrap_or(u8::MAX))
    }

    /// What the accepted false findings are multiplied by at `now`; 1 where nobody called an alarm false.
    #[must_use]
    pub fn factor(&self, now: Timestamp) -> f64 {
        match self.height(now) {
            0 => 1.0,
            1 => 0.1,
            2 => 0.01,
            _ => 0.001,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_raised_three_times_at_most_and_comes_down_by_itself() {
        let mut bar = Bar::default();
        assert_eq!(bar.height(Timestamp(0)), 0);
        for height in [1, 2, 3, 3] {
            bar.raise(Timestamp(1_000));
            assert_eq!(bar.height(Timestamp(1_000)), height);
        }
        let after = |days: i64| bar.height(Timestamp(1_000 + days * 86_400_000));
        assert_eq!([29, 30, 60, 89, 90, 4_000].map(after), [3, 2, 1, 1, 0, 0]);
        assert!(bar.factor(Timestamp(1_000)) < 0.0011);
        assert!((bar.factor(Timestamp(i64::MAX)) - 1.0).abs() < f64::EPSILON);
    }
}
