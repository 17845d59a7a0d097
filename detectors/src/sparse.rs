//! What is unusual about events that come now and then.
//!
//! Of a series that is nearly always zero there is no level to judge, only how long events stay away and how large they
//! are. Both are held against the series' own past: gaps by their life table ([`crate::spell`]), sizes by ratio. Three things
//! are told: nothing has come for longer than gaps make likely; events follow each other too closely, once several do
//! (Page's sum, as in [`crate::surprise`]); an event is of another size than all others. State: 256 bytes. Values that are
//! not finite are ignored; a size is a value without its sign.

mod size;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Side};
use tidewatch_schemas::{Finding, Timestamp};

use crate::detector::{Detector, Judged};
use crate::notice::{Notice, Told, stretch};
use crate::signal_scale::is_harmful;
use crate::spell::{self, Spells};
use crate::watched::Watched;
use crate::window::Closed;
use size::Sizes;

const MONTH_MS: f64 = 30.0 * 86_400_000.0;
/// Share of windows that are zero in a sparse series.
const SPARSE: f64 = 0.95;
/// After this many windows, a series of which a larger share than this is not zero is no longer looked at.
const DENSE_WINDOWS: f64 = 100.0;
const DENSE: f64 = 0.2;
/// History before a series counts as sparse.
const WATCHED_MS: f64 = 2.0 * 86_400_000.0;
/// History before the first verdict: a week must have been seen, with its weekend.
const WARM_UP_MS: f64 = 8.0 * 86_400_000.0;
/// Events before the first verdict.
const WARM_UP: f64 = 20.0;
/// History after which the past counts half.
const FORGET_MS: f64 = 90.0 * 86_400_000.0;
/// How much a gap counts that was a finding.
const WEIGHT_OF_FOUND: f32 = 0.5;
/// Surprise that is taken off each short gap, above the 1 nat that an ordinary one brings.
const ALLOWANCE: f64 = 1.5;
/// Solution `x` of `1 / (1 - x) = exp(1.5 x)`, see [`crate::surprise`].
const DECAY: f64 = 0.582_812;
/// Three things are watched, and they share the accepted false findings.
const WATCHED: f64 = 3.0;

/// Judges gaps and sizes of rare events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparse {
    /// Expected false findings per series and month.
    pub false_alarms: f64,
}

/// What is unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Nothing has come for too long.
    Missing,
    /// Events follow each other too closely.
    Frequent,
    /// An event of another size.
    Size,
}

/// What is remembered of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    watched: Watched,
    last: Option<Timestamp>,
    /// Windows since the last event, with the event's own.
    gap: u32,
    longest: u32,
    /// Evidence of the gap in nats, and what its next window adds.
    surprise: f32,
    step: f32,
    missing: bool,
    /// Evidence that events follow each other too closely, and since when.
    crowd: f32,
    crowd_since: Timestamp,
    crowded: bool,
    gaps: Spells,
    sizes: Sizes,
}

impl Sparse {
    /// Takes in a window; what is unusual about it, if anything.
    pub fn notice(&self, state: &mut State, window: &Closed) -> Option<(Oddity, Notice)> {
        if !window.value.is_finite() {
            return None;
        }
        state.watched.step(window);
        if window.value == 0.0 { self.wait(state, window) } else { self.arrive(state, window) }
    }

    /// Nats at which one of three things is found that happen `a_month` times.
    fn threshold(self, a_month: f64) -> f64 {
        libm::log(a_month * WATCHED / self.false_alarms).max(1.0)
    }

    fn wait(self, state: &mut State, window: &Closed) -> Option<(Oddity, Notice)> {
        let last = state.last?;
        state.lengthen();
        let enough = state.surprise > 0.0 && f64::from(state.surprise) >= self.threshold(state.a_month());
        if state.missing || !enough || !state.is_warm() {
            return None;
        }
        state.missing = true;
        let notice = Notice {
            since: last,
            actual: (window.end() - last) as f64 / 1_000.0,
            upper: f64::from(state.longest) * state.watched.spacing_s(),
            side: Side::Below,
            score: f64::from(state.surprise),
            ..state.usual(window)
        };
        Some((Oddity::Missing, notice))
    }

    fn arrive(self, state: &mut State, window: &Closed) -> Option<(Oddity, Notice)> {
        let size = state.sizes.step(libm::log(window.value.abs()));
        let before = state.last.replace(window.start);
        let (Some(before), threshold) = (before, self.threshold(state.a_month())) else {
            state.begin_gap();
            return None;
        };
        let length = state.gap;
        state.crowd_together(before, -libm::log(state.gaps.share_up_to(length)), threshold);
        state.end_gap();
        if !state.is_warm() {
            return None;
        }
        if size.surprise >= threshold {
            let side = if size.is_large { Side::Above } else { Side::Below };
            let [expected, lower, upper] = [size.usual, size.lower, size.upper].map(libm::exp);
            let (actual, score) = (window.value.abs(), size.surprise);
            let usual = state.usual(window);
            let notice = Notice { since: window.start, actual, expected, lower, upper, side, score, ..usual };
            return Some((Oddity::Size, notice));
        }
        if state.crowded || f64::from(state.crowd) < threshold / DECAY {
            return None;
        }
        state.crowded = true;
        let actual = f64::from(length) * state.watched.spacing_s();
        let (since, score) = (state.crowd_since, f64::from(state.crowd));
        let notice = Notice { since, actual, side: Side::Above, score, ..state.usual(window) };
        Some((Oddity::Frequent, notice))
    }
}

impl State {
    /// Whether the series is zero nearly always, so that it is to be judged here.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        self.watched.ms() >= WATCHED_MS && self.gaps.count() < (1.0 - SPARSE) * self.watched.windows()
    }

    /// Whether too many windows are not zero for the series to be sparse ever soon.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        self.watched.windows() >= DENSE_WINDOWS && self.gaps.count() > DENSE * self.watched.windows()
    }

    /// Whether it is, and enough was seen for verdicts.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.is_sparse() && self.watched.ms() >= WARM_UP_MS && self.gaps.count() >= WARM_UP
    }

    fn a_month(&self) -> f64 {
        self.gaps.count() * MONTH_MS / self.watched.ms().max(1.0)
    }

    fn begin_gap(&mut self) {
        (self.gap, self.surprise, self.missing) = (1, 0.0, false);
        self.step = self.risk_of_waiting();
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven digits of evidence are plenty")]
    fn risk_of_waiting(&self) -> f32 {
        self.gaps.surprise(self.gap) as f32
    }

    fn lengthen(&mut self) {
        self.surprise += self.step;
        self.gap = self.gap.saturating_add(1);
        if spell::begins(self.gap) {
            self.step = self.risk_of_waiting();
        }
    }

    fn end_gap(&mut self) {
        self.gaps.learn(self.gap, if self.missing { WEIGHT_OF_FOUND } else { 1.0 });
        if !self.missing {
            self.longest = self.longest.max(self.gap);
        }
        if self.watched.ms() > FORGET_MS {
            self.watched.halve();
            self.gaps.halve();
        }
        self.begin_gap();
    }

    /// Adds a gap that began at `before`. A single one never suffices.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of evidence are plenty")]
    fn crowd_together(&mut self, before: Timestamp, surprise: f64, threshold: f64) {
        let most = 2.0 * threshold / DECAY;
        let added = surprise.min(0.6 * threshold / DECAY) - ALLOWANCE;
        if self.crowd <= 0.0 {
            self.crowd_since = before;
        }
        self.crowd = (f64::from(self.crowd) + added).clamp(0.0, most) as f32;
        self.crowded &= self.crowd > 0.0;
    }

    /// What is usual of gaps, in seconds.
    fn usual(&self, window: &Closed) -> Notice {
        let width = self.watched.spacing_s();
        Notice {
            since: window.start,
            actual: 0.0,
            expected: width * self.gaps.median(),
            lower: 0.0,
            upper: width * f64::from(self.longest),
            side: Side::Above,
            score: 0.0,
            confidence: self.gaps.count() / (self.gaps.count() + 2.0 * WARM_UP),
        }
    }
}

impl Detector for Sparse {
    type State = State;
    type Input<'a> = Judged<'a>;

    fn observe(&self, state: &mut State, judged: &Judged<'_>) -> Option<Finding> {
        let (oddity, notice) = self.notice(state, &judged.window)?;
        if !is_harmful(judged.spec.harm, notice.side) {
            return None;
        }
        let gaps = |seconds: f64| stretch(seconds * 1_000.0);
        let sizes = |size| crate::wording::quantity(size, judged.unit);
        let Notice { actual, expected, lower, upper, .. } = notice;
        let words = match oddity {
            Oddity::Missing => format!("has been zero for {}, the longest gap was {}", gaps(actual), gaps(upper)),
            Oddity::Frequent => format!("comes every {}, it usually comes every {}", gaps(actual), gaps(expected)),
            Oddity::Size => format!(
                "is {} when it usually is {} ({} to {})",
                sizes(actual),
                sizes(expected),
                sizes(lower),
                sizes(upper)
            ),
        };
        let unit = if oddity == Oddity::Size { judged.unit } else { "s" };
        Some(notice.finding(judged, &Told { detector: DetectorName::Sparse, unit, words: &words }))
    }
}

#[cfg(test)]
mod tests;
