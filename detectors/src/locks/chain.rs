//! Waits put together: one session holds up many, directly or through others that wait for it.

use std::collections::BTreeMap;

use tidewatch_schemas::finding::{DetectorName, Season, Side};
use tidewatch_schemas::{Finding, Origin, PoolId, ResourceId, SeriesKey, TenantId, Timestamp};

use super::wait::Wait;
use super::{Session, State};
use crate::notice::stretch;
use crate::number::published;

/// The signal under which chains are published.
pub const SIGNAL: &str = "postgresql.lock.chain";
/// Most sessions between a waiting one and the one that holds it up.
const LONGEST: usize = 32;
/// Evidence of a chain in nats: a line says that it is so, and nothing is left to chance.
const CERTAIN: f64 = 20.0;
/// The window that a chain speaks of.
const WINDOW_MS: i64 = 10_000;

/// Sessions of one tenant that wait for one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Pool of the resource.
    pub pool: PoolId,
    /// The database server.
    pub resource: ResourceId,
    /// Tenant of those that wait.
    pub tenant: TenantId,
    /// How many of its sessions wait.
    pub waiting: usize,
    /// Since when the first of them waits.
    pub since: Timestamp,
    /// When this is so.
    pub at: Timestamp,
    /// Process of the session that holds them up; `None` where no line says.
    pub blocker: Option<u32>,
    /// Tenant of that session; `None` where that cannot be known.
    pub blockers_tenant: Option<TenantId>,
    /// What is locked, for the one that waits longest: the table where any of those that wait for it knows it.
    pub object: String,
    /// What the one that waits longest wants to do.
    pub statement: String,
    /// What the blocker does, where a line says.
    pub blockers_statement: String,
    /// Whether the database ended a session because several waited for each other.
    pub is_deadlock: bool,
    /// Where the newest line about it came from.
    pub origin: Origin,
}

/// Every chain at `now` with the sessions that wait in it, sorted by resource, blocker and tenant.
pub(super) fn all(state: &State, now: Timestamp) -> Vec<(Chain, Vec<Session>)> {
    let mut found: BTreeMap<(&ResourceId, Option<u32>, &TenantId), Vec<&Session>> = BTreeMap::new();
    for (session, wait) in &state.waits {
        found.entry((&session.0, root(state, session), &wait.tenant)).or_default().push(session);
    }
    let chains = found.into_iter().filter_map(|((_, blocker, _), sessions)| {
        let waits = || sessions.iter().filter_map(|session| Some((*session, state.waits.get(*session)?)));
        let (session, longest) = waits().min_by_key(|(session, wait)| (wait.since, session.1))?;
        let newest = waits().max_by_key(|(_, wait)| wait.heard_at)?.1;
        let mut chain = of(state, session, longest, now);
        (chain.blocker, chain.waiting, chain.origin) = (blocker, sessions.len(), newest.origin.clone());
        let mut tables = waits().filter(|(_, wait)| wait.object == longest.object).map(|(_, wait)| &wait.table);
        if let Some(table) = tables.find(|table| !table.is_empty()) {
            chain.object.clone_from(table);
        }
        chain.blockers_tenant = blockers_tenant(state, session, longest, blocker);
        Some((chain, sessions.into_iter().cloned().collect()))
    });
    chains.collect()
}

/// The chain of one wait that has ended.
pub(super) fn ended(state: &State, session: &Session, wait: &Wait, at: Timestamp) -> Chain {
    of(state, session, wait, at)
}

/// The chain of a wait that was ended because others waited for it in turn.
pub(super) fn deadlock(state: &State, session: &Session, wait: &Wait, at: Timestamp) -> Chain {
    Chain { is_deadlock: true, ..of(state, session, wait, at) }
}

fn of(state: &State, session: &Session, wait: &Wait, at: Timestamp) -> Chain {
    Chain {
        pool: wait.pool.clone(),
        resource: session.0.clone(),
        tenant: wait.tenant.clone(),
        waiting: 1,
        since: wait.since,
        at,
        blocker: wait.holder,
        blockers_tenant: blockers_tenant(state, session, wait, wait.holder),
        object: if wait.table.is_empty() { wait.object.clone() } else { wait.table.clone() },
        statement: wait.statement.clone(),
        blockers_statement: wait.holders_statement.clone(),
        is_deadlock: false,
        origin: wait.origin.clone(),
    }
}

/// The session at the end of the chain: the first that waits for nobody. Where sessions wait for each other in a circle, the
/// smallest of it, so that all of them have the same.
fn root(state: &State, session: &Session) -> Option<u32> {
    let mut passed = vec![session.1];
    let mut holder = state.waits.get(session)?.holder?;
    for _ in 0..LONGEST {
        if let Some(circle) = passed.iter().position(|process| *process == holder) {
            return passed.into_iter().skip(circle).min();
        }
        passed.push(holder);
        match state.waits.get(&(session.0.clone(), holder)).and_then(|wait| wait.holder) {
            Some(next) => holder = next,
            None => break,
        }
    }
    Some(holder)
}

/// A lock that is not global is held inside the waiter's own database; else a session is known once a line spoke of it.
fn blockers_tenant(state: &State, session: &Session, wait: &Wait, blocker: Option<u32>) -> Option<TenantId> {
    let known = state.sessions.get(&(session.0.clone(), blocker?)).map(|(tenant, _)| tenant.clone());
    known.or_else(|| (!wait.is_global).then(|| wait.tenant.clone()))
}

impl Chain {
    /// Whether the tenant waits for itself; not known to be otherwise counts as not.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.blockers_tenant.as_ref() == Some(&self.tenant)
    }

    /// The chain in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let object = if self.object.is_empty() { String::new() } else { format!(" on {}", self.object) };
        let wanted = if self.statement.is_empty() { String::new() } else { format!(" for {}", self.statement) };
        let holder = self.holder();
        if self.is_deadlock {
            return format!(
                "{}: a session was ended{wanted}, because it and {holder} waited for each other{object}",
                self.tenant
            );
        }
        let waited = stretch((self.at - self.since) as f64);
        let held = self.blocker.map_or(String::new(), |_| format!(" that {holder} holds"));
        let crowd = match self.waiting {
            1 => wanted,
            many => format!("{wanted}, and {many} sessions with it"),
        };
        format!("{} waits {waited}{crowd}: for a lock{object}{held}", self.tenant)
    }

    fn holder(&self) -> String {
        let session = self.blocker.map_or("another session".to_owned(), |process| format!("session {process}"));
        let whose = match &self.blockers_tenant {
            Some(tenant) if *tenant == self.tenant => format!("its own {session}"),
            Some(tenant) => format!("{session} of {tenant}"),
            None => session,
        };
        if self.blockers_statement.is_empty() { whose } else { format!("{whose} ({})", self.blockers_statement) }
    }

    /// The chain as a finding of the tenant that waits. `told_after_ms` is what counts as long.
    #[must_use]
    pub fn finding(&self, told_after_ms: i64) -> Finding {
        let key = SeriesKey {
            pool: self.pool.clone(),
            tenant: self.tenant.clone(),
            resource: self.resource.clone(),
            signal: SIGNAL.into(),
            attributes: BTreeMap::new(),
        };
        Finding {
            detector: DetectorName::Locks,
            pool: key.pool.clone(),
            tenant: key.tenant.clone(),
            resource: key.resource.clone(),
            signal: key.signal.clone(),
            series: key.id(),
            attributes: BTreeMap::new(),
            unit: "s".to_owned(),
            since: self.since,
            window_start: self.since.max(self.at + -WINDOW_MS),
            window_end: self.at,
            actual: Some(published((self.at - self.since) as f64 / 1_000.0)),
            expected: 0.0,
            lower: 0.0,
            upper: published(told_after_ms as f64 / 1_000.0),
            season: Season::Recent,
            side: Side::Above,
            channel: None,
            silence: None,
            contention: None,
            score: CERTAIN,
            share: 1.0,
            confidence: 1.0,
            summary: self.sentence(),
            origin: self.origin.clone(),
        }
    }
}
