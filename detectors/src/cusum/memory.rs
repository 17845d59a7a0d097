//! What is remembered of a series: its recent level, how it does beside what a season expects, and how surprising the
//! series usually is.
//!
//! The recent level stands still while a finding lasts. What a season expects is the baseline's to know.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::Season;

use super::level::{Forecast, Level, Step, TO_DEVIATION};
use crate::baseline::Expected;

/// Weight of one window in the recent level.
const RECENT_GAIN: f64 = 0.02;
/// Weight of one window in the usual surprise.
const SURPRISE_GAIN: f64 = 0.01;
/// Surprise above this does not count as usual.
const MOST_USUAL: f64 = 6.0;
/// Errors are cut at this many scales before the two forecasts are compared.
const MOST_ERROR: f64 = 6.0;

/// Time over which the two forecasts are compared.
const CONTEST_MS: f64 = 3.0 * 86_400_000.0;

/// Memory of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    recent: Level,
    contest: Contest,
    surprise: f64,
    windows: u32,
}

/// Mean absolute errors of the two forecasts over some days, by which they compete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Contest {
    recent: f64,
    season: f64,
    windows: u32,
}

impl Default for Memory {
    fn default() -> Self {
        let (recent, contest) = (Level::default(), Contest::default());
        Self { recent, contest, surprise: 1.0, windows: 0 }
    }
}

impl Memory {
    pub fn windows(&self) -> u32 {
        self.windows
    }

    /// What ordinary windows bring in surprise, at least the 1 nat of the model: heavier tails raise it.
    pub fn usual_surprise(&self) -> f64 {
        self.surprise.max(1.0)
    }

    pub fn calibrate(&mut self, surprise: f64) {
        self.surprise += SURPRISE_GAIN * (surprise.min(MOST_USUAL) - self.surprise);
    }

    /// What a window is expected to be, where a season expects `usual`; `None` before the first value.
    pub fn forecast(&self, usual: Option<Expected>, least: f64) -> Option<Forecast> {
        if self.recent.is_empty() {
            return None;
        }
        let scale = self.recent.scale(least);
        let believed = self.contest.windows > 0 && self.contest.season < self.contest.recent;
        if let Some(usual) = usual.filter(|_| believed) {
            let scale = scale.max(TO_DEVIATION * usual.scale);
            return Some(Forecast { location: usual.location, scale, season: usual.season });
        }
        Some(Forecast { location: self.recent.location(), scale, season: Season::Recent })
    }

    /// Learns a window that was judged ordinary, against what was expected of it.
    pub fn learn(&mut self, value: f64, learning: Learning) {
        self.watch(value, learning);
        let expected = self.forecast(learning.usual, learning.least).map_or(value, |forecast| forecast.location);
        self.recent.learn(value, expected, Step { gain: RECENT_GAIN, trust: learning.trust, least: learning.least });
        self.windows = self.windows.saturating_add(1);
    }

    /// Lets the contest see a window, ordinary or not.
    pub fn watch(&mut self, value: f64, learning: Learning) {
        let Some(usual) = learning.usual else { return };
        let most = MOST_ERROR * self.recent.scale(learning.least);
        let errors = ((value - self.recent.location()).abs().min(most), (value - usual.location).abs().min(most));
        self.contest.add(errors, learning.width_ms);
    }

    /// Makes the level of now the normal one.
    pub fn start_over(&mut self) {
        *self = Self { windows: self.windows.min(super::WARM_UP / 2), ..Self::default() };
    }
}

/// What a window is learned with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Learning {
    /// The least scale that is believed.
    pub least: f64,
    /// Width of the window.
    pub width_ms: i64,
    /// What a season expects of it.
    pub usual: Option<Expected>,
    /// How far the window is believed to be ordinary, 0 to 1.
    pub trust: f64,
}

impl Contest {
    fn add(&mut self, (recent, season): (f64, f64), width_ms: i64) {
        self.windows = self.windows.saturating_add(1);
        #[expect(clippy::cast_precision_loss, reason = "a width of a window is far below 2^53 milliseconds")]
        let gain = (width_ms as f64 / CONTEST_MS).max(1.0 / f64::from(self.windows));
        self.recent += gain * (recent - self.recent);
        self.season += gain * (season - self.season);
    }
}
