//! What comes of nobody taking an incident, and how long one that keeps coming back must be calm.
//!
//! A reminder and a step of escalation are revisions like any other, decided by the pool's time: a replay gives them again,
//! and every channel gets them the way it gets other changes.

use tidewatch_schemas::incident::{Severity, State as Stage};
use tidewatch_schemas::{Incident, Timestamp};

use super::Grouping;
use super::case::{At, Case};

/// Most steps of escalation.
const MOST_STEPS: u32 = 3;
/// The time between reminders doubles so often at most.
const MOST_DOUBLINGS: u32 = 3;

/// How people are kept at it. Times in milliseconds of the pool's time; 0 for never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// After how long an incident that nobody took is told again. The time doubles with each reminder, up to eight times.
    pub remind_after_ms: i64,
    /// After how long one that nobody took is escalated by a step, up to three.
    pub escalate_after_ms: i64,
    /// What is escalated: this and what is worse.
    pub escalate_from: Option<Severity>,
}

impl Grouping {
    /// How long the signals of a case must be calm that came back `reopened` times: twice as long each time, eight times at
    /// most.
    pub(super) fn calm_ms(&self, reopened: u32) -> i64 {
        self.resolve_after_ms.saturating_mul(1 << reopened.min(MOST_DOUBLINGS))
    }
}

impl Case {
    /// A new revision when nobody has taken the incident for too long, or when what silences it began or ended.
    pub(super) fn urge(&mut self, grouping: &Grouping, at: At<'_>) -> Option<Incident> {
        let now = at.now;
        let is_waiting = matches!(self.incident.state, Stage::Open | Stage::Reopened);
        if self.is_over() {
            return None;
        }
        let silenced_by = self.silenced_by(grouping, at);
        if silenced_by != self.incident.response.silenced_by {
            // What was silent until now is told now, so patience begins.
            (self.incident.response.silenced_by, self.told_at) = (silenced_by, now);
            return Some(self.next_revision(now));
        }
        if !is_waiting || silenced_by.is_some() {
            return None;
        }
        let waited = now - self.told_at;
        let patience = &grouping.patience;
        let response = &mut self.incident.response;
        let doubled = 1_i64 << response.reminders.min(MOST_DOUBLINGS);
        let is_late = |after_ms: i64, times: i64| after_ms > 0 && waited >= after_ms.saturating_mul(times);
        let step = i64::from(response.escalation) + 1;
        let matters = patience.escalate_from.is_some_and(|least| self.incident.severity >= least);
        if matters && response.escalation < MOST_STEPS && is_late(patience.escalate_after_ms, step) {
            response.escalation += 1;
            return Some(self.next_revision(now));
        }
        let since_reminder = now - self.reminded_at.unwrap_or(self.told_at);
        let remind_after_ms = patience.remind_after_ms.saturating_mul(doubled);
        if patience.remind_after_ms > 0 && since_reminder >= remind_after_ms {
            response.reminders = response.reminders.saturating_add(1);
            self.reminded_at = Some(now);
            return Some(self.next_revision(now));
        }
        None
    }

    /// Nobody has been waited for yet.
    pub(super) fn begin_to_wait(&mut self, now: Timestamp) {
        (self.told_at, self.reminded_at) = (now, None);
        let response = &mut self.incident.response;
        (response.reminders, response.escalation) = (0, 0);
        (response.acknowledged_by, response.acknowledged_at, response.resolved_by) = (None, None, None);
    }
}
