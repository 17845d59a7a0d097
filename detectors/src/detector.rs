//! What every detector is: parameters in itself, memory in a state, and nothing else.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tidewatch_schemas::{Finding, Origin, SeriesKey, SignalSpec};

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
    /// The newest input that went into it.
    pub origin: &'a Origin,
}

/// Decides about closed windows of one series at a time.
///
/// The caller hands over the windows of a series in order of their start, each once, and keeps the state between calls;
/// a fresh series starts from `State::default()`. The implementer is deterministic and infallible, keeps its state
/// bounded, gives no verdict while it warms up, and lets no value that is not finite into its state.
pub trait Detector {
    /// What the detector remembers of one series. Stored between runs, hence versioned by whoever stores it.
    type State: Default + Clone + Serialize + DeserializeOwned;

    /// The verdict on one window; `None` when there is nothing to say.
    fn observe(&self, state: &mut Self::State, judged: &Judged<'_>) -> Option<Finding>;
}
