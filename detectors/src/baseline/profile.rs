//! What is usual at each half-hour of the day, and how each hour of the week differs from that.

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
/// Weeks at which an hour of the week is believed by one half.
const WEEK_HALF: f32 = 2.0;

/// Levels and scales of the half-hours of a day, and differences of the hours of a week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(with = "BigArray")]
    level: [f32; HALF_HOURS],
    #[serde(with = "BigArray")]
    scale: [f32; HALF_HOURS],
    #[serde(with = "BigArray")]
    seen: [u8; HALF_HOURS],
    hours: Quantised<HOURS>,
    #[serde(with = "BigArray")]
    weeks: [u8; HOURS],
    hour: OpenHour,
}

/// The hour of the week that is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct OpenHour {
    hour: u8,
    sum: f32,
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
    /// Value less the level of the series and the half-hour.
    pub from_day: f32,
    /// Distance from the seasonal forecast, cut.
    pub distance: f32,
    /// Steps are cut at this.
    pub most: f32,
    /// Windows of a day.
    pub a_day: f32,
    /// What gains are multiplied by, 0 to 1.
    pub trust: f32,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            level: [0.0; HALF_HOURS],
            scale: [0.0; HALF_HOURS],
            seen: [0; HALF_HOURS],
            hours: Quantised::default(),
            weeks: [0; HOURS],
            hour: OpenHour::default(),
        }
    }
}

fn at<T: Copy + Default>(values: &[T], index: usize) -> T {
    values.get(index).copied().unwrap_or_default()
}

impl Profile {
    /// What is usual in `slot`.
    pub fn usual(&self, slot: Slot) -> Usual {
        let seen = f32::from(at(&self.seen, slot.half_hour));
        let weeks = f32::from(at(&self.weeks, slot.hour));
        Usual {
            day: at(&self.level, slot.half_hour),
            week: self.hours.get(slot.hour).unwrap_or(0.0) * weeks / (weeks + WEEK_HALF),
            scale: at(&self.scale, slot.half_hour),
            trust: seen / (seen + SCALE_HALF),
        }
    }

    /// What a half-hour of the day adds to the level; `None` where nothing was seen.
    pub fn half_hour(&self, index: usize) -> Option<f32> {
        (at(&self.seen, index) > 0).then(|| at(&self.level, index))
    }

    /// What an hour of the week adds to that; `None` where no week was seen.
    pub fn hour_of_week(&self, index: usize) -> Option<f32> {
        self.hours.get(index).filter(|_| at(&self.weeks, index) > 0)
    }

    /// Learns a window.
    pub fn learn(&mut self, slot: Slot, lesson: Lesson) {
        let Lesson { from_day, distance, most, a_day, trust } = lesson;
        let windows = (a_day / HALF_HOURS as f32).max(1.0);
        let (Some(level), Some(scale), Some(seen)) =
            (self.level.get_mut(slot.half_hour), self.scale.get_mut(slot.half_hour), self.seen.get_mut(slot.half_hour))
        else {
            return;
        };
        *seen = seen.saturating_add(1);
        let count = f32::from(*seen);
        let settled = DAY_GAIN / windows;
        *level += trust * (1.0 / (count + 1.0)).max(settled) * from_day.clamp(-2.0 * most, 2.0 * most);
        *scale += trust * (1.0 / count).max(settled) * (distance - *scale);
        let rest = from_day.clamp(-most, most);
        self.learn_week(slot, rest, trust, most);
    }

    /// Adds to the hour of the week; the hour before is settled when it is over.
    fn learn_week(&mut self, slot: Slot, rest: f32, trust: f32, most: f32) {
        let hour = u8::try_from(slot.hour).unwrap_or(0);
        if hour != self.hour.hour {
            self.settle_hour(most);
            self.hour = OpenHour { hour, ..OpenHour::default() };
        }
        self.hour.sum += trust * rest;
        self.hour.weight += 1.0;
    }

    fn settle_hour(&mut self, most: f32) {
        let OpenHour { hour, sum, weight } = self.hour;
        let hour = usize::from(hour);
        let Some(weeks) = self.weeks.get_mut(hour).filter(|_| weight > 0.0) else { return };
        *weeks = weeks.saturating_add(1);
        let gain = (1.0 / f32::from(*weeks)).max(WEEK_GAIN);
        let old = self.hours.get(hour).unwrap_or(0.0);
        self.hours.set(hour, old + gain * (sum / weight - old), 0.25 * most / 3.0);
    }
}
