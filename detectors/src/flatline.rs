//! Whether a value that usually changes has stopped changing.
//!
//! How long the value stands still is held against how long it stood still before ([`crate::spell`]); no level, scale or
//! season is needed. A noisy series that never repeated itself is flat after a handful of windows, one that rests at
//! night only when it rests longer than any night makes likely, and one that hardly ever changes is not looked at.
//! State: 240 bytes. Values that are not finite are ignored, missing windows are not counted.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Side};
use tidewatch_schemas::{Finding, Timestamp};

use crate::detector::{Detector, Judged};
use crate::notice::{Notice, Told, stretch};
use crate::spell::{self, Spells};
use crate::watched::Watched;
use crate::window::Closed;

const MONTH_MS: f64 = 30.0 * 86_400_000.0;
/// Windows of the same value that are never a finding, whatever the past.
const LEAST_WINDOWS: u32 = 6;
/// Time of the same value that is never a finding.
const LEAST_MS: i64 = 1_800_000;
/// Changes that must have been seen before the first verdict.
const WARM_UP: f64 = 50.0;
/// History before the first verdict on a series that never rested.
const RESTLESS_MS: f64 = 2.0 * 86_400_000.0;
/// History before the first verdict on one that does: a week must have been seen, with its weekend.
const RESTING_MS: f64 = 8.0 * 86_400_000.0;
/// A series that changes in fewer of its windows normally stands still.
const LEAST_CHANGES: f64 = 0.05;
/// History after which the past counts half.
const FORGET_MS: f64 = 60.0 * 86_400_000.0;
/// Values this close, relative to their size, are the same: averages of equal values differ in their last digits.
const SAME: f64 = 1e-12;
/// How much a run counts that was a finding: were it learned in full, the same fault would not be found again.
const WEIGHT_OF_FOUND: f32 = 0.5;

/// Finds runs of equal values that are too long for their series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flatline {
    /// Expected false findings per series and month.
    pub false_alarms: f64,
}

/// What is remembered of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    value: Option<f64>,
    since: Timestamp,
    length: u32,
    longest: u32,
    /// Evidence of the run in nats, and what its next window adds.
    surprise: f32,
    step: f32,
    told: bool,
    watched: Watched,
    spells: Spells,
}

impl Flatline {
    /// Takes in a window; a notice when the value has now stood still too long, once per run.
    pub fn notice(&self, state: &mut State, window: &Closed) -> Option<Notice> {
        if !window.value.is_finite() {
            return None;
        }
        state.add(window);
        let lasted = window.end() - state.since;
        let enough = state.length >= LEAST_WINDOWS && lasted >= LEAST_MS;
        if state.told || !enough || !state.changes_normally() {
            return None;
        }
        let runs = state.spells.count() * MONTH_MS / state.watched.ms().max(1.0);
        if f64::from(state.surprise) < libm::log(runs / self.false_alarms) {
            return None;
        }
        state.told = true;
        Some(state.described(lasted))
    }
}

impl State {
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of evidence are plenty")]
    fn add(&mut self, window: &Closed) {
        self.watched.step(window);
        if self.value.is_some_and(|value| is_same(value, window.value)) {
            self.surprise += self.step;
            self.length = self.length.saturating_add(1);
        } else {
            self.end_run();
            (self.value, self.since, self.length) = (Some(window.value), window.start, 1);
            (self.surprise, self.told) = (0.0, false);
        }
        if spell::begins(self.length) {
            self.step = self.spells.surprise(self.length) as f32;
        }
    }

    /// Whether the value stands still as a finding has told.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.told
    }

    fn end_run(&mut self) {
        if self.value.is_none() {
            return;
        }
        self.spells.learn(self.length, if self.told { WEIGHT_OF_FOUND } else { 1.0 });
        if !self.told {
            self.longest = self.longest.max(self.length);
        }
        if self.watched.ms() > FORGET_MS {
            self.watched.halve();
            self.spells.halve();
        }
    }

    fn changes_normally(&self) -> bool {
        let changes = self.spells.count();
        let rests = self.longest >= LEAST_WINDOWS;
        let watched = if rests { RESTING_MS } else { RESTLESS_MS };
        let windows = self.watched.windows() - f64::from(self.length);
        changes >= WARM_UP && self.watched.ms() >= watched && changes >= LEAST_CHANGES * windows
    }

    /// The finding in seconds: how long the value has stood still against how long it may.
    fn described(&self, lasted: i64) -> Notice {
        let width = self.watched.spacing_s();
        let changes = self.spells.count();
        Notice {
            since: self.since,
            actual: lasted as f64 / 1_000.0,
            expected: width * self.spells.median(),
            lower: 0.0,
            upper: width * f64::from(self.longest.max(1)),
            side: Side::Above,
            score: f64::from(self.surprise),
            confidence: changes / (changes + 2.0 * WARM_UP),
        }
    }
}

impl Detector for Flatline {
    type State = State;
    type Input<'a> = Judged<'a>;

    fn observe(&self, state: &mut State, judged: &Judged<'_>) -> Option<Finding> {
        let notice = self.notice(state, &judged.window)?;
        let [lasted, longest] = [notice.actual, notice.upper].map(|seconds| stretch(seconds * 1_000.0));
        let value = crate::wording::quantity(judged.window.value, judged.unit);
        let words = format!("has stood at {value} for {lasted}, it usually changes within {longest}");
        Some(notice.finding(judged, &Told { detector: DetectorName::Flatline, unit: "s", words: &words }))
    }
}

fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= SAME * one.abs().max(other.abs())
}

#[cfg(test)]
mod tests;
