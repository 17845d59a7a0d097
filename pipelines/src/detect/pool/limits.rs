//! What is done with observations of a tenant that is beyond its limits, and with a tenant over whose input judging
//! panicked.

use tidewatch_detectors::calendar::Today;
use tidewatch_schemas::observation::Temporality;
use tidewatch_schemas::{Observation, Origin, RejectReason, SeriesId, SeriesKey, Timestamp, Value};

use super::{Pool, Results, judged_unit};
use crate::detect::folded::Arrival;
use crate::detect::settings::Settings;
use crate::detect::tenants::{Beyond, OVERFLOW};
use crate::guard::guarded;

impl Pool {
    /// Whether the series of an observation may begin; if so, it counts among those of its tenant.
    pub(super) fn admit(&mut self, settings: &Settings, series: &SeriesKey) -> Result<(), Beyond> {
        if self.series.len() >= settings.series_limit {
            return Err(Beyond::Pool);
        }
        self.tenants.admit(series, self.state.time, settings.tenant_limits)
    }

    /// The overflow series of an observation beyond the limits; `None` when it cannot be added to others and is refused.
    pub(super) fn fold(&mut self, settings: &Settings, arrival: &Arrival<'_>, beyond: Beyond) -> Option<SeriesId> {
        let Arrival { observation, origin, .. } = *arrival;
        if beyond != Beyond::Pool {
            self.tenants.exceed(&observation.series, origin, self.state.time);
            let overflow = self.overflow_of(settings, observation);
            if overflow.is_some() {
                return overflow;
            }
        }
        let detail = || describe(settings, &observation.series, beyond);
        self.state.refused.add(RejectReason::TooManySeries, arrival, detail);
        None
    }

    fn overflow_of(&mut self, settings: &Settings, observation: &Observation) -> Option<SeriesId> {
        if !adds_up(&observation.value) {
            return None;
        }
        let own = &observation.series;
        let (resource, attributes) = (OVERFLOW.into(), std::collections::BTreeMap::new());
        let key = SeriesKey { resource, attributes, ..own.clone() };
        let id = key.id();
        if self.series.contains(id) {
            return Some(id);
        }
        if self.series.len() >= settings.series_limit || !self.tenants.has_room_for_overflow(own) {
            return None;
        }
        self.tenants.count(&key);
        let place = self.place_of(settings, &key);
        self.series.insert(id, key, judged_unit(observation), place);
        Some(id)
    }

    /// Takes note of a report, where one more resource to watch is not one too many.
    pub(super) fn note_report_of(&mut self, settings: &Settings, id: SeriesId, arrival: &Arrival<'_>) {
        let series = &arrival.observation.series;
        let is_overflow = self.series.get(id).is_some_and(|entry| entry.key.resource.as_str() == OVERFLOW);
        if !is_overflow || self.neighbours.knows(series) {
            self.note_report(settings, arrival.observation, arrival.origin);
        }
    }

    /// Whether the tenant of an observation is isolated, in which case the observation is refused.
    pub(super) fn refuses(&mut self, arrival: &Arrival<'_>) -> bool {
        let tenant = &arrival.observation.series.tenant;
        let Some(until) = self.tenants.isolated_until(tenant, self.state.time) else { return false };
        let detail = || format!("{tenant} is not judged until {until}, because judging one of its inputs panicked");
        self.state.refused.add(RejectReason::Isolated, arrival, detail);
        true
    }

    /// Judges one observation; should that panic, its series is forgotten and its tenant isolated.
    pub(super) fn judge_arrival(
        &mut self,
        settings: &Settings,
        id: SeriesId,
        arrival: &Arrival<'_>,
        results: &mut Results,
    ) {
        let judged = guarded(|| {
            #[cfg(debug_assertions)]
            settings.trip_over(&arrival.observation.value);
            self.absorb(settings, id, arrival);
            self.note_report_of(settings, id, arrival);
            self.judge(settings, id, results);
        });
        if let Err(cause) = judged {
            self.isolate(settings, id, (arrival.origin, arrival.received), &cause);
        }
    }

    /// Closes a window whose time has come, with the same care.
    pub(super) fn judge_due(&mut self, settings: &Settings, id: SeriesId, results: &mut Results) {
        if let Err(cause) = guarded(|| self.judge(settings, id, results))
            && let Some(origin) = self.state.last_origin.clone()
        {
            self.isolate(settings, id, (&origin, self.state.time), &cause);
        }
    }

    /// What was half changed is forgotten: the series begins anew, and its tenant is not judged for a while.
    fn isolate(&mut self, settings: &Settings, id: SeriesId, (origin, at): (&Origin, Timestamp), cause: &str) {
        let Some(key) = self.series.get(id).map(|entry| entry.key.clone()) else { return };
        self.series.reset(id, &settings.series, Today::new(self.calendar_of(settings, &key.tenant)));
        let until = self.tenants.isolate(&key, self.state.time);
        let SeriesKey { signal, tenant, resource, .. } = &key;
        tracing::error!(%tenant, %resource, %signal, cause, "judging panicked; the tenant is isolated");
        let detail = || {
            format!(
                "judging {signal} of {tenant} on {resource} panicked: {cause}; the series begins anew, and the tenant is not \
                 judged until {until}"
            )
        };
        self.state.refused.add_of(RejectReason::Panicked, (origin, at), detail);
    }
}

/// Whether values of several series add up to one that means something.
fn adds_up(value: &Value) -> bool {
    match value {
        Value::Log(_) => true,
        Value::Sum(sum) => sum.temporality == Temporality::Delta,
        Value::Gauge(_) | Value::Distribution(_) | Value::Summary(_) => false,
    }
}

fn describe(settings: &Settings, series: &SeriesKey, beyond: Beyond) -> String {
    let SeriesKey { pool, tenant, signal, .. } = series;
    match beyond {
        Beyond::Pool => {
            format!("{} series in pool {pool} are the limit; {signal} of {tenant} is one more", settings.series_limit)
        }
        Beyond::Tenant => {
            let limit = settings.tenant_limits.series;
            format!("{limit} series of {tenant} in pool {pool} are the limit; {signal} is one more")
        }
        Beyond::Minute => {
            let limit = settings.tenant_limits.begun;
            format!("{limit} series of {tenant} in pool {pool} may begin in a minute; {signal} is one more")
        }
    }
}
