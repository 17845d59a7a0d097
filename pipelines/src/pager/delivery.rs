//! What one channel knows of one incident, and what it still has to be told.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tidewatch_delivery::pager::{Answer, backoff};
use tidewatch_schemas::Incident;
use tidewatch_schemas::incident::State;

/// Attempts after which a change is given up: with waits of five minutes that is a day.
pub const MOST_ATTEMPTS: u32 = 300;

/// A change that is to be told, and the offset of its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Offset of the record.
    pub offset: i64,
    /// The incident with the change.
    pub incident: Incident,
}

/// A channel and an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Changes that the channel has not taken yet, oldest first.
    pending: VecDeque<Change>,
    /// What it took last.
    known: Option<Incident>,
    /// Attempts for the oldest change.
    attempts: u32,
    /// When the next attempt or repetition is due, in milliseconds since 1970; `None` when there is nothing to tell.
    due_ms: Option<i64>,
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The channel has it.
    Told,
    /// It is tried again then, in milliseconds since 1970.
    Waits {
        /// When.
        until_ms: i64,
        /// Why.
        cause: String,
    },
    /// The channel will not hear of this change.
    GivenUp {
        /// Why.
        cause: String,
    },
}

impl Delivery {
    /// Takes a change in.
    pub fn add(&mut self, change: Change, now_ms: i64) {
        if self.pending.is_empty() {
            (self.due_ms, self.attempts) = (Some(now_ms), 0);
        }
        self.pending.push_back(change);
    }

    /// Takes note of a change that the channel knows already. `again_ms` is when it must hear of it again.
    pub fn remember(&mut self, incident: Incident, again_ms: Option<i64>) {
        (self.known, self.due_ms) = (Some(incident), again_ms);
    }

    /// When something is to be told, in milliseconds since 1970.
    #[must_use]
    pub fn due_ms(&self) -> Option<i64> {
        self.due_ms
    }

    /// The lowest offset of a change that is still to be told.
    #[must_use]
    pub fn oldest(&self) -> Option<i64> {
        self.pending.front().map(|change| change.offset)
    }

    /// The incident with its latest change, whether it was told or waits.
    #[must_use]
    pub fn latest(&self) -> Option<&Incident> {
        self.pending.back().map(|change| &change.incident).or(self.known.as_ref())
    }

    /// How many changes wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// What is to be told, and what the channel knows: the oldest change, else once more what it took last.
    #[must_use]
    pub fn next(&self) -> Option<(&Incident, Option<&Incident>)> {
        let told = self.pending.front().map(|change| &change.incident).or(self.known.as_ref())?;
        Some((told, self.known.as_ref()))
    }

    /// Takes note that an attempt begins; before it does, so that attempts that end the process are counted.
    pub fn begin(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    /// Takes note of an answer to revision `revision`. `again_ms` is when the channel must hear of it again if it took it.
    pub fn answered(
        &mut self,
        revision: u32,
        answer: Answer,
        (now_ms, again_ms): (i64, Option<i64>),
        key: &[u8],
    ) -> Outcome {
        match answer {
            Answer::Taken => {
                if let Some(change) = self.take_front(revision) {
                    self.known = Some(change.incident);
                }
                self.rest(now_ms, again_ms);
                Outcome::Told
            }
            Answer::Later { cause, after_ms } if self.attempts < MOST_ATTEMPTS => {
                let until_ms = now_ms + after_ms.unwrap_or(0).max(backoff::wait_ms(self.attempts, key));
                self.due_ms = Some(until_ms);
                Outcome::Waits { until_ms, cause }
            }
            Answer::Later { cause, .. } | Answer::Refused { cause } => {
                self.take_front(revision);
                self.rest(now_ms, None);
                Outcome::GivenUp { cause }
            }
        }
    }

    /// Takes the oldest change out, if it is that one: an answer to a repetition is none to a change that came meanwhile.
    fn take_front(&mut self, revision: u32) -> Option<Change> {
        let is_it = self.pending.front().is_some_and(|change| change.incident.revision == revision);
        if is_it { self.pending.pop_front() } else { None }
    }

    fn rest(&mut self, now_ms: i64, again_ms: Option<i64>) {
        self.attempts = 0;
        self.due_ms = if self.pending.is_empty() { again_ms } else { Some(now_ms) };
    }

    /// Whether the channel has heard the end and nothing more is to be told.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let is_over = self.known.as_ref().is_none_or(|known| known.state == State::Resolved);
        self.pending.is_empty() && self.due_ms.is_none() && is_over
    }
}
