//! Which incidents are wanted, and in which order they are told: what needs somebody first, worst first, newest first.

use std::cmp::Reverse;

use tidewatch_schemas::incident::{Severity, State};
use tidewatch_schemas::{Incident, PoolId, TenantId, Timestamp};

use super::{Log, is_over};

/// How long a resolved incident is still listed when nothing else is asked for, in milliseconds.
const STILL_OF_INTEREST_MS: i64 = 86_400_000;

/// Which states are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What is not resolved, and what was resolved within the last day.
    #[default]
    Current,
    /// One state.
    Only(State),
    /// Every state.
    All,
}

/// Which incidents are wanted. The default is what somebody who looks at the screen needs to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// In which state.
    pub wanted: Wanted,
    /// Only those that concern this tenant, as one that suffers, causes it, or in which something was found.
    pub tenant: Option<TenantId>,
    /// Only those of this pool.
    pub pool: Option<PoolId>,
    /// Only those at least this bad.
    pub at_least: Option<Severity>,
    /// Only those that were opened or changed so many milliseconds ago or later.
    pub since_ms: Option<i64>,
}

/// Incidents in the order in which they are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing<'a> {
    /// Those that are wanted.
    pub shown: Vec<&'a Incident>,
    /// How many are left out only because they were resolved long ago.
    pub old: usize,
}

impl Selection {
    /// The incidents of `log` that are wanted at `now`, each in its last revision.
    #[must_use]
    pub fn of<'a>(&self, log: &'a Log, now: Timestamp) -> Listing<'a> {
        let asked = |incident: &&Incident| self.is_about(incident) && self.is_recent(incident, now);
        let (mut shown, old): (Vec<&Incident>, Vec<&Incident>) =
            log.last().filter(asked).partition(|incident| self.is_in_state(incident, now));
        shown.sort_by_key(|incident| {
            let severity = Reverse(incident.severity);
            (is_over(incident), severity, Reverse(incident.opened_at), incident.incident_id)
        });
        let old = if self.wanted == Wanted::Current { old.len() } else { 0 };
        Listing { shown, old }
    }

    /// Whether it is about the tenant and pool that are asked for, and bad enough.
    #[must_use]
    pub fn is_about(&self, incident: &Incident) -> bool {
        let Incident { tenants, victims, culprits, .. } = incident;
        let concerns = |tenant: &TenantId| [tenants, victims, culprits].iter().any(|all| all.contains(tenant));
        self.tenant.as_ref().is_none_or(concerns)
            && self.pool.as_ref().is_none_or(|pool| incident.pool == *pool)
            && self.at_least.is_none_or(|least| incident.severity >= least)
    }

    /// Whether it changed within the time that is asked for.
    #[must_use]
    pub fn is_recent(&self, incident: &Incident, now: Timestamp) -> bool {
        self.since_ms.is_none_or(|since| now - incident.updated_at <= since)
    }

    fn is_in_state(&self, incident: &Incident, now: Timestamp) -> bool {
        match self.wanted {
            Wanted::All => true,
            Wanted::Only(state) => incident.state == state,
            // Who says since when they want to see has said what is of interest.
            Wanted::Current if self.since_ms.is_some() || !is_over(incident) => true,
            Wanted::Current => now - incident.resolved_at.unwrap_or(incident.updated_at) <= STILL_OF_INTEREST_MS,
        }
    }
}
