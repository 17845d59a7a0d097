//! What every detector is: parameters in itself, memory in a state, and nothing else.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tidewatch_schemas::{Finding, Origin, SeriesKey, SignalSpec, Timestamp};

use crate::baseline::Expected;
use crate::calendar::Day;
use crate::window::Closed;

/// One closed window of one series, with what is known about the series.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The series.
    pub series: &'a SeriesKey,
    /// What the catalog says about its signal.
    pub spec: &'a SignalSpec,
    /// Unit of the window's value.
    pub unit: &'a str,
    /// The window.
    pub window: Closed,
    /// The day it is in, for the tenant.
    pub day: &'a Day,
    /// What a season expects of it, where one is known.
    pub usual: Option<Expected>,
    /// The newest input that went into it.
    pub origin: &'a Origin,
}

/// A moment at which a series has not been heard since an earlier one.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The series.
    pub series: &'a SeriesKey,
    /// The newest input of the series.
    pub origin: &'a Origin,
    /// The pool's time.
    pub now: Timestamp,
    /// When the whole pool last went on after a pause.
    pub resumed: Option<Timestamp>,
}

/// Decides about one series at a time.
///
/// The caller hands over the inputs of a series in order of their event time, each once, and keeps the state between
/// calls; a fresh series starts from `State::default()`. The implementer is deterministic and infallible, keeps its state
/// bounded, gives no verdict while it warms up, and lets no value that is not finite into its state.
pub trait Detector {
    /// What the detector remembers of one series. Stored between runs, hence versioned by whoever stores it.
    type State: Default + Clone + Serialize + DeserializeOwned;
    /// What it looks at: a closed window ([`Judged`]) or the passing of time ([`Moment`]).
    type Input<'a>;

    /// The verdict on one input; `None` when there is nothing to say.
    fn observe(&self, state: &mut Self::State, input: &Self::Input<'_>) -> Option<Finding>;
}
