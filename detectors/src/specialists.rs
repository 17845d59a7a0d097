//! The detectors that each know one kind of trouble, and what each remembers of a series.
//!
//! The data decide who judges a series. What only grows is judged by its growth, by everybody ([`crate::monotone`]). Rare
//! events are judged by gap and size alone, once enough of them were seen. A series of states is judged by its states
//! beside the baseline; any other by standing still and by lasting changes of its level. While the baseline tells of
//! trouble the others say nothing about the same series: they would say the same.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Scale;
use tidewatch_schemas::{Finding, SignalSpec};

use crate::detector::{Detector, Judged};
use crate::flatline::{self, Flatline};
use crate::monotone::{self, Course};
use crate::shift::{self, Shift};
use crate::sparse::{self, Sparse};
use crate::states::{self, States};
use crate::weight::{self, Kind};
use crate::window::Closed;

/// A change of level is normal after this time at the earliest, in milliseconds.
const LEAST_SETTLE_MS: i64 = 7 * 86_400_000;
/// Spread of single durations and sizes, as a standard deviation of logarithms.
const SPREAD: f64 = 1.0;

/// Parameters of the detectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Specialists {
    flatline: Flatline,
    shift: Shift,
    sparse: Sparse,
    states: States,
}

/// How many false findings each detector may make, as a share of those of the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs {
    /// Values that stand still.
    pub flatline: f64,
    /// Levels that change.
    pub shift: f64,
    /// Rare events.
    pub sparse: f64,
    /// States.
    pub state: f64,
}

impl Default for Knobs {
    fn default() -> Self {
        Self { flatline: 0.25, shift: 0.25, sparse: 0.5, state: 0.25 }
    }
}

/// What the detectors remember of one series; what turned out not to concern it is not kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    course: monotone::State,
    weight: weight::State,
    flatline: Option<Box<flatline::State>>,
    shift: Option<Box<shift::State>>,
    sparse: Option<Box<sparse::State>>,
    states: Option<Box<states::State>>,
    windows: u8,
}

/// A window as it is to be judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The window, with the growth of what only grows in place of its level.
    pub window: Closed,
    /// Whether it is such a growth, per second.
    pub is_growth: bool,
    /// Whether the window before was judged in another way, so that what is usual must be learned anew.
    pub starts_over: bool,
    /// How uncertain the value is because few events stand behind it, as a variance on the scale of the signal.
    pub variance: f64,
}

impl Specialists {
    /// Detectors that may make so many false findings per series and month, as `knobs` share them out.
    #[must_use]
    pub fn new(false_alarms: f64, knobs: Knobs, adopt_after_ms: i64) -> Self {
        Self {
            flatline: Flatline { false_alarms: false_alarms * knobs.flatline },
            shift: Shift { false_alarms: false_alarms * knobs.shift, settle_ms: adopt_after_ms.max(LEAST_SETTLE_MS) },
            sparse: Sparse { false_alarms: false_alarms * knobs.sparse },
            states: States { false_alarms: false_alarms * knobs.state },
        }
    }

    /// The same, which make so many times as many findings by chance.
    #[must_use]
    pub fn with_fewer(self, factor: f64) -> Self {
        let Self { mut flatline, mut shift, mut sparse, mut states } = self;
        let knobs =
            [&mut flatline.false_alarms, &mut shift.false_alarms, &mut sparse.false_alarms, &mut states.false_alarms];
        for knob in knobs {
            *knob *= factor;
        }
        Self { flatline, shift, sparse, states }
    }

    /// What the detectors conclude about a window; `raw` is what it was before growth was taken. `told` says that the
    /// baseline has told of trouble.
    pub fn judge(&self, state: &mut State, (judged, raw): (&Judged<'_>, &Judged<'_>), told: bool) -> Option<Finding> {
        state.begin();
        let rare = state.sparse.as_deref_mut().and_then(|sparse| self.sparse.observe(sparse, raw));
        let odd = state.states.as_deref_mut().and_then(|states| self.states.observe(states, raw));
        let flat = state.flatline.as_deref_mut().and_then(|flatline| self.flatline.observe(flatline, raw));
        // A value that stands still has no level to judge.
        let stands = state.flatline.as_deref().is_some_and(flatline::State::is_flat);
        let moving = state.shift.as_deref_mut().filter(|_| !stands);
        let moved = moving.and_then(|shift| self.shift.observe(shift, judged));
        state.let_go();
        if state.is_sparse() {
            return rare;
        }
        let found = if state.is_states() { odd } else { flat.or(moved) };
        found.filter(|_| !told)
    }
}

impl State {
    /// Takes in a window: how it is to be judged. `None` where there is no number, such as the growth over the first one.
    pub fn enter(&mut self, spec: &SignalSpec, window: &Closed) -> Option<Seen> {
        let before = self.course.course();
        let (course, value) = self.course.step(window);
        let is_growth = course == Course::Growth;
        let value = if is_growth { value? } else { window.value };
        let starts_over = is_growth != (before == Course::Growth);
        if starts_over {
            self.shift = self.shift.is_some().then(Box::default);
        }
        let variance = self.uncertainty(spec, window);
        Some(Seen { window: Closed { value, ..*window }, is_growth, starts_over, variance })
    }

    fn uncertainty(&mut self, spec: &SignalSpec, window: &Closed) -> f64 {
        match (window.weight, spec.scale) {
            (Some(events), Scale::Logarithmic) => {
                self.weight.step(Kind::Quantile { spread: SPREAD }, window.value, events)
            }
            _ => 0.0,
        }
    }

    /// Whether growth is judged in place of the level.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.course.course() == Course::Growth
    }

    /// Whether the series is zero nearly always and enough events were seen to judge them: then nobody else does.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        self.sparse.as_deref().is_some_and(sparse::State::is_warm)
    }

    fn is_states(&self) -> bool {
        self.states.as_deref().is_some_and(states::State::is_states)
    }

    /// Makes the level of now the normal one.
    pub fn adopt(&mut self) {
        if let Some(shift) = &mut self.shift {
            shift.adopt();
        }
    }

    fn begin(&mut self) {
        if self.windows == 0 {
            (self.flatline, self.shift) = (Some(Box::default()), Some(Box::default()));
            (self.sparse, self.states) = (Some(Box::default()), Some(Box::default()));
        }
        self.windows = self.windows.saturating_add(1);
    }

    fn let_go(&mut self) {
        self.sparse.take_if(|sparse| sparse.is_dense());
        self.states.take_if(|states| states.is_measured());
    }
}

#[cfg(test)]
mod tests;
