//! Who reports in a pool, each a tenant on a resource, and what the silence of one says beside the others.

use std::collections::BTreeMap;

use tidewatch_detectors::silence::{self, Neighbour, Rhythm};
use tidewatch_schemas::finding::Stopped;
use tidewatch_schemas::{ResourceId, SeriesId, SeriesKey, TenantId, Timestamp};

use super::entry::Entries;

/// Signal under which reports as such are watched.
pub(super) const REPORTS: &str = "tidewatch.reports";

/// Under which series the reports of a tenant's resource are watched, so that it need not be hashed for every observation.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    reports: BTreeMap<(TenantId, ResourceId), SeriesId>,
}

impl Neighbours {
    /// The series under which reports of the tenant and resource of `series` are watched, which may be new.
    pub fn reports_of(&mut self, series: &SeriesKey) -> (SeriesId, Option<SeriesKey>) {
        let who = (series.tenant.clone(), series.resource.clone());
        if let Some(id) = self.reports.get(&who) {
            return (*id, None);
        }
        let key = SeriesKey { signal: REPORTS.into(), attributes: BTreeMap::new(), ..series.clone() };
        let id = key.id();
        self.reports.insert(who, id);
        (id, Some(key))
    }

    /// Whether reports of the tenant and resource of `series` are watched.
    pub fn knows(&self, series: &SeriesKey) -> bool {
        self.reports.contains_key(&(series.tenant.clone(), series.resource.clone()))
    }

    /// Takes note of a series that was stored.
    pub fn restore(&mut self, series: &SeriesKey) {
        if series.signal.as_str() == REPORTS {
            self.reports.insert((series.tenant.clone(), series.resource.clone()), series.id());
        }
    }

    /// What has stopped, when `silent` has, with the rhythm `heard`.
    pub fn stopped(&self, entries: &Entries, silent: &SeriesKey, (heard, now): (&Rhythm, Timestamp)) -> Stopped {
        let neighbours = self.reports.iter().filter_map(|((tenant, resource), id)| {
            let is_itself = silent.signal.as_str() == REPORTS && *id == silent.id();
            let rhythm = entries.get(*id).filter(|_| !is_itself)?.state.rhythm();
            Some(Neighbour {
                is_of_tenant: *tenant == silent.tenant,
                is_on_resource: *resource == silent.resource,
                goes_on: rhythm.goes_on(heard, now)?,
            })
        });
        silence::stopped(silent.tenant.is_customer(), neighbours)
    }
}
