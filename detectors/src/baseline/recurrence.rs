//! Whether the last hours took the course that the same hours took on one of the days before.
//!
//! Means of civil half-hours (of longer stretches, where windows are longer) are kept for a week. Whenever one is over,
//! the latest six are held against the same six of each of the seven days before, one earlier and one later: the
//! least distance tells how unlike any recent day this is. It is a discord (E. Keogh et al., "HOT SAX", 2005) that looks
//! only to the left and only at the same time of day, and it is what sees a peak at the wrong hour and a job that
//! did not run. Clocks that change move the comparison by two half-hours for a week; a stretch without windows is no
//! evidence.

use serde::{Deserialize, Serialize};

use super::pace::Pace;
use super::quantised::Quantised;

/// Stretches that are kept: seven days of half-hours and those compared with the oldest.
const KEPT: usize = 352;
/// The same as a difference of stretches.
const KEPT_BACK: i64 = 352;
/// Stretches of a comparison.
const COMPARED: usize = 6;
/// How far back the latest of those compared may be.
const FARTHEST: i64 = 346;
/// Days that are looked back.
const DAYS: i64 = 7;
/// Lengths of a stretch in seconds; each divides a day.
const LENGTHS: [i32; 9] = [1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, 86_400];
const DAY_S: i64 = 86_400;
/// Windows after which the length is chosen.
const CHOSEN_AFTER: u32 = 3;
/// Gaps after a window within which the next one is looked for: a stretch ends with the last window that fits in it.
const NEXT: f32 = 1.05;

/// The means of the last week, by civil time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recurrence {
    /// Length of a stretch in seconds; 0 until it is chosen.
    length_s: i32,
    /// Number of the open stretch since 1970.
    open: i64,
    sum: f32,
    count: f32,
    /// Number of the first stretch that was kept.
    first: i64,
    kept: Quantised<KEPT>,
}

impl Recurrence {
    /// Takes in a window that starts at civil second `civil_s`. When that ends a stretch, says how far the last stretches
    /// are from the same ones of any day before, in units of `spread`.
    pub fn step(&mut self, civil_s: i64, value: f32, pace: &Pace, spread: f32) -> Option<f32> {
        if !self.has_length(pace) {
            return None;
        }
        let length = i64::from(self.length_s);
        let number = civil_s.div_euclid(length);
        let mut told = None;
        if number != self.open {
            told = self.end(spread);
            self.open_at(number);
        }
        self.sum += value;
        self.count += 1.0;
        #[expect(clippy::cast_possible_truncation, reason = "a gap in seconds is far below 2^63")]
        let next = civil_s + (NEXT * pace.gap_s()) as i64;
        if next.div_euclid(length) > number { self.end(spread) } else { told }
    }

    /// Takes `excess` off the last window: it was told, and is not to be told again by what its course looks like.
    pub fn forgive(&mut self, excess: f32) {
        if self.count > 0.0 {
            self.sum -= excess;
        }
    }

    /// Chooses the length once the pace is known, and again when it has changed for good.
    fn has_length(&mut self, pace: &Pace) -> bool {
        if pace.count() < CHOSEN_AFTER {
            return false;
        }
        let wanted = LENGTHS.into_iter().find(|length| *length as f32 >= 0.9 * pace.gap_s()).unwrap_or(86_400);
        let changed = wanted > 2 * self.length_s || 4 * wanted < self.length_s;
        if self.length_s == 0 || changed {
            *self = Self { length_s: wanted, first: i64::MAX, ..Self::default() };
        }
        true
    }

    /// Ends the open stretch and compares, if there was anything in it.
    fn end(&mut self, spread: f32) -> Option<f32> {
        if self.count <= 0.0 {
            return None;
        }
        self.kept.set(place(self.open), self.sum / self.count, spread);
        self.first = self.first.min(self.open);
        (self.sum, self.count) = (0.0, 0.0);
        self.compare(spread)
    }

    /// Forgets what stood in the places from the last open stretch to `number`.
    fn open_at(&mut self, number: i64) {
        let from = self.open.max(number - KEPT_BACK).min(number);
        for forgotten in from + 1..=number {
            self.kept.clear(place(forgotten));
        }
        self.open = number;
    }

    fn compare(&self, spread: f32) -> Option<f32> {
        let a_day = DAY_S / i64::from(self.length_s).max(1);
        if self.open - self.first + 1 < 2 * a_day {
            return None;
        }
        let latest: [i32; COMPARED] = self.kept.backwards(place(self.open))?;
        let mut least = i32::MAX;
        for day in 1..=DAYS {
            for shift in -1..=1 {
                least = least.min(self.distance(&latest, day * a_day + shift).unwrap_or(i32::MAX));
            }
        }
        (least < i32::MAX).then(|| least as f32 * self.kept.step() / COMPARED as f32 / spread)
    }

    /// The sum of distances, in steps, of the latest stretches from those `back` before; `None` where one is absent.
    fn distance(&self, latest: &[i32; COMPARED], back: i64) -> Option<i32> {
        if !(1..FARTHEST).contains(&back) {
            return None;
        }
        let before: [i32; COMPARED] = self.kept.backwards(place(self.open - back))?;
        Some(latest.iter().zip(before).map(|(one, other)| (one - other).abs()).sum())
    }
}

fn place(number: i64) -> usize {
    usize::try_from(number.rem_euclid(KEPT_BACK)).unwrap_or(0)
}
