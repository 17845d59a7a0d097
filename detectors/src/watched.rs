//! How long and how closely a series was watched: short windows may lie far apart, so that time is taken from their starts.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

use crate::window::Closed;

/// A gap counts for at most this long.
const LONGEST_MS: i64 = 86_400_000;

/// Time and windows that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    newest: Option<Timestamp>,
    ms: f64,
    windows: f64,
}

impl Watched {
    /// Takes note of a window.
    pub fn step(&mut self, window: &Closed) {
        let elapsed = self.newest.map_or(window.width_ms, |newest| window.start - newest);
        self.ms += elapsed.clamp(0, LONGEST_MS) as f64;
        self.windows += 1.0;
        self.newest = self.newest.max(Some(window.start));
    }

    /// Milliseconds that were watched.
    #[must_use]
    pub fn ms(&self) -> f64 {
        self.ms
    }

    /// Windows that were seen.
    #[must_use]
    pub fn windows(&self) -> f64 {
        self.windows
    }

    /// Seconds from one window to the next, on average.
    #[must_use]
    pub fn spacing_s(&self) -> f64 {
        self.ms / self.windows.max(1.0) / 1_000.0
    }

    /// Makes everything watched count half.
    pub fn halve(&mut self) {
        (self.ms, self.windows) = (self.ms * 0.5, self.windows * 0.5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_what_lies_between_windows() {
        let mut watched = Watched::default();
        for turn in 0..10 {
            let start = Timestamp(turn * 300_000);
            watched.step(&Closed { start, width_ms: 10_000, value: 1.0, weight: None });
        }
        assert_eq!((watched.ms(), watched.windows()), (2_710_000.0, 10.0));
        let start = Timestamp(100 * LONGEST_MS);
        watched.step(&Closed { start, width_ms: 10_000, value: 1.0, weight: None });
        assert_eq!(watched.ms(), 2_710_000.0 + LONGEST_MS as f64, "a gap is no history");
    }
}
