//! How closely the windows of a series follow each other, and which half-hour and hour of the week a window is in.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

use crate::calendar::Day;

/// Half-hours of a day.
pub const HALF_HOURS: usize = 48;
/// Hours of a week.
pub const HOURS: usize = 168;
const DAY_S: f32 = 86_400.0;
/// Most windows of a day that gains are made for: shorter windows are averaged before they get here.
const MOST_A_DAY: f32 = 1_440.0;
const MONTH_MS: f32 = 2.592e9;
/// Longest gap that counts as watched time, in months.
const MOST_WATCHED: f32 = 0.05;

/// The usual gap between windows, and how many there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    last: Timestamp,
    gap_s: f32,
    seen: u32,
}

/// Where in the week of its tenant a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Half-hour of a working day, below [`HALF_HOURS`], or of a day of rest, from there to twice of it.
    pub half_hour: usize,
    /// Hour of the week from Monday, below [`HOURS`].
    pub hour: usize,
    /// Seconds of civil time since 1970.
    pub civil_s: i64,
}

impl Slot {
    /// The slot of a window that starts at `start`, on `day`.
    pub fn of(day: &Day, start: Timestamp) -> Self {
        let second = day.time_of_day(start) / 1_000;
        let index = |length: i64| usize::try_from(second / length).unwrap_or(0);
        let of_day = index(1_800).min(HALF_HOURS - 1);
        let half_hour = if day.is_rest { of_day + HALF_HOURS } else { of_day };
        let hour = (usize::from(day.weekday) * 24 + index(3_600)).min(HOURS - 1);
        Self { half_hour, hour, civil_s: i64::from(day.number) * 86_400 + second }
    }
}

impl Pace {
    /// Takes note of a window. Returns how much time was watched since the one before, in months.
    pub fn step(&mut self, start: Timestamp) -> f32 {
        let first = self.seen == 0;
        self.seen = self.seen.saturating_add(1);
        let gap_ms = (start - self.last).max(1) as f32;
        self.last = start;
        if first {
            return 0.0;
        }
        let gap_s = gap_ms / 1_000.0;
        if self.gap_s <= 0.0 {
            self.gap_s = gap_s;
        } else {
            let gain = (1.0 / self.seen()).max(0.01);
            self.gap_s *= 1.0 + gain * libm::logf(gap_s / self.gap_s).clamp(-1.0, 1.0);
        }
        (gap_ms / MONTH_MS).min(MOST_WATCHED)
    }

    /// Windows seen.
    pub fn seen(&self) -> f32 {
        self.seen as f32
    }

    /// Windows seen, as a count.
    pub fn count(&self) -> u32 {
        self.seen
    }

    /// When the next window is expected to start.
    pub fn next_start(&self) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "a gap in milliseconds is far below 2^63")]
        let gap_ms = (f64::from(self.gap_s) * 1_000.0) as i64;
        self.last + gap_ms
    }

    /// The usual gap in seconds.
    pub fn gap_s(&self) -> f32 {
        self.gap_s
    }

    /// Windows of a day at this pace.
    pub fn a_day(&self) -> f32 {
        (DAY_S / self.gap_s.max(1.0)).clamp(1.0, MOST_A_DAY)
    }
}
