//! How large events are, by ratio: a location and a scale of logarithms that follow in cut steps.

use serde::{Deserialize, Serialize};

use crate::surprise;

/// Differences under a tenth are never news.
const LEAST_SCALE: f64 = 0.1;
/// Mean absolute deviation of a normal distribution times this is its standard deviation.
const TO_DEVIATION: f64 = 1.253_314;
/// Errors and steps are cut at this many scales.
const MOST: f64 = 6.0;
/// Events taken in whole before cutting starts.
const UNCUT: u16 = 8;
/// Events after which the latest counts as much as any before.
const MEMORY: u16 = 200;
/// Scales to either side that are usual.
const BAND: f64 = 3.0;

/// Logarithms of sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sizes {
    location: f32,
    error: f32,
    events: u16,
}

/// How a size compares; logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compared {
    /// In nats.
    pub surprise: f64,
    pub is_large: bool,
    pub usual: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Sizes {
    /// Compares the logarithm of a size with those before, then learns it.
    pub fn step(&mut self, log: f64) -> Compared {
        let scale = (TO_DEVIATION * f64::from(self.error)).max(LEAST_SCALE);
        let usual = f64::from(self.location);
        let off = log - usual;
        let surprise = if self.events < UNCUT { 0.0 } else { surprise::surprise(off.abs() / scale) };
        self.learn(off, if self.events < UNCUT { f64::INFINITY } else { MOST * scale });
        let (lower, upper) = (usual - BAND * scale, usual + BAND * scale);
        Compared { surprise, is_large: off > 0.0, usual, lower, upper }
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a logarithm are plenty")]
    fn learn(&mut self, off: f64, most: f64) {
        self.events = self.events.saturating_add(1);
        let gain = 1.0 / f64::from(self.events.min(MEMORY));
        let cut = off.clamp(-most, most);
        if self.events > 1 {
            self.error += (gain * (cut.abs() - f64::from(self.error))) as f32;
        }
        self.location += (gain * cut) as f32;
    }
}
