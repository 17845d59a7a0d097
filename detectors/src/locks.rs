//! Who waits for whose lock: what lines of a database's log say about single waits, put together into chains.
//!
//! A session that waits may itself hold what others wait for, so behind a crowd of waiting sessions there is often one that holds
//! everything up. Locks lie inside one database, apart from the few on what a server has in common; a database is one tenant's, so
//! nearly every chain is its tenant's own trouble, and is said to be. That others suffer because a shared worker waits
//! with it is for [`contention`](crate::contention) to tell.
//!
//! A wait is known by the processes of its resource. The database says how it ends, unless the line is lost, and while it lasts
//! only when more sessions come to wait. So what nothing is heard of for a minute is no longer told, and forgotten after ten; when
//! it does end, it is told with all of its time. State is bounded; at the bound the wait that was not heard of
//! for longest gives way.

mod chain;
mod wait;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{LockEvent, LockStage, Origin, PoolId, ResourceId, TenantId, Timestamp};

pub use chain::Chain;
use wait::Wait;

/// Most waits of a pool that are remembered.
const MOST_WAITS: usize = 1_024;
/// Most sessions of a pool whose tenant is remembered.
const MOST_SESSIONS: usize = 4_096;
/// How long a wait is remembered of which nothing is heard.
const FORGOTTEN_MS: i64 = 600_000;
/// How long a chain is told of which nothing is heard.
const TOLD_MS: i64 = 60_000;
/// How often a chain that lasts is told again.
const REPEAT_MS: i64 = 10_000;

/// Tells of chains that last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locks {
    /// How long a session must have waited before it is told, in milliseconds.
    pub tell_after_ms: i64,
}

/// A process of one resource.
type Session = (ResourceId, u32);

/// What is remembered of the locks of one pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    waits: BTreeMap<Session, Wait>,
    sessions: BTreeMap<Session, (TenantId, Timestamp)>,
}

/// A line about a lock, with whose it is and where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Pool of the resource.
    pub pool: &'a PoolId,
    /// Tenant of the session that waits.
    pub tenant: &'a TenantId,
    /// The database server.
    pub resource: &'a ResourceId,
    /// When the line was written.
    pub at: Timestamp,
    /// What it says.
    pub event: &'a LockEvent,
    /// Where it came from.
    pub origin: &'a Origin,
}

impl Locks {
    /// Takes a line in; a chain where the line itself is worth telling: a deadlock, or the end of a long wait that was not told.
    pub fn observe(&self, state: &mut State, seen: &Seen<'_>) -> Option<Chain> {
        let session = (seen.resource.clone(), seen.event.waiter);
        remember_session(state, &session, seen);
        match seen.event.stage {
            LockStage::Waiting => {
                let known = state.waits.remove(&session);
                state.waits.insert(session, Wait::heard(known, seen));
                forget_least_heard(&mut state.waits);
                None
            }
            LockStage::Failed => {
                state.waits.remove(&session);
                None
            }
            LockStage::Acquired => {
                let known = state.waits.remove(&session);
                let was_told = |wait: &Wait| wait.told_at.is_some_and(|at| seen.at - at < TOLD_MS);
                let told = known.as_ref().is_some_and(was_told);
                let wait = Wait::heard(known, seen);
                let is_long = seen.at - wait.since >= self.tell_after_ms;
                (is_long && !told).then(|| chain::ended(state, &session, &wait, seen.at))
            }
            LockStage::Deadlock => {
                let known = state.waits.remove(&session);
                // A log with lock waits has two lines about it; the one that names the others tells.
                let wait = Wait::heard(known, seen);
                (!seen.event.holders.is_empty()).then(|| chain::deadlock(state, &session, &wait, seen.at))
            }
        }
    }

    /// Lets the pool's time pass: the chains that last and are to be told, one for each session that holds others up and each
    /// tenant that waits for it.
    pub fn advance(&self, state: &mut State, now: Timestamp) -> Vec<Chain> {
        state.waits.retain(|_, wait| now - wait.heard_at <= FORGOTTEN_MS);
        state.sessions.retain(|_, (_, heard_at)| now - *heard_at <= FORGOTTEN_MS);
        if state.waits.is_empty() {
            return Vec::new();
        }
        let chains = chain::all(state, now);
        let mut told = Vec::new();
        for (chain, sessions) in chains {
            let is_due = |wait: &Wait| wait.told_at.is_none_or(|at| now - at >= REPEAT_MS);
            let waits = || sessions.iter().filter_map(|session| state.waits.get(session));
            let is_heard = waits().any(|wait| now - wait.heard_at <= TOLD_MS);
            if now - chain.since < self.tell_after_ms || !is_heard || !waits().all(is_due) {
                continue;
            }
            for session in &sessions {
                if let Some(wait) = state.waits.get_mut(session) {
                    wait.told_at = Some(now);
                }
            }
            told.push(chain);
        }
        told
    }
}

impl State {
    /// Whether nobody is known to wait.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.waits.is_empty()
    }
}

fn remember_session(state: &mut State, session: &Session, seen: &Seen<'_>) {
    state.sessions.insert(session.clone(), (seen.tenant.clone(), seen.at));
    if state.sessions.len() > MOST_SESSIONS {
        let oldest = state.sessions.iter().min_by_key(|(_, (_, heard_at))| *heard_at);
        if let Some(oldest) = oldest.map(|(session, _)| session.clone()) {
            state.sessions.remove(&oldest);
        }
    }
}

fn forget_least_heard(waits: &mut BTreeMap<Session, Wait>) {
    if waits.len() > MOST_WAITS {
        let least = waits.iter().min_by_key(|(_, wait)| wait.heard_at).map(|(session, _)| session.clone());
        if let Some(least) = least {
            waits.remove(&least);
        }
    }
}

#[cfg(test)]
mod tests;
