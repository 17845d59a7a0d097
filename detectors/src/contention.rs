//! Who hurts whom on a resource that tenants share.
//!
//! Latency names no culprit: on a shared database all tenants rise together. So what tenants *feel* and what they *take*
//! are watched apart, each against its own usual, and are only brought together while several suffer. The verdict is one of
//! three: somebody takes more than usual and the pain follows it; everybody takes more, and nobody is guilty; or nobody
//! does, and it is the resource or something outside.
//!
//! | module | decides |
//! |---|---|
//! | [`reading`] | what a closed window says: what is taken, or how much it hurts |
//! | [`whole`] | which resources are parts of one that is shared |
//! | [`level`], [`ring`] | what is usual of a number, and what it was lately |
//! | [`pain`] | how much each tenant suffers |
//! | [`usage`], [`peaks`] | what each tenant takes beyond its usual, beyond what all have in common and beyond its earlier peaks |
//! | [`suspicion`] | whose excess explains the pain |
//! | `episode` | when trouble begins and ends, and what is said of it meanwhile |
//! | [`verdict`] | the conclusion, in numbers and in words |
//! | `peers` | how the others do while some are in trouble |
//! | `outliers` | who is worse than its peers all the time |
//! | `following` | whose coming the work of others follows, where nobody measures how slow work is |
//! | [`burden`] | what victims bear meanwhile |
//!
//! Time moves in steps of one window. A step costs O(series that take or suffer); only while tenants suffer are the last
//! 32 steps of those with an excess looked at. Nothing is blamed before 20 steps are known of it.

pub mod burden;
mod episode;
mod following;
pub mod level;
mod outliers;
pub mod pain;
pub mod peaks;
mod peers;
pub mod reading;
pub mod ring;
mod state;
pub mod suspicion;
mod telling;
pub mod usage;
pub mod verdict;
pub mod whole;

use tidewatch_schemas::{PoolId, Timestamp};

pub use burden::Burden;
pub use following::{Followed, Follower, Following};
pub use outliers::Outlier;
pub use reading::{Reading, Says};
pub use state::State;
pub use verdict::{Blame, Cause, Verdict};
pub use whole::Whole;

/// Shortest step, in milliseconds.
const LEAST_STEP_MS: i64 = 5_000;

/// Watches the tenants of one pool. Parameters only; memory is in [`State`].
#[derive(Clone, Debug, PartialEq)]
pub struct Contention {
    /// Length of a step in milliseconds.
    pub step_ms: i64,
    /// How long after its end a step is waited for, in milliseconds of the pool's time.
    pub patience_ms: i64,
    /// After how long trouble that goes on is the new normal, in milliseconds.
    pub adopt_after_ms: i64,
    /// Resources that are more than their parts; the first that has a part decides.
    pub wholes: Vec<Whole>,
}

impl Contention {
    /// For windows of `window_ms` that stay open for `lateness_ms`; what lasts longer than `adopt_after_ms` is normal.
    #[must_use]
    pub fn new(window_ms: i64, lateness_ms: i64, adopt_after_ms: i64) -> Self {
        let step_ms = window_ms.max(LEAST_STEP_MS);
        Self { step_ms, patience_ms: lateness_ms + step_ms, adopt_after_ms, wholes: Vec::new() }
    }

    /// What is said of a part of a shared resource is said of the whole.
    pub fn joined(&self, pool: &PoolId, readings: &mut [Reading]) {
        for reading in readings {
            if let Some(whole) = self.wholes.iter().find(|whole| whole.has(pool, &reading.resource)) {
                reading.resource = whole.resource.clone();
            }
        }
    }

    /// Takes in what a closed window says.
    pub fn absorb(&self, state: &mut State, reading: &Reading) {
        state.absorb(reading.at.0.div_euclid(self.step_ms), reading);
    }

    /// Whether a step is over at `now` that was not judged.
    #[must_use]
    pub fn is_due(&self, state: &State, now: Timestamp) -> bool {
        state.judged().is_none_or(|judged| self.over(now) > judged)
    }

    /// Lets the pool's time pass: judges the steps that are over, and says what changed.
    pub fn advance(&self, state: &mut State, now: Timestamp) -> Vec<Verdict> {
        state.advance(self, self.over(now))
    }

    /// The last step that is over at `now`.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> i64 {
        (now + -self.patience_ms).0.div_euclid(self.step_ms) - 1
    }

    /// The start of a step.
    fn start_of(&self, step: i64) -> Timestamp {
        Timestamp(step.saturating_mul(self.step_ms))
    }
}
