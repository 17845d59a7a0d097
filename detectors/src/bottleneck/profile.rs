//! What is usual of one tenant's requests, and by how much the last steps were beyond it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::RequestPart;

/// Steps after which what is usual is known.
const KNOWN_AFTER: u32 = 20;
/// Steps over which what is usual is a plain mean; then it forgets.
const MEAN_OVER: u32 = 50;
/// A step counts for what is usual by at most so many times what is usual.
const MOST_TIMES: f64 = 2.0;
/// Weight of the newest step in what is held against the usual: one request more or less is no excess.
const NEWEST: f64 = 0.4;
/// Steps with excess that are remembered: ten minutes of the default window.
const REMEMBERED: usize = 60;

/// What happened in one step, each per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Requests that ended.
    pub count: f64,
    /// Seconds of their queries.
    pub data: f64,
    /// Seconds that they took as a whole.
    pub whole: f64,
    /// Seconds of processors.
    pub processor: f64,
}

impl Parts {
    /// Adds what a series says.
    pub fn add(&mut self, part: RequestPart, rate: f64) {
        match part {
            RequestPart::Count => self.count += rate,
            RequestPart::Data => self.data += rate,
            RequestPart::Whole => self.whole += rate,
            RequestPart::Processor => self.processor += rate,
        }
    }

    /// Whether anything is said of requests.
    #[must_use]
    pub fn are_requests(&self) -> bool {
        self.count > 0.0 || self.whole > 0.0 || self.data > 0.0
    }

    /// Seconds outside of queries.
    #[must_use]
    pub fn rest(&self) -> f64 {
        (self.whole - self.data).max(0.0)
    }

    fn moved(&self, other: &Self, weight: f64, most: f64) -> Self {
        let toward = |from: f64, to: f64| {
            let to = if most > 0.0 { to.min(most * from.max(f64::MIN_POSITIVE)) } else { to };
            from + weight * (to - from)
        };
        Self {
            count: toward(self.count, other.count),
            data: toward(self.data, other.data),
            whole: toward(self.whole, other.whole),
            processor: toward(self.processor, other.processor),
        }
    }
}

/// What a step had beyond what is usual, in seconds per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Excess {
    /// In queries.
    pub data: f64,
    /// Outside of queries, because there were more requests.
    pub load: f64,
    /// Outside of queries, because requests took longer.
    pub slow: f64,
    /// Of processors.
    pub processor: f64,
}

impl Excess {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.data += other.data;
        self.load += other.load;
        self.slow += other.slow;
        self.processor += other.processor;
    }

    /// All time of requests beyond usual.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.data + self.load + self.slow
    }

    fn of(now: &Parts, usual: &Parts) -> Self {
        let rest = (now.rest() - usual.rest()).max(0.0);
        let per_request = if usual.count > 0.0 { usual.rest() / usual.count } else { 0.0 };
        let load = ((now.count - usual.count).max(0.0) * per_request).min(rest);
        Self {
            data: (now.data - usual.data).max(0.0),
            load,
            slow: rest - load,
            processor: (now.processor - usual.processor).max(0.0),
        }
    }
}

/// What is remembered of one tenant on one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    usual: Parts,
    smooth: Parts,
    steps: u32,
    /// The last step in which there was a request.
    seen: i64,
    excess: VecDeque<(i64, Excess)>,
}

impl Profile {
    /// Takes in a step.
    pub fn step(&mut self, step: i64, now: &Parts) {
        if now.are_requests() || self.steps == 0 {
            self.seen = step;
        }
        self.smooth = if self.steps == 0 { *now } else { self.smooth.moved(now, NEWEST, 0.0) };
        if self.steps >= KNOWN_AFTER {
            let excess = Excess::of(&self.smooth, &self.usual);
            if excess.total() > 0.0 || excess.processor > 0.0 {
                self.excess.push_back((step, excess));
            }
            if self.excess.len() > REMEMBERED {
                self.excess.pop_front();
            }
        }
        self.steps = self.steps.saturating_add(1);
        let weight = 1.0 / f64::from(self.steps.min(MEAN_OVER));
        let most = if self.steps > KNOWN_AFTER { MOST_TIMES } else { 0.0 };
        self.usual = self.usual.moved(now, weight, most);
    }

    /// What is usual of it.
    #[must_use]
    pub fn usual(&self) -> &Parts {
        &self.usual
    }

    /// Everything beyond usual from the step `since` on, and over how many steps.
    #[must_use]
    pub fn excess_since(&self, since: i64) -> (Excess, u32) {
        let (mut sum, mut steps) = (Excess::default(), 0);
        for (_, excess) in self.excess.iter().filter(|(step, _)| *step >= since) {
            sum.add(excess);
            steps += 1;
        }
        (sum, steps)
    }

    /// Whether there was a request since `step`.
    #[must_use]
    pub fn is_recent(&self, step: i64) -> bool {
        self.seen >= step
    }
}
