//! How far windows usually are from what was expected of them.

use serde::{Deserialize, Serialize};

use super::profile::Usual;

/// Windows over which the scale of steps is kept.
const STEP_MEMORY: f32 = 300.0;
/// Windows over which the scale of seasonal distances is kept.
const SEASON_MEMORY: f32 = 500.0;
/// Windows that are taken in whole: the scale is not known yet.
const UNCUT: f32 = 50.0;
/// Distances are cut at this many scales before they are learned.
const MOST: f32 = 6.0;
/// A half-hour's own scale is at least this share of that of the series.
const LEAST_SHARE: f32 = 0.3;

/// Mean absolute distances of one series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scales {
    step: f32,
    season: f32,
}

/// The scales that hold for one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Of the distance from what comes next.
    pub step: f32,
    /// Of the distance from what is usual at this time.
    pub season: f32,
    /// Of seasonal distances whatever the time.
    pub overall: f32,
    /// The least distance that numbers of this size can tell.
    pub least: f32,
}

impl Scales {
    /// The scales of a window in a slot of which the profile says `usual`.
    pub fn of(&self, usual: Usual, least: f32) -> Scale {
        let own = usual.trust * usual.scale + (1.0 - usual.trust) * self.season;
        let season = own.max(LEAST_SHARE * self.season) + least;
        let step = self.step * (season / (self.season + least)).max(LEAST_SHARE) + least;
        Scale { step, season, overall: self.season + least, least }
    }

    /// Learns the distances of a window from what comes next and from what is usual.
    pub fn learn(&mut self, (step, season): (f32, f32), seen: f32, least: f32) {
        let cut = |distance: f32, scale: f32| if seen < UNCUT { distance } else { distance.min(MOST * scale + least) };
        self.step += (cut(step, self.step) - self.step) / seen.min(STEP_MEMORY);
        self.season += (cut(season, self.season) - self.season) / seen.min(SEASON_MEMORY);
    }
}
