//! One session that waits for a lock.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{LockEvent, Origin, PoolId, TenantId, Timestamp};

use super::Seen;

/// Longest wait that a line may claim, in seconds: thirty days.
const LONGEST_S: f64 = 2_592_000.0;

/// What is remembered of a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Wait {
    pub pool: PoolId,
    pub tenant: TenantId,
    /// When it began.
    pub since: Timestamp,
    /// When a line last said that it goes on.
    pub heard_at: Timestamp,
    /// When it was last told.
    pub told_at: Option<Timestamp>,
    /// The first of those that hold the lock.
    pub holder: Option<u32>,
    pub is_global: bool,
    pub object: String,
    pub table: String,
    pub statement: String,
    pub holders_statement: String,
    pub origin: Origin,
}

impl Wait {
    /// What a line makes of what was known: it may say less than one before it.
    pub fn heard(known: Option<Self>, seen: &Seen<'_>) -> Self {
        let event = seen.event;
        let began = seen.at + -milliseconds(event.waited_s);
        let same = known.filter(|known| (known.since - began).abs() <= 1_000 || event.waited_s <= 0.0);
        let or_known = |said: &str, known: fn(&Self) -> &String| match &same {
            Some(same) if said.is_empty() => known(same).clone(),
            _ => shortened(said),
        };
        Self {
            pool: seen.pool.clone(),
            tenant: seen.tenant.clone(),
            since: same.as_ref().map_or(began, |same| same.since.min(began)),
            heard_at: seen.at,
            told_at: same.as_ref().and_then(|same| same.told_at),
            holder: event.holders.first().copied().or_else(|| same.as_ref().and_then(|same| same.holder)),
            is_global: event.is_global || same.as_ref().is_some_and(|same| same.is_global),
            object: or_known(&event.object, |known| &known.object),
            table: or_known(&event.table, |known| &known.table),
            statement: or_known(&event.statement, |known| &known.statement),
            holders_statement: or_known(&event.holders_statement, |known| &known.holders_statement),
            origin: seen.origin.clone(),
        }
    }
}

/// Whatever a line claims, a wait began at most thirty days ago and not in the future.
#[expect(clippy::cast_possible_truncation, reason = "clamped to thirty days")]
fn milliseconds(seconds: f64) -> i64 {
    if seconds.is_finite() { (seconds.clamp(0.0, LONGEST_S) * 1_000.0) as i64 } else { 0 }
}

/// The observations topic is not only written by this release.
fn shortened(text: &str) -> String {
    text.get(..text.floor_char_boundary(LockEvent::MAX_TEXT)).unwrap_or_default().to_owned()
}
