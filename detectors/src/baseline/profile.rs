//! What is usual at each half-hour of a working day and of a day of rest, and how each hour of the week differs from that.

use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;

use super::pace::{HALF_HOURS, HOURS, Slot};
use super::quantised::Quantised;

/// Weight of one day in a half-hour, once it is settled.
const DAY_GAIN: f32 = 0.07;
/// Weight of one week in an hour of the week, once it is settled.
const WEEK_GAIN: f32 = 0.1;
/// Windows at which a half-hour's own scale is trusted as much as that of the series.
const SCALE_HALF: f32 = 4.0;
/// Square of the days at which a kind of day is believed as much as the other kind.
const KIND_HALF: f32 = 1.5;
/// What steps are cut at, in the spreads that numbers are stored by.
const SPREADS: f32 = 12.0;
/// Weeks at which an hour of the week is believed by one half.
const WEEK_HALF: f32 = 2.0;

/// Half-hours of a working day and of a day of rest.
const KINDS: usize = 2 * HALF_HOURS;

/// Levels and scales of the half-hours of working days and of days of rest, and differences of the hours of a week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    levels: Quantised<KINDS>,
    scales: Quantised<KINDS>,
    #[serde(with = "BigArray")]
    days: [u8; KINDS],
    hours: Quantised<HOURS>,
    #[serde(with = "BigArray")]
    weeks: [u8; HOURS],
    half_hour: Open,
    hour: Open,
}

/// A stretch of time that is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Open {
    index: u8,
    sum: f32,
    distances: f32,
    weight: f32,
}

/// What the profile says of a slot, as differences from the level of the series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usual {
    /// Difference of the half-hour of the day.
    pub day: f32,
    /// Further difference of the hour of the week, as far as it is believed.
    pub week: f32,
    /// Mean distance of this half-hour's windows from what was expected of them; absent while there were none.
    pub scale: f32,
    /// How far `scale` is believed, 0 to 1.
    pub trust: f32,
}

/// A window to learn, against what was expected.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// Value less the level of the series.
    pub from_level: f32,
    /// Distance from the seasonal forecast, cut.
    pub distance: f32,
    /// Steps are cut at this.
    pub most: f32,
    /// What gains are multiplied by, 0 to 1.
    pub trust: f32,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            levels: Quantised::default(),
            scales: Quantised::default(),
            days: [0; KINDS],
            hours: Quantised::default(),
            weeks: [0; HOURS],
            half_hour: Open::default(),
            hour: Open::default(),
        }
    }
}

fn at<T: Copy + Default>(values: &[T], index: usize) -> T {
    values.get(index).copied().unwrap_or_default()
}

impl Profile {
    /// What is usual in `slot` of a series of `a_day` windows a day.
    pub fn usual(&self, slot: Slot, a_day: f32) -> Usual {
        let windows = (a_day / HALF_HOURS as f32).max(1.0);
        let seen = windows * f32::from(at(&self.days, slot.half_hour));
        let weeks = f32::from(at(&self.weeks, slot.hour));
        Usual {
            day: self.level(slot.half_hour),
            week: self.hours.get(slot.hour).unwrap_or(0.0) * weeks / (weeks + WEEK_HALF),
            scale: self.scales.get(slot.half_hour).unwrap_or(0.0),
            trust: seen / (seen + SCALE_HALF),
        }
    }

    /// The level of a half-hour: a kind of day that was seen on few days is drawn towards the other kind.
    fn level(&self, index: usize) -> f32 {
        let other = if index < HALF_HOURS { index + HALF_HOURS } else { index - HALF_HOURS };
        let level = self.levels.get(index).unwrap_or(0.0);
        if at(&self.days, other) == 0 {
            return level;
        }
        let days = f32::from(at(&self.days, index));
        let own = days * days / (days * days + KIND_HALF);
        level + (1.0 - own) * (self.levels.get(other).unwrap_or(0.0) - level)
    }

    /// What a half-hour adds to the level, of a working day below [`HALF_HOURS`], of a day of rest above; `None` where
    /// nothing was seen.
    pub fn half_hour(&self, index: usize) -> Option<f32> {
        self.levels.get(index).filter(|_| at(&self.days, index) > 0)
    }

    /// What an hour of the week adds to that; `None` where no week was seen.
    pub fn hour_of_week(&self, index: usize) -> Option<f32> {
        self.hours.get(index).filter(|_| at(&self.weeks, index) > 0)
    }

    /// Learns a window.
    pub fn learn(&mut self, slot: Slot, lesson: Lesson) {
        let Lesson { from_level, distance, most, trust } = lesson;
        let half_hour = u8::try_from(slot.half_hour).unwrap_or(0);
        if half_hour != self.half_hour.index {
            self.settle_half_hour(most, trust);
            self.half_hour = Open { index: half_hour, ..Open::default() };
        }
        let from_day = from_level - self.levels.get(slot.half_hour).unwrap_or(0.0);
        self.half_hour.add(from_day.clamp(-2.0 * most, 2.0 * most), distance);
        let hour = u8::try_from(slot.hour).unwrap_or(0);
        if hour != self.hour.index {
            self.settle_hour(most, trust);
            self.hour = Open { index: hour, ..Open::default() };
        }
        self.hour.add(from_day.clamp(-most, most), 0.0);
    }

    fn settle_half_hour(&mut self, most: f32, trust: f32) {
        let Open { index, sum, distances, weight } = self.half_hour;
        let index = usize::from(index);
        let Some(days) = self.days.get_mut(index).filter(|_| weight > 0.0) else { return };
        *days = days.saturating_add(1);
        let gain = trust * (1.0 / f32::from(*days)).max(DAY_GAIN);
        let caution = weight / (weight + 1.0);
        let level = self.levels.get(index).unwrap_or(0.0);
        self.levels.set(index, level + gain * caution * sum / weight, most / SPREADS);
        let scale = self.scales.get(index).unwrap_or(0.0);
        self.scales.set(index, scale + gain * (distances / weight - scale), most / SPREADS);
    }

    fn settle_hour(&mut self, most: f32, trust: f32) {
        let Open { index, sum, weight, .. } = self.hour;
        let index = usize::from(index);
        let Some(weeks) = self.weeks.get_mut(index).filter(|_| weight > 0.0) else { return };
        *weeks = weeks.saturating_add(1);
        let gain = trust * (1.0 / f32::from(*weeks)).max(WEEK_GAIN);
        let old = self.hours.get(index).unwrap_or(0.0);
        self.hours.set(index, old + gain * (sum / weight - old), most / SPREADS);
    }
}

impl Open {
    fn add(&mut self, from_day: f32, distance: f32) {
        self.sum += from_day;
        self.distances += distance;
        self.weight += 1.0;
    }
}
