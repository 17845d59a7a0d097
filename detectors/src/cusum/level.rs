//! A robust location and scale that follow a series: clipped steps, so that no single value moves them far.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::Season;

/// Expected value and scale of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Forecast {
    /// Expected value.
    pub location: f64,
    /// Scale of the deviations, comparable to a standard deviation.
    pub scale: f64,
    /// Who said so.
    pub season: Season,
}

/// Mean absolute deviation of a normal distribution times this is its standard deviation.
pub(super) const TO_DEVIATION: f64 = 1.253_314;
/// Steps of the location are cut at this many scales.
const MOST_STEP: f64 = 3.0;
/// Errors are cut at this many scales before they enter the scale.
const MOST_ERROR: f64 = 6.0;
/// Values taken in whole before cutting starts: the scale is not known yet.
const UNCUT: u32 = 8;

/// Location, scale, and how well the location has done lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Level {
    location: f64,
    error: f64,
    count: u32,
}

impl Level {
    pub fn location(&self) -> f64 {
        self.location
    }

    pub fn scale(&self, least: f64) -> f64 {
        (TO_DEVIATION * self.error).max(least)
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Follows `value` where `forecast` was expected; `gain` is the weight of one value once the level is settled.
    pub fn learn(&mut self, value: f64, forecast: f64, step: Step) {
        if self.count == 0 {
            (self.location, self.count) = (value, 1);
            return;
        }
        let gain = step.trust * step.gain.max(1.0 / f64::from(self.count + 1));
        let scale = if self.count < UNCUT { f64::INFINITY } else { self.scale(step.least) };
        let residual = value - self.location;
        self.location += gain * residual.clamp(-MOST_STEP * scale, MOST_STEP * scale);
        let error = (value - forecast).abs().min(MOST_ERROR * scale);
        self.error += gain * (error - self.error);
        self.count = self.count.saturating_add(1);
    }
}

/// How fast to learn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Weight of one value once settled.
    pub gain: f64,
    /// What the weight is multiplied by, 0 to 1.
    pub trust: f64,
    /// The least scale that is believed.
    pub least: f64,
}
