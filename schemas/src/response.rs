//! What people did about an incident, and what came of nobody doing anything: the part of its record that is not found
//! in numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::verdict::Action;

/// What people did about an incident, and what came of nobody doing anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Response {
    /// Who has taken it; absent while nobody has, and again once it is reopened.
    pub acknowledged_by: Option<String>,
    /// Event time at which it was taken.
    pub acknowledged_at: Option<Timestamp>,
    /// Who said that it is over; absent where the signals said so.
    pub resolved_by: Option<String>,
    /// What people did and said, the latest last; at most [`Response::MAX_SAID`].
    pub said: Vec<Said>,
    /// Which silence, maintenance window or expected event keeps it from paging; absent when it may.
    pub silenced_by: Option<String>,
    /// How often it was told again because nobody took it.
    pub reminders: u32,
    /// How many steps it was escalated because nobody took it.
    pub escalation: u32,
    /// How often it came back after it was resolved.
    pub reopened: u32,
}

/// What one person did or said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Said {
    /// What.
    pub action: Action,
    /// Who.
    pub by: String,
    /// When, by the clock of whoever wrote it.
    pub at: Timestamp,
    /// Why; empty when nothing was said.
    pub note: String,
}

impl Response {
    /// Most things that people did and said that a record lists.
    pub const MAX_SAID: usize = 8;
}
