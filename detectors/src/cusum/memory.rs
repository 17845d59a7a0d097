//! What is remembered of a series: its recent level, its day, and how surprising it usually is.
//!
//! The recent level stands still while a finding lasts. The day goes on learning, in cut steps and slowly: a peak that
//! comes every day is otherwise a finding every day.

mod day;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

use super::level::{Forecast, Level, Step};
use day::Day;

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
    day: Day,
    contest: Contest,
    surprise: f64,
    windows: u32,
}

/// Mean absolute errors of the two forecasts over some days, by which they compete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Contest {
    recent: f64,
    day: f64,
    windows: u32,
}

impl Default for Memory {
    fn default() -> Self {
        let (recent, day, contest) = (Level::default(), Day::default(), Contest::default());
        Self { recent, day, contest, surprise: 1.0, windows: 0 }
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

    /// What the window at `start` is expected to be; `None` before the first value.
    pub fn forecast(&self, start: Timestamp, least: f64) -> Option<Forecast> {
        if self.recent.is_empty() {
            return None;
        }
        let scale = self.recent.scale(least);
        let believed = self.contest.windows > 0 && self.contest.day < self.contest.recent;
        if let Some((location, deviation)) = self.day.expected(start).filter(|_| believed) {
            return Some(Forecast { location, scale: scale.max(deviation), daily: true });
        }
        Some(Forecast { location: self.recent.location(), scale, daily: false })
    }

    /// Learns a window that was judged ordinary, against what was expected of it.
    pub fn learn(&mut self, start: Timestamp, value: f64, learning: Learning) {
        self.watch(start, value, learning);
        let expected = self.forecast(start, learning.least).map_or(value, |forecast| forecast.location);
        self.recent.learn(value, expected, Step { gain: RECENT_GAIN, trust: learning.trust, least: learning.least });
        self.windows = self.windows.saturating_add(1);
    }

    /// Lets the day and the contest see a window, ordinary or not.
    pub fn watch(&mut self, start: Timestamp, value: f64, learning: Learning) {
        let scale = self.recent.scale(learning.least);
        if let Some((expected, _)) = self.day.expected(start) {
            let most = MOST_ERROR * scale;
            let errors = ((value - self.recent.location()).abs().min(most), (value - expected).abs().min(most));
            self.contest.add(errors, learning.width_ms);
        }
        self.day.learn(start, value, MOST_ERROR * scale);
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
    /// How far the window is believed to be ordinary, 0 to 1.
    pub trust: f64,
}

impl Contest {
    fn add(&mut self, (recent, day): (f64, f64), width_ms: i64) {
        self.windows = self.windows.saturating_add(1);
        #[expect(clippy::cast_precision_loss, reason = "a width of a window is far below 2^53 milliseconds")]
        let gain = (width_ms as f64 / CONTEST_MS).max(1.0 / f64::from(self.windows));
        self.recent += gain * (recent - self.recent);
        self.day += gain * (day - self.day);
    }
}
