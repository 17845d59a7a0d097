//! The one place that reads the host's clock. What decides never asks it: event time is in the records, now is in ticks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tidewatch_schemas::Timestamp;

/// What the host's clock shows, in milliseconds since 1970; a clock before 1970 shows 0.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Measures how long something takes, whatever happens to the host's clock meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
