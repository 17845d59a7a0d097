//! What each tenant of a pool may do: how many series it may have, how many may begin in a minute of event time, and
//! whether it is judged at all. One tenant's flood or one tenant's defect is then not the others' concern.
//!
//! Everything here is counted, by the log alone: nothing depends on how fast a machine is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Season, Side};
use tidewatch_schemas::{Finding, Origin, PoolId, SeriesKey, TenantId, Timestamp};

/// Resource under which what is beyond a tenant's limits is counted together.
pub(super) const OVERFLOW: &str = "_overflow";
/// Signal of the findings that say so.
const LIMIT: &str = "tidewatch.series.limit";
/// Most overflow series of a tenant, one a signal.
const MOST_OVERFLOWS: usize = 64;
const MINUTE_MS: i64 = 60_000;
/// How often a finding says that a tenant is beyond its limits, while it is.
const TELL_MS: i64 = 3_600_000;
/// How long a tenant is not judged after one of its inputs panicked.
const ISOLATION_MS: i64 = 600_000;

/// How many series a tenant may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Series of a tenant in a pool.
    pub series: usize,
    /// Series of a tenant in a pool that may begin in a minute of event time.
    pub begun: u32,
}

/// Which limit a series is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    Pool,
    Tenant,
    Minute,
}

/// A tenant of a pool in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredTenant {
    pub pool: PoolId,
    pub tenant: TenantId,
    /// The minute in which series last began, and how many.
    minute: i64,
    begun: u32,
    /// What was beyond the limits and is not told yet.
    excess: Option<Excess>,
    told_at: Option<Timestamp>,
    isolated_until: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Excess {
    since: Timestamp,
    observations: u64,
    origin: Origin,
}

#[derive(Clone, Debug)]
struct Member {
    stored: StoredTenant,
    series: usize,
    overflows: usize,
    changed: bool,
}

/// The tenants of a pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenants {
    members: BTreeMap<TenantId, Member>,
    isolated: BTreeMap<TenantId, Timestamp>,
    /// Whether anything is to be told.
    has_excess: bool,
}

impl Tenants {
    fn member(&mut self, pool: &PoolId, tenant: &TenantId) -> &mut Member {
        self.members.entry(tenant.clone()).or_insert_with(|| {
            let (pool, tenant) = (pool.clone(), tenant.clone());
            let (minute, begun, excess) = (i64::MIN, 0, None);
            let stored = StoredTenant { pool, tenant, minute, begun, excess, told_at: None, isolated_until: None };
            Member { stored, series: 0, overflows: 0, changed: false }
        })
    }

    pub fn restore(&mut self, stored: StoredTenant) {
        if let Some(until) = stored.isolated_until {
            self.isolated.insert(stored.tenant.clone(), until);
        }
        self.has_excess |= stored.excess.is_some();
        let tenant = stored.tenant.clone();
        self.members.insert(tenant, Member { stored, series: 0, overflows: 0, changed: false });
    }

    /// Takes note of a series that is there.
    pub fn count(&mut self, series: &SeriesKey) {
        let member = self.member(&series.pool, &series.tenant);
        if series.resource.as_str() == OVERFLOW {
            member.overflows += 1;
        } else {
            member.series += 1;
        }
    }

    /// Whether a series may begin at `now`; if so, it counts.
    pub fn admit(&mut self, series: &SeriesKey, now: Timestamp, limits: Limits) -> Result<(), Beyond> {
        let member = self.member(&series.pool, &series.tenant);
        if member.series >= limits.series {
            return Err(Beyond::Tenant);
        }
        let minute = now.0.div_euclid(MINUTE_MS);
        if member.stored.minute != minute {
            (member.stored.minute, member.stored.begun) = (minute, 0);
        }
        if member.stored.begun >= limits.begun {
            return Err(Beyond::Minute);
        }
        member.stored.begun += 1;
        member.series += 1;
        member.changed = true;
        Ok(())
    }

    /// Whether a tenant may have one more overflow series.
    pub fn has_room_for_overflow(&mut self, series: &SeriesKey) -> bool {
        self.member(&series.pool, &series.tenant).overflows < MOST_OVERFLOWS
    }

    /// Takes note of an observation beyond the limits.
    pub fn exceed(&mut self, series: &SeriesKey, origin: &Origin, now: Timestamp) {
        self.has_excess = true;
        let member = self.member(&series.pool, &series.tenant);
        member.changed = true;
        match &mut member.stored.excess {
            Some(excess) => {
                excess.observations += 1;
                excess.origin = origin.clone();
            }
            excess => *excess = Some(Excess { since: now, observations: 1, origin: origin.clone() }),
        }
    }

    /// Findings about the tenants that are beyond their limits, each once an hour.
    pub fn tell(&mut self, now: Timestamp, limits: Limits) -> Vec<Finding> {
        if !self.has_excess {
            return Vec::new();
        }
        let mut findings = Vec::new();
        self.has_excess = false;
        for member in self.members.values_mut() {
            let stored = &mut member.stored;
            if stored.told_at.is_some_and(|told| now - told < TELL_MS) {
                self.has_excess |= stored.excess.is_some();
                continue;
            }
            if let Some(excess) = stored.excess.take() {
                (stored.told_at, member.changed) = (Some(now), true);
                findings.push(finding(stored, &excess, now, (member.series, limits)));
            }
        }
        findings
    }

    /// Stops to judge a tenant for a while; returns until when.
    pub fn isolate(&mut self, series: &SeriesKey, now: Timestamp) -> Timestamp {
        let until = now + ISOLATION_MS;
        let member = self.member(&series.pool, &series.tenant);
        (member.stored.isolated_until, member.changed) = (Some(until), true);
        self.isolated.insert(series.tenant.clone(), until);
        until
    }

    /// Until when a tenant is not judged, if it is not at `now`.
    pub fn isolated_until(&mut self, tenant: &TenantId, now: Timestamp) -> Option<Timestamp> {
        let until = *self.isolated.get(tenant)?;
        if now < until {
            return Some(until);
        }
        self.isolated.remove(tenant);
        if let Some(member) = self.members.get_mut(tenant) {
            (member.stored.isolated_until, member.changed) = (None, true);
        }
        None
    }

    /// What changed since the last call, to be written.
    pub fn take_changed(&mut self) -> Vec<StoredTenant> {
        let changed = |member: &mut Member| std::mem::take(&mut member.changed).then(|| member.stored.clone());
        self.members.values_mut().filter_map(changed).collect()
    }
}

impl StoredTenant {
    /// The bytes under which it is stored.
    pub fn key(&self) -> Vec<u8> {
        [self.pool.as_str().as_bytes(), &[0], self.tenant.as_str().as_bytes()].concat()
    }
}

fn finding(stored: &StoredTenant, excess: &Excess, now: Timestamp, (series, limits): (usize, Limits)) -> Finding {
    let StoredTenant { pool, tenant, .. } = stored;
    let (resource, signal) = (OVERFLOW.into(), LIMIT.into());
    let key = SeriesKey { pool: pool.clone(), tenant: tenant.clone(), resource, signal, attributes: BTreeMap::new() };
    let count = excess.observations;
    let summary = format!(
        "{tenant} has {series} series in pool {pool} and sends more than it may have ({}, of which {} may begin in a minute): \
         {count} observations since {} were of further ones; increments and log events of these are added up by signal under \
         {OVERFLOW}, the rest is refused",
        limits.series, limits.begun, excess.since
    );
    Finding {
        detector: DetectorName::Limit,
        series: key.id(),
        pool: key.pool,
        tenant: key.tenant,
        resource: key.resource,
        signal: key.signal,
        attributes: key.attributes,
        unit: "{observation}".to_owned(),
        since: excess.since,
        window_start: excess.since,
        window_end: now,
        actual: Some(count as f64),
        expected: 0.0,
        lower: 0.0,
        upper: 0.0,
        season: Season::Recent,
        side: Side::Above,
        channel: None,
        silence: None,
        contention: None,
        score: 0.0,
        share: 1.0,
        confidence: 1.0,
        summary,
        origin: excess.origin.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { series: 5, begun: 3 };

    fn key(tenant: &str, number: usize) -> SeriesKey {
        let attributes = BTreeMap::from([("n".to_owned(), number.to_string())]);
        SeriesKey { pool: "p".into(), tenant: tenant.into(), resource: "r".into(), signal: "s".into(), attributes }
    }

    fn origin(offset: i64) -> Origin {
        Origin { topic: "t".into(), partition: 0, offset, index: 0 }
    }

    #[test]
    fn a_tenant_has_as_many_series_as_it_may_and_others_do_not_count() {
        let mut tenants = Tenants::default();
        let mut admit =
            |tenant, number, minute: i64| tenants.admit(&key(tenant, number), Timestamp(minute * 60_000), LIMITS);
        let first: Vec<_> = (0..4).map(|number| admit("a", number, 0)).collect();
        assert_eq!(first, [Ok(()), Ok(()), Ok(()), Err(Beyond::Minute)]);
        assert_eq!(admit("b", 0, 0), Ok(()));
        let later: Vec<_> = (3..6).map(|number| admit("a", number, 1)).collect();
        assert_eq!(later, [Ok(()), Ok(()), Err(Beyond::Tenant)], "the next minute has room, up to the limit");
        assert_eq!(admit("a", 9, 100), Err(Beyond::Tenant));
    }

    #[test]
    fn an_excess_is_told_once_an_hour_with_its_size() {
        let mut tenants = Tenants::default();
        assert!(tenants.tell(Timestamp(0), LIMITS).is_empty());
        let hour = |hours: i64| Timestamp(hours * TELL_MS);
        for offset in 0..7 {
            tenants.exceed(&key("a", 1), &origin(offset), hour(0));
        }
        let told = tenants.tell(hour(0) + 5_000, LIMITS);
        assert_eq!((told.len(), told[0].actual, told[0].origin.offset), (1, Some(7.0), 6));
        assert!(told[0].summary.contains("7 observations since 1970-01-01T00:00:00.000Z"), "{}", told[0].summary);
        tenants.exceed(&key("a", 1), &origin(9), hour(0) + 6_000);
        assert!(tenants.tell(hour(0) + 9_000, LIMITS).is_empty(), "it was just told");
        let again = tenants.tell(hour(1) + 5_000, LIMITS);
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].actual, Some(1.0));
        assert!(tenants.tell(hour(3), LIMITS).is_empty(), "it is over");
    }

    #[test]
    fn a_restart_changes_nothing() {
        let mut tenants = Tenants::default();
        for number in 0..2 {
            assert_eq!(tenants.admit(&key("a", number), Timestamp(0), LIMITS), Ok(()));
        }
        tenants.exceed(&key("a", 7), &origin(1), Timestamp(10));
        tenants.isolate(&key("a", 0), Timestamp(20));
        let mut restored = Tenants::default();
        tenants.take_changed().into_iter().for_each(|stored| restored.restore(stored));
        (0..2).for_each(|number| restored.count(&key("a", number)));
        for each in [&mut tenants, &mut restored] {
            assert!(each.take_changed().is_empty());
            assert_eq!(each.admit(&key("a", 2), Timestamp(30), LIMITS), Ok(()));
            assert_eq!(each.admit(&key("a", 3), Timestamp(30), LIMITS), Err(Beyond::Minute));
            assert_eq!(each.isolated_until(&"a".into(), Timestamp(30)), Some(Timestamp(20 + ISOLATION_MS)));
            assert_eq!(each.isolated_until(&"a".into(), Timestamp(20 + ISOLATION_MS)), None);
            assert_eq!(each.isolated_until(&"a".into(), Timestamp(30)), None, "it is over for good");
            assert_eq!(each.tell(Timestamp(40), LIMITS).len(), 1);
        }
    }
}
