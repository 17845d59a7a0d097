//! Where the time of slow requests goes: into the database, into more requests than the workers can take, into the code, or
//! into waiting for others.
//!
//! An application server's log says of each request how long it took and how long of that its queries took. Added up by tenant
//! and step, and held against what is usual, the *excess* has three parts: queries, more requests than usual, and requests that
//! take longer outside of queries. The largest part over the time of an incident is its bottleneck.
//!
//! | module | decides |
//! |---|---|
//! | [`profile`] | what is usual of a tenant's requests, and the excess of the last steps |
//! | [`verdict`] | what the excess of an incident's tenants comes to |
//!
//! It decides only where such signals exist ([`RequestPart`]), and says nothing where work fails at once: what takes no time has
//! no bottleneck in time.

pub mod profile;
pub mod verdict;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::RequestPart;
use tidewatch_schemas::{ResourceId, TenantId, Timestamp};

use profile::{Parts, Profile};

use crate::contention::{Reading, Says};

/// Most tenants of all servers of a pool that are followed; further ones are not looked at.
const MOST_PROFILES: usize = 8_192;
/// Most steps that readings may be ahead of the last judged one.
const MOST_AHEAD: i64 = 64;
/// A tenant that was not seen for so many steps is forgotten.
const FORGET_AFTER: i64 = 10_000;

/// What is remembered of one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Server {
    tenants: BTreeMap<TenantId, Profile>,
    /// What its processes take of the processors, all together.
    processor: Profile,
}

/// What is remembered of the servers of a pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    servers: BTreeMap<ResourceId, Server>,
    pending: BTreeMap<i64, Vec<(ResourceId, TenantId, RequestPart, f64)>>,
    judged: Option<i64>,
    profiles: usize,
}

impl State {
    /// Takes in what a closed window says of requests; other readings are left alone.
    pub fn absorb(&mut self, reading: &Reading, step_ms: i64) {
        let Says::Spends { part, rate } = reading.says else { return };
        let step = reading.at.0.div_euclid(step_ms.max(1));
        if rate.is_finite() && self.judged.is_none_or(|judged| step <= judged + MOST_AHEAD) {
            let of = (reading.resource.clone(), reading.tenant.clone(), part, rate.max(0.0));
            self.pending.entry(step).or_default().push(of);
        }
    }

    /// Judges the steps up to `over`.
    pub fn advance(&mut self, over: i64) {
        let later = self.pending.split_off(&(over + 1));
        let due = std::mem::replace(&mut self.pending, later);
        for (step, readings) in due {
            // What came after its step was judged is part of the next one.
            let step = self.judged.map_or(step, |judged| step.max(judged + 1));
            self.step(step, readings);
        }
    }

    fn step(&mut self, step: i64, readings: Vec<(ResourceId, TenantId, RequestPart, f64)>) {
        self.judged = Some(step);
        let mut sums: BTreeMap<ResourceId, BTreeMap<TenantId, Parts>> = BTreeMap::new();
        for (server, tenant, part, rate) in readings {
            sums.entry(server).or_default().entry(tenant).or_default().add(part, rate);
        }
        for (server, tenants) in sums {
            self.serve(step, server, &tenants);
        }
    }

    /// Takes in what one server did in a step; a tenant without requests had none.
    fn serve(&mut self, step: i64, server: ResourceId, tenants: &BTreeMap<TenantId, Parts>) {
        let has_requests = tenants.values().any(Parts::are_requests);
        if !has_requests && !self.servers.contains_key(&server) {
            return;
        }
        let server = self.servers.entry(server).or_default();
        let processor = tenants.values().map(|parts| parts.processor).sum();
        server.processor.step(step, &Parts { processor, ..Parts::default() });
        for (tenant, _) in tenants.iter().filter(|(_, parts)| parts.are_requests()) {
            if !server.tenants.contains_key(tenant) && self.profiles < MOST_PROFILES {
                server.tenants.insert(tenant.clone(), Profile::default());
                self.profiles += 1;
            }
        }
        if !has_requests {
            return;
        }
        for (tenant, profile) in &mut server.tenants {
            profile.step(step, &tenants.get(tenant).copied().unwrap_or_default());
        }
        let before = server.tenants.len();
        server.tenants.retain(|_, profile| profile.is_recent(step - FORGET_AFTER));
        self.profiles = self.profiles.saturating_sub(before - server.tenants.len());
    }

    /// The bottleneck of `tenants` from `since` on; `None` where nothing takes longer, or nothing is known.
    #[must_use]
    pub fn verdict(
        &self,
        tenants: &[TenantId],
        since: Timestamp,
        step_ms: i64,
    ) -> Option<tidewatch_schemas::incident::Bottleneck> {
        let since = since.0.div_euclid(step_ms.max(1));
        verdict::verdict(self.servers.values().map(|server| (&server.tenants, &server.processor)), tenants, since)
    }

    /// Whether nothing is remembered or waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests;
