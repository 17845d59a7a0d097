//! The usual level and spread of each half-hour of the day (UTC).

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

const DAY_MS: i64 = 86_400_000;
const SLOT_MS: i64 = 1_800_000;
const SLOTS: usize = 48;
/// Weight of one day.
const GAIN: f64 = 0.15;
/// Days that must have been seen before a half-hour is believed.
const ENOUGH_DAYS: u16 = 2;
/// Mean absolute deviation of a normal distribution times this is its standard deviation.
const TO_DEVIATION: f64 = 1.253_314;

/// The half-hours of a day; empty until the first value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Day {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    level: f32,
    error: f32,
    days: u16,
    date: i32,
    sum: f64,
    error_sum: f64,
    count: u32,
}

impl Day {
    /// Usual level and spread at this time of day, once enough days have been seen.
    pub fn expected(&self, start: Timestamp) -> Option<(f64, f64)> {
        let slot = self.slots.get(slot_of(start)).filter(|slot| slot.days >= ENOUGH_DAYS)?;
        Some((f64::from(slot.level), TO_DEVIATION * f64::from(slot.error)))
    }

    /// Adds a window; once the half-hour is believed, values further than `most` from its level are cut.
    pub fn learn(&mut self, start: Timestamp, value: f64, most: f64) {
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); SLOTS];
        }
        let date = i32::try_from(start.0.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
        if let Some(slot) = self.slots.get_mut(slot_of(start)) {
            slot.learn(date, value, most);
        }
    }
}

impl Slot {
    fn learn(&mut self, date: i32, value: f64, most: f64) {
        if date != self.date && self.count > 0 {
            self.fold();
        }
        self.date = date;
        let level = f64::from(self.level);
        let near = if self.days >= ENOUGH_DAYS { value.clamp(level - most, level + most) } else { value };
        self.sum += near;
        let centre = if self.days == 0 { self.sum / f64::from(self.count + 1) } else { level };
        self.error_sum += (near - centre).abs();
        self.count = self.count.saturating_add(1);
    }

    /// Makes the day that ended part of what is usual.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a usual level are plenty")]
    fn fold(&mut self) {
        let count = f64::from(self.count);
        self.days = self.days.saturating_add(1);
        let gain = GAIN.max(1.0 / f64::from(self.days));
        self.level = (f64::from(self.level) + gain * (self.sum / count - f64::from(self.level))) as f32;
        self.error = (f64::from(self.error) + gain * (self.error_sum / count - f64::from(self.error))) as f32;
        (self.sum, self.error_sum, self.count) = (0.0, 0.0, 0);
    }
}

fn slot_of(start: Timestamp) -> usize {
    usize::try_from(start.0.rem_euclid(DAY_MS) / SLOT_MS).unwrap_or(0)
}
