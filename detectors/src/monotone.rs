//! How a series is to be judged: by its level, by its growth, or as a share.
//!
//! A disk that fills, a database that grows and a total that is sent as a level have no usual level, only a usual growth.
//! A series counts as growing when, over two days and fifty moves, what it lost is next to nothing beside what it won. A
//! fall to less than a tenth of what it was is a reset, as of a counter: what it shows is what it grew by since; a series
//! that resets all the time is not growing, and one wild value among noise makes no growth of it. A share, which stays between zero and one and takes many values, is judged
//! on the angular scale, on which shares near the ends spread as much as those in the middle (M. S. Bartlett, "The square
//! root transformation in analysis of variance", Supplement to the Journal of the Royal Statistical Society 3, 1936).
//! State: 72 bytes. Values that are not finite are ignored.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

use crate::window::Closed;

/// Moves that must have been seen before a series counts as growing.
const WARM_UP: f32 = 50.0;
/// Time over which it must have been seen.
const WATCHED_MS: i64 = 2 * 86_400_000;
/// A growing series loses at most this share of what it wins...
const MOST_LOST: f64 = 0.02;
/// ...and stops being one when it loses more than this.
const TOO_MUCH_LOST: f64 = 0.05;
/// At most this share of its moves goes down, whatever their size: noise beside one wild value is no growth.
const MOST_FALLS: f32 = 0.25;
/// A move counts as at most so many usual ones, once this many were seen.
const MOST_USUAL_MOVES: (f64, f32) = (50.0, 20.0);
/// A fall to less than this share is a reset.
const RESET: f64 = 0.1;
/// At most this share of moves may be resets.
const MOST_RESETS: f32 = 0.05;
/// Moves after which the past counts half.
const MEMORY: f32 = 4_000.0;
/// Values that are neither zero nor one before a series counts as a share.
const ENOUGH_SHARES: u8 = 100;

/// How a series is to be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Course {
    /// By its level.
    #[default]
    Level,
    /// By its growth per second.
    Growth,
    /// By the angular transform of its level.
    Share,
}

/// What is remembered of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    began: Option<Timestamp>,
    last: Option<(Timestamp, f64)>,
    won: f64,
    lost: f64,
    moves: f32,
    resets: f32,
    falls: f32,
    shares: u8,
    beyond: bool,
    course: Course,
}

impl State {
    /// How the series is to be judged.
    #[must_use]
    pub fn course(&self) -> Course {
        self.course
    }

    /// Takes in a window. How it is to be judged, and by which number: `None` where there is none, such as the growth
    /// before anything was seen.
    pub fn step(&mut self, window: &Closed) -> (Course, Option<f64>) {
        if !window.value.is_finite() {
            return (self.course, None);
        }
        let growth = self.learn(window.start, window.value);
        self.course = self.decided(window.start);
        let judged = match self.course {
            Course::Level => Some(window.value),
            Course::Growth => growth,
            Course::Share => Some(libm::asin(libm::sqrt(window.value.clamp(0.0, 1.0)))),
        };
        (self.course, judged)
    }

    /// Growth per second since the window before.
    fn learn(&mut self, at: Timestamp, value: f64) -> Option<f64> {
        self.began.get_or_insert(at);
        self.beyond |= !(0.0..=1.0).contains(&value);
        if value > 0.0 && value < 1.0 {
            self.shares = self.shares.saturating_add(1);
        }
        let (before, last) = self.last.replace((at, value))?;
        let elapsed = at - before;
        if elapsed <= 0 {
            return None;
        }
        Some(self.moved(last, value) * 1_000.0 / elapsed as f64)
    }

    fn moved(&mut self, last: f64, value: f64) -> f64 {
        let step = value - last;
        if step == 0.0 {
            return 0.0;
        }
        self.moves += 1.0;
        if self.moves > MEMORY {
            (self.moves, self.resets) = (self.moves * 0.5, self.resets * 0.5);
            (self.won, self.lost, self.falls) = (self.won * 0.5, self.lost * 0.5, self.falls * 0.5);
        }
        if step < 0.0 && (0.0..RESET * last).contains(&value) {
            self.resets += 1.0;
            return value;
        }
        let counted = step.abs().min(self.most());
        if step > 0.0 {
            self.won += counted;
        } else {
            self.lost += counted;
            self.falls += 1.0;
        }
        step
    }

    /// As how much a move counts at most.
    fn most(&self) -> f64 {
        let (most, seen) = MOST_USUAL_MOVES;
        if self.moves < seen { f64::INFINITY } else { most * (self.won + self.lost) / f64::from(self.moves) }
    }

    fn decided(&self, now: Timestamp) -> Course {
        let watched = self.began.is_some_and(|began| now - began >= WATCHED_MS);
        let most = if self.course == Course::Growth { TOO_MUCH_LOST } else { MOST_LOST };
        let rises = self.falls <= MOST_FALLS * self.moves && self.resets <= MOST_RESETS * self.moves;
        let grows = rises && self.lost <= most * self.won;
        if watched && self.moves >= WARM_UP && grows {
            return Course::Growth;
        }
        if self.shares >= ENOUGH_SHARES && !self.beyond { Course::Share } else { Course::Level }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::families::{DAY, Family, Random, WIDTH, stored, windows};

    /// How the last of `values` was to be judged.
    fn course(values: impl IntoIterator<Item = f64>) -> (Course, Option<f64>) {
        let mut state = State::default();
        windows(values).map(|window| state.step(&window)).last().unwrap()
    }

    /// A total that grows by three a window on average, reset to zero after every `reset`.
    fn total(seed: u64, reset: usize) -> impl Iterator<Item = f64> {
        let (mut random, mut level) = (Random::new(seed), 1e6);
        (0..7 * DAY).map(move |turn| {
            level = if turn % reset == reset - 1 { 1.0 } else { level + 6.0 * random.uniform() };
            level
        })
    }

    #[test]
    fn what_only_grows_is_judged_by_its_growth() {
        for reset in [usize::MAX, DAY] {
            let (course, growth) = course(total(1, reset));
            assert_eq!(course, Course::Growth);
            let a_window = growth.unwrap() * WIDTH as f64 / 1_000.0;
            assert!((0.0..=6.0).contains(&a_window), "{a_window}");
        }
    }

    #[test]
    fn a_reset_is_no_fall() {
        let mut state = State::default();
        let least = windows(total(2, DAY)).filter_map(|window| match state.step(&window) {
            (Course::Growth, growth) => growth,
            _ => None,
        });
        assert!(least.fold(f64::INFINITY, f64::min) >= 0.0);
    }

    #[test]
    fn a_disk_that_is_tidied_up_a_little_still_grows() {
        let mut random = Random::new(9);
        let mut level = 5e10;
        let values = (0..10 * DAY).map(|turn| {
            level += if turn % 100 == 99 { -1e6 } else { 1e6 * random.uniform() };
            level
        });
        assert_eq!(course(values).0, Course::Growth);
    }

    #[test]
    fn levels_are_judged_by_their_level() {
        for family in Family::ALL {
            let mut state = State::default();
            let growing =
                windows(family.values(4).take(60 * DAY)).filter(|window| state.step(window).0 == Course::Growth);
            assert_eq!(growing.count(), 0, "{family:?}");
            for wild in [DAY / 100, 10 * DAY] {
                let mut state = State::default();
                let values = family.values(4).take(20 * DAY).enumerate();
                let values = values.map(|(turn, value)| if turn == wild { 1e12 } else { value });
                let growing = windows(values).filter(|window| state.step(window).0 == Course::Growth);
                assert_eq!(growing.count(), 0, "{family:?}, one wild value at {wild}");
            }
        }
        assert_eq!(course((0..DAY).map(|turn| turn as f64)).0, Course::Level, "one day proves nothing");
        let saw = (0..9 * DAY).map(|turn| if turn % 10 == 9 { 0.0 } else { (turn % 10) as f64 });
        assert_eq!(course(saw).0, Course::Level, "what resets all the time does not grow");
    }

    #[test]
    fn a_share_is_judged_on_the_angular_scale() {
        let mut random = Random::new(7);
        let (kind, value) = course((0..DAY).map(|_| 0.9 + 0.05 * random.uniform()));
        assert_eq!(kind, Course::Share);
        assert!((1.2..1.4).contains(&value.unwrap()), "{value:?}");
        assert_eq!(course((0..DAY).map(|turn| (turn % 2) as f64)).0, Course::Level, "states are no shares");
    }

    #[test]
    fn what_starts_to_fall_is_a_level_again() {
        let values = total(5, usize::MAX).chain((0..DAY).map(|turn| 1e6 - 100.0 * turn as f64));
        assert_eq!(course(values).0, Course::Level);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn storing_scaling_and_wild_values_change_nothing(seed in 0_u64..99, cut in 0..7 * DAY, factor in -8_i32..8) {
            let scale = 2_f64.powi(factor);
            let (mut plain, mut other) = (State::default(), State::default());
            for (place, window) in windows(total(seed, DAY)).enumerate() {
                if place == cut {
                    other = stored(&other);
                    other.step(&Closed { value: f64::NAN, ..window });
                    other.step(&Closed { value: f64::INFINITY, ..window });
                }
                let (course, value) = plain.step(&window);
                let scaled = other.step(&Closed { value: window.value * scale, ..window });
                prop_assert_eq!((course, value.map(|value| value * scale)), scaled);
            }
        }
    }
}
