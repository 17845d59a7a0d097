//! Whether the course of the latest windows is like any seen before.
//!
//! The latest 64 windows, as eight means of eight, are held against up to 22 courses that are remembered. A course far
//! from all of them is remembered in place of the one that was of use longest ago; a near one is drawn a little towards
//! it. The idea is that of adaptive resonance (G. Carpenter, S. Grossberg, 1987).

use serde::{Deserialize, Serialize};

use super::quantised::Quantised;

/// Means of a course.
const MEANS: usize = 8;
/// Windows of a mean.
const WINDOWS: f32 = 8.0;
/// Courses that are remembered.
const COURSES: usize = 22;
const CELLS: usize = MEANS * COURSES;
/// A course farther than this many usual distances is remembered as another one.
const FAR: f32 = 2.0;
/// Courses that are remembered before any is given up.
const FEWEST: usize = 4;
/// How far a remembered course is drawn towards one like it.
const DRAWN: f32 = 0.05;
/// Courses over which the usual distance is kept.
const MEMORY: f32 = 500.0;

/// Remembered courses, and the latest one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shapes {
    latest: [f32; MEANS],
    sum: f32,
    count: f32,
    usual: f32,
    taken: u32,
    courses: Quantised<CELLS>,
    /// When each was last of use, as the low bytes of a count of courses.
    used: [u16; COURSES],
    stored: u8,
    /// Windows by which the mean that is being taken ends early, or late where it is negative.
    early: i8,
}

impl Shapes {
    /// Begins with `value` for everything before.
    pub fn begin(&mut self, value: f32) {
        self.latest = [value; MEANS];
    }

    /// Takes note that clocks were put forward by so many windows, or back where it is negative: courses of a day go on at
    /// the hours at which those before them were taken.
    #[expect(clippy::cast_possible_truncation, reason = "a part of eight windows")]
    pub fn clocks_moved(&mut self, windows: f32) {
        let early = libm::fmodf(f32::from(self.early) + libm::roundf(windows), WINDOWS);
        let is_over = self.count + early >= WINDOWS || early > WINDOWS / 2.0;
        self.early = if is_over { early - WINDOWS } else { early } as i8;
    }

    /// Takes in a window. Once in eight, says how far the course is from any that is remembered, in units of `spread`.
    pub fn step(&mut self, value: f32, spread: f32) -> Option<f32> {
        self.sum += value;
        self.count += 1.0;
        if self.count + f32::from(self.early) < WINDOWS {
            return None;
        }
        self.latest.rotate_left(1);
        if let Some(last) = self.latest.last_mut() {
            *last = self.sum / self.count;
        }
        (self.sum, self.count, self.early) = (0.0, 0.0, 0);
        self.taken = self.taken.saturating_add(1);
        let distance = self.compare(spread);
        self.usual += (distance - self.usual) / (self.taken as f32 + 0.125).min(MEMORY);
        Some(distance)
    }

    /// Takes `excess` off the last window: it was told, and is not to be told again by what its course looks like.
    pub fn forgive(&mut self, excess: f32) {
        if self.count > 0.0 {
            self.sum -= excess;
        } else if let Some(last) = self.latest.last_mut() {
            *last -= excess / WINDOWS;
        }
    }

    fn compare(&mut self, spread: f32) -> f32 {
        let Some((nearest, apart)) = self.nearest() else {
            self.store(0, spread);
            return 0.0;
        };
        let distance = apart / MEANS as f32 / spread;
        let stored = usize::from(self.stored);
        if distance > FAR * self.usual || stored < FEWEST {
            let place = if stored < COURSES { stored } else { self.longest_unused() };
            self.store(place, spread);
        } else {
            self.draw(nearest, spread);
        }
        distance
    }

    /// The remembered course that is nearest, and the sum of its distances.
    fn nearest(&self) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        for course in 0..usize::from(self.stored) {
            let row = self.courses.row(course * MEANS..(course + 1) * MEANS);
            let step = self.courses.step();
            let apart: f32 =
                row.iter().zip(&self.latest).map(|(cell, mean)| (f32::from(*cell) * step - mean).abs()).sum();
            if best.is_none_or(|(_, least)| apart < least) {
                best = Some((course, apart));
            }
        }
        best
    }

    fn longest_unused(&self) -> usize {
        let now = self.now();
        let age = |used: &u16| now.wrapping_sub(*used);
        let oldest = self.used.iter().enumerate().max_by_key(|(index, used)| (age(used), usize::MAX - index));
        oldest.map_or(0, |(index, _)| index)
    }

    #[expect(clippy::cast_possible_truncation, reason = "ages are compared by their low bytes")]
    fn now(&self) -> u16 {
        self.taken as u16
    }

    fn store(&mut self, place: usize, spread: f32) {
        for (index, mean) in self.latest.into_iter().enumerate() {
            self.courses.set(place * MEANS + index, mean, spread);
        }
        self.stored = self.stored.max(u8::try_from(place + 1).unwrap_or(u8::MAX));
        self.use_course(place);
    }

    fn draw(&mut self, course: usize, spread: f32) {
        for (index, mean) in self.latest.into_iter().enumerate() {
            let place = course * MEANS + index;
            let old = self.courses.get(place).unwrap_or(mean);
            self.courses.set(place, old + DRAWN * (mean - old), spread);
        }
        self.use_course(course);
    }

    fn use_course(&mut self, course: usize) {
        let now = self.now();
        if let Some(used) = self.used.get_mut(course) {
            *used = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_cut_at_the_same_hours_before_and_after_clocks_are_changed() {
        for moved in [2, -2, 12, -12] {
            let mut shapes = Shapes::default();
            let mut cuts: Vec<i32> = (0..44).filter(|hour| shapes.step(*hour as f32, 1.0).is_some()).collect();
            shapes.clocks_moved(moved as f32);
            cuts.extend((44 + moved..112 + moved).filter(|hour| shapes.step(*hour as f32, 1.0).is_some()));
            assert!(cuts.len() > 10 && cuts.iter().all(|hour| hour.rem_euclid(8) == 7), "{moved}: {cuts:?}");
        }
    }

    fn distances(values: impl IntoIterator<Item = f32>) -> Vec<f32> {
        let mut shapes = Shapes::default();
        values.into_iter().filter_map(|value| shapes.step(value, 1.0)).collect()
    }

    fn wave(turn: u16) -> f32 {
        if turn % 128 < 64 { 5.0 } else { -5.0 }
    }

    fn worst(range: &[f32]) -> f32 {
        range.iter().fold(0.0_f32, |most, each| most.max(*each))
    }

    #[test]
    fn a_course_that_repeats_is_near_and_another_is_far() {
        let told = distances((0..4_096).map(wave).chain([40.0; 64]));
        let (usual, strange) = told.split_at(512);
        assert!(worst(strange) > 2.0 * worst(&usual[300..]), "{usual:?} {strange:?}");
    }

    #[test]
    fn what_was_strange_once_is_strange_no_more() {
        let strange = || (0..64).map(|turn| wave(turn) + 30.0);
        let calm = || (0..512).map(wave);
        let told = distances((0..8).flat_map(|_| calm()).chain(strange()).chain(calm()).chain(strange()));
        let (first, second) = (&told[512..520], &told[584..592]);
        assert!(worst(first) > 2.0 * worst(second), "{first:?} {second:?}");
    }
}
