//! How far windows usually are from what was expected of them.

use serde::{Deserialize, Serialize};

use super::pace::Pace;
use super::profile::Usual;

/// Windows over which the scale of seasonal distances is kept.
const SEASON_MEMORY: f32 = 500.0;
/// Windows that are taken in whole: the scale is not known yet.
const UNCUT: f32 = 50.0;
/// Distances are cut at this many scales before they are learned.
const MOST: f32 = 6.0;
/// Share of the largest distance lately that is no difference: what is left of a great leap is not the next one.
const GRAIN: f32 = 1e-4;
/// Share of the largest distance that is forgotten in a day.
const FORGOTTEN: f32 = 0.1;
/// How many times the largest distance grows at most with one window: a wild value is no measure of others.
const MOST_GROWTH: f32 = 10.0;
/// A half-hour's own scale is at least this share of that of the series.
const LEAST_SHARE: f32 = 0.3;

/// Mean absolute distances of one series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scales {
    season: f32,
    /// The largest distance from the slow level lately.
    farthest: f32,
}

/// The scales that hold for one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
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
        let least = least.max(GRAIN * self.farthest);
        let own = usual.trust * usual.scale + (1.0 - usual.trust) * self.season;
        let season = own.max(LEAST_SHARE * self.season) + least;
        Scale { season, overall: self.season + least, least }
    }

    /// How far from the first value a value may lie to tell how fine numbers of its size are.
    pub fn reach(&self) -> f32 {
        if self.farthest > 0.0 { MOST_GROWTH * self.farthest } else { f32::MAX }
    }

    /// Learns the distances of a window from what is usual and from the slow level.
    pub fn learn(&mut self, (season, level): (f32, f32), pace: &Pace, least: f32) {
        let seen = pace.seen();
        let cut = if seen < UNCUT { season } else { season.min(MOST * self.season + least) };
        self.season += (cut - self.season) / seen.min(SEASON_MEMORY);
        self.farthest = (self.farthest * (1.0 - FORGOTTEN / pace.a_day())).max(level.min(self.reach()));
    }
}
