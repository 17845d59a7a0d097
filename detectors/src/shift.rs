//! Whether the level of a series has changed and stays changed.
//!
//! Every hour's mean is held against what the same hour of the day was over the last week. What half a day of hours has
//! moved by is judged against how far half days usually move on this very series: a walk that wanders every week has to
//! wander further than a steady one, and what comes with the weekend is part of what is usual. Half a day must agree, so
//! that a burst of some hours is none, however large.
//!
//! A change is told once. It becomes the normal level when someone says so ([`State::adopt`]) or after its settle time;
//! until then nothing is learned, and coming back is no news. State: 408 bytes. Values that are not finite are ignored.

mod clock;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Side};
use tidewatch_schemas::{Finding, Timestamp};

use crate::detector::{Detector, Judged};
use crate::notice::{Notice, Told, stretch};
use crate::signal_scale::{from_scale, is_harmful, possible, to_scale};
use crate::surprise;
use crate::window::Closed;
use clock::Clock;

/// Looks a month that are as good as independent of each other: five a day, measured on clean series.
const LOOKS: f64 = 150.0;
/// A change of less than this many usual deviations of single windows is none that anybody cares about.
const LEAST_SIZE: f64 = 0.5;
/// A level is back when less than this share of the change is left.
const BACK: f64 = 1.0 / 3.0;
/// Hours of history before the first verdict: a week must have been seen, with its weekend.
const WARM_UP: u32 = 192;
/// Hours after which the latest ones count as much as any before.
const MEMORY: u32 = 720;
/// Moves are cut at this many of their usual size before they are learned.
const MOST_MOVE: f64 = 3.0;

/// Finds levels that have changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Expected false findings per series and month.
    pub false_alarms: f64,
    /// How long a change lasts until it is the normal level, in milliseconds.
    pub settle_ms: i64,
}

/// What is remembered of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    clock: Clock,
    /// Mean square of what half days move by, and over how many hours it was learned.
    square: f64,
    hours: u32,
    /// Since when the latest hours lie on one side.
    since: Option<Timestamp>,
    changed: Option<Change>,
}

/// A change that was told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Change {
    told: Timestamp,
    size: f64,
}

impl State {
    /// Makes the level of now the normal one.
    pub fn adopt(&mut self) {
        self.clock.start_over();
        (self.since, self.changed) = (None, None);
    }

    /// Whether a change was told that is neither over nor adopted.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.changed.is_some()
    }
}

impl Shift {
    /// Takes in a window, of which `season` is known to belong to the time of day and week; a notice when the level is
    /// found to have changed.
    pub fn notice(&self, state: &mut State, window: &Closed, season: f64) -> Option<Notice> {
        let value = window.value - season;
        if !value.is_finite() {
            return None;
        }
        let learns = state.changed.is_none();
        let ended = state.clock.add(window.start, value, learns)?;
        self.settle(state, window.start);
        let moved = state.clock.moved()?;
        let notice = self.judge(state, (ended, window.end()), moved);
        if state.changed.is_none() {
            state.learn(moved);
        }
        notice.map(|notice| Notice {
            actual: notice.actual + season,
            expected: notice.expected + season,
            lower: notice.lower + season,
            upper: notice.upper + season,
            ..notice
        })
    }

    fn settle(&self, state: &mut State, now: Timestamp) {
        if state.changed.is_some_and(|change| now - change.told >= self.settle_ms) {
            state.adopt();
        }
    }

    fn judge(&self, state: &mut State, (hour, now): (Timestamp, Timestamp), moved: f64) -> Option<Notice> {
        if let Some(change) = state.changed {
            if moved * change.size.signum() < BACK * change.size.abs() {
                state.changed = None;
            }
            return None;
        }
        let usual = libm::sqrt(state.square).max(f64::MIN_POSITIVE);
        if moved.abs() < usual {
            state.since = None;
            return None;
        }
        let since = *state.since.get_or_insert(hour);
        let score = surprise::surprise(moved.abs() / usual);
        let large =
            moved.abs() >= LEAST_SIZE * state.clock.deviation() && score >= libm::log(LOOKS / self.false_alarms);
        if !large || state.hours < WARM_UP || !state.clock.agrees(moved) {
            return None;
        }
        state.changed = Some(Change { told: now, size: moved });
        let (expected, actual) = (state.clock.usual(), state.clock.latest());
        let room = usual.max(LEAST_SIZE * state.clock.deviation());
        Some(Notice {
            since,
            actual,
            expected,
            lower: expected - room,
            upper: expected + room,
            side: if moved > 0.0 { Side::Above } else { Side::Below },
            score,
            confidence: crate::number::saturating_share(state.hours, WARM_UP),
        })
    }
}

impl State {
    fn learn(&mut self, moved: f64) {
        let most = if self.hours < WARM_UP { f64::INFINITY } else { MOST_MOVE * MOST_MOVE * self.square };
        self.hours = self.hours.saturating_add(1);
        self.square += ((moved * moved).min(most) - self.square) / f64::from(self.hours.min(MEMORY));
    }
}

impl Detector for Shift {
    type State = State;
    type Input<'a> = Judged<'a>;

    fn observe(&self, state: &mut State, judged: &Judged<'_>) -> Option<Finding> {
        let Judged { spec, window, unit, .. } = *judged;
        let scaled = Closed { value: to_scale(spec, window.value), ..window };
        let notice = self.notice(state, &scaled, 0.0).filter(|notice| is_harmful(spec.harm, notice.side))?;
        let end = |value| possible(spec, window.value, from_scale(spec, value));
        let notice = Notice {
            actual: from_scale(spec, notice.actual),
            expected: from_scale(spec, notice.expected),
            lower: end(notice.lower),
            upper: end(notice.upper),
            ..notice
        };
        let [old, new] = [notice.expected, notice.actual].map(|value| crate::wording::quantity(value, unit));
        let lasted = stretch((window.end() - notice.since) as f64);
        let words = format!("has moved from {old} to {new} and has stayed there for {lasted}");
        Some(notice.finding(judged, &Told { detector: DetectorName::Shift, unit, words: &words }))
    }
}

#[cfg(test)]
mod tests;
