//! What is unusual about a series that knows few states: up and down, the phases of a job, the state of a backup.
//!
//! A state is a whole number that was held for two windows; what lasted one is a transition. Two things are told: a state is
//! entered that was never or seldom entered before, and one is held longer than ever, twice at that. The state in which
//! the series is most of the time is home, and being there is no news. Good and bad are unknown here; which side of home
//! can mean trouble is what the signal's `Harm` says. State: at most 350 bytes. Values that are not finite are ignored.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Side};
use tidewatch_schemas::{Finding, Timestamp};

use crate::detector::{Detector, Judged};
use crate::notice::{Notice, Told, stretch};
use crate::signal_scale::is_harmful;
use crate::watched::Watched;
use crate::window::Closed;

const DAY_MS: f64 = 86_400_000.0;
const MONTH_MS: f64 = 30.0 * DAY_MS;
/// States that are told apart; a series with more has none.
const MOST: usize = 8;
/// Numbers further from zero are measurements, not states.
const FARTHEST: f64 = 64.0;
/// History before the first verdict.
const WARM_UP_MS: f64 = DAY_MS;
/// Share of windows that may be transitions; nor may there be more than three of them to a visit away from home.
const MOST_TRANSITIONS: f64 = 0.1;
/// Visits before a state can be held for too long.
const ENOUGH_VISITS: f32 = 5.0;
/// How much longer than ever is too long.
const TOO_LONG: u32 = 2;
/// Windows in a state that are never too many.
const LEAST_WINDOWS: u32 = 6;
/// History after which visits count half.
const FORGET_MS: f64 = 180.0 * DAY_MS;
/// Two things are watched, and they share the accepted false findings.
const WATCHED: f64 = 2.0;

/// Judges which states are entered, and how long they are held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct States {
    /// Expected false findings per series and month.
    pub false_alarms: f64,
}

/// What is unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A state that was never or seldom entered.
    Rare,
    /// A state that is held longer than ever.
    Held,
}

/// What is remembered of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    known: Vec<Known>,
    /// The state that the series is in, and since when.
    current: usize,
    since: Timestamp,
    held: u32,
    told: bool,
    /// A value seen in the window before that is no state yet.
    pending: Option<(f64, Timestamp)>,
    watched: Watched,
    transitions: f64,
    /// States that were never seen before, after the warm-up.
    novelties: f32,
    /// There are too many values, or values that are no states.
    measured: bool,
}

/// A state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    value: f64,
    visits: f32,
    windows: f32,
    longest: u32,
}

impl States {
    /// Takes in a window; what is unusual about it, if anything.
    pub fn notice(&self, state: &mut State, window: &Closed) -> Option<(Oddity, Notice)> {
        if !window.value.is_finite() || state.measured {
            return None;
        }
        state.watched.step(window);
        if state.known.get(state.current).is_some_and(|known| known.value == window.value) {
            state.pending = None;
            return state.stay();
        }
        let since = state.confirmed(window)?;
        self.enter(state, (window, since))
    }

    fn enter(self, state: &mut State, (window, since): (&Closed, Timestamp)) -> Option<(Oddity, Notice)> {
        state.leave();
        let place = state.known.iter().position(|known| known.value == window.value);
        let Some(place) = place.or_else(|| state.make_room(window.value)) else {
            state.measured = true;
            return None;
        };
        let known = state.known.get_mut(place)?;
        let seen = known.visits;
        known.visits += 1.0;
        known.windows += 1.0;
        (state.current, state.since, state.held, state.told) = (place, since, 1, false);
        let months = state.watched.ms() / MONTH_MS;
        let is_new = seen < 0.25 && state.watched.ms() >= WARM_UP_MS;
        let before = if is_new { state.novelties } else { seen };
        state.novelties += if is_new { 1.0 } else { 0.0 };
        let is_rare = is_new && before == 0.0 || f64::from(before) * WATCHED <= months * self.false_alarms;
        if !is_rare || !state.is_states() || state.home() == Some(place) {
            return None;
        }
        let notice = Notice {
            actual: window.value,
            expected: state.home_value(),
            upper: state.home_value(),
            lower: state.home_value(),
            score: libm::log((state.watched.windows() + 1.0) / (f64::from(seen) + 1.0)),
            ..state.described(since)
        };
        Some((Oddity::Rare, notice))
    }
}

impl State {
    /// Whether the series is one of states, so that it is to be judged here.
    #[must_use]
    pub fn is_states(&self) -> bool {
        let home = self.home();
        let away = (0_usize..).zip(&self.known).filter(|(place, _)| Some(*place) != home);
        let visits: f32 = away.map(|(_, known)| known.visits).sum();
        let most = (MOST_TRANSITIONS * self.watched.windows()).min(f64::from(3.0 + 3.0 * visits));
        let sound = !self.measured && self.transitions <= most;
        sound && !self.known.is_empty() && self.watched.ms() >= WARM_UP_MS
    }

    fn stay(&mut self) -> Option<(Oddity, Notice)> {
        self.held = self.held.saturating_add(1);
        let current = self.known.get_mut(self.current)?;
        current.windows += 1.0;
        let (visits, longest) = (current.visits, current.longest);
        let too_long = visits >= ENOUGH_VISITS && self.held > LEAST_WINDOWS.max(longest.saturating_mul(TOO_LONG));
        if self.told || !too_long || !self.is_states() || self.home() == Some(self.current) {
            return None;
        }
        self.told = true;
        let spacing = self.watched.spacing_s();
        let seconds = |windows: u32| f64::from(windows) * spacing;
        let notice = Notice {
            actual: seconds(self.held),
            expected: seconds(longest),
            upper: seconds(longest),
            score: libm::log(f64::from(visits) + 1.0),
            ..self.described(self.since)
        };
        Some((Oddity::Held, notice))
    }

    /// Whether the series is one of measurements, for good.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.measured
    }

    /// Since when the window's value is held, when it is a state that has begun.
    fn confirmed(&mut self, window: &Closed) -> Option<Timestamp> {
        let value = window.value;
        let is_whole = value == libm::rint(value) && value.abs() <= FARTHEST;
        let known = self.known.iter().any(|known| known.value == value);
        let pending = self.pending.replace((value, window.start));
        if known {
            self.pending = None;
            return Some(window.start);
        }
        if is_whole && let Some((_, since)) = pending.filter(|(before, _)| *before == value) {
            self.pending = None;
            return Some(since);
        }
        self.transitions += 1.0;
        if self.transitions > MOST_TRANSITIONS * self.watched.windows().max(100.0) {
            self.give_up();
        }
        None
    }

    /// A series of measurements has nothing to remember here.
    fn give_up(&mut self) {
        *self = Self { measured: true, ..Self::default() };
    }

    fn make_room(&mut self, value: f64) -> Option<usize> {
        if self.known.len() >= MOST {
            self.give_up();
            return None;
        }
        self.known.push(Known { value, ..Known::default() });
        Some(self.known.len() - 1)
    }

    fn leave(&mut self) {
        let held = self.held;
        if let Some(known) = self.known.get_mut(self.current) {
            known.longest = known.longest.max(held);
        }
        if self.watched.ms() > FORGET_MS {
            self.watched.halve();
            self.transitions *= 0.5;
            self.novelties *= 0.5;
            for known in &mut self.known {
                known.visits *= 0.5;
                known.windows *= 0.5;
            }
        }
    }

    /// The state in which the series is most of the time.
    fn home(&self) -> Option<usize> {
        let most = (0_usize..).zip(&self.known).max_by(|one, other| one.1.windows.total_cmp(&other.1.windows));
        most.map(|(place, _)| place)
    }

    fn home_value(&self) -> f64 {
        self.home().and_then(|place| self.known.get(place)).map_or(0.0, |known| known.value)
    }

    fn described(&self, since: Timestamp) -> Notice {
        let value = self.known.get(self.current).map_or(0.0, |known| known.value);
        Notice {
            since,
            actual: 0.0,
            expected: 0.0,
            lower: 0.0,
            upper: 0.0,
            side: if value > self.home_value() { Side::Above } else { Side::Below },
            score: 0.0,
            confidence: self.watched.ms() / (self.watched.ms() + 8.0 * DAY_MS),
        }
    }
}

impl Detector for States {
    type State = State;
    type Input<'a> = Judged<'a>;

    fn observe(&self, state: &mut State, judged: &Judged<'_>) -> Option<Finding> {
        let (oddity, notice) = self.notice(state, &judged.window)?;
        if !is_harmful(judged.spec.harm, notice.side) {
            return None;
        }
        let value = judged.window.value;
        let (words, unit) = match oddity {
            Oddity::Rare => {
                (format!("is {value}, a state that is entered seldom; it is usually {}", notice.expected), judged.unit)
            }
            Oddity::Held => {
                let [lasted, longest] = [notice.actual, notice.upper].map(|seconds| stretch(seconds * 1_000.0));
                (format!("has been {value} for {lasted}, never before longer than {longest}"), "s")
            }
        };
        Some(notice.finding(judged, &Told { detector: DetectorName::State, unit, words: &words }))
    }
}

#[cfg(test)]
mod tests;
