//! What verdicts of people do in a pool: to its incidents, to the series that spoke for them, and to the calendars of its
//! tenants.

use std::sync::Arc;

use tidewatch_detectors::calendar::{Calendar, Today};
use tidewatch_detectors::grouping::NotFollowed;
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{Origin, Reject, RejectReason, SeriesId, TenantId, Timestamp, Verdict};

use super::{Pool, Results};
use crate::detect::outgoing::Output;
use crate::detect::settings::Settings;

/// A verdict as it came.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Spoken<'a> {
    /// What was said.
    pub verdict: &'a Verdict,
    /// Where it stood.
    pub origin: &'a Origin,
    /// When the broker got it.
    pub received: Timestamp,
}

impl Spoken<'_> {
    /// What says that the verdict is not followed.
    pub fn refusal(&self, reason: RejectReason, detail: String) -> Output {
        let text = serde_json::to_vec(self.verdict).unwrap_or_default();
        Output::Reject(Box::new(Reject {
            reason,
            detail,
            origin: self.origin.clone(),
            received_at: self.received,
            count: 1,
            excerpt: Reject::excerpt_of(&text),
        }))
    }
}

impl Pool {
    /// Follows what a person said of an incident of the pool, or refuses to.
    pub fn listen(&mut self, settings: &Settings, spoken: &Spoken<'_>, results: &mut Results) {
        let (verdict, now) = (spoken.verdict, self.state.time);
        if verdict.action == Action::Undelivered {
            let revised = self.state.undelivered.hear(verdict, now);
            results.outputs.extend(revised.map(|incident| Output::Incident(Box::new(incident))));
            self.changed = true;
            return;
        }
        let what = || format!("{} of {} by {}", verdict.action.name(), verdict.incident_id, verdict.by);
        let past = self.archive.get_mut(verdict.incident_id);
        match settings.grouping.hear((&mut self.state.cases, past), verdict, now) {
            Ok(followed) => {
                self.changed = true;
                self.teach(settings, verdict.action, &followed.series);
                if verdict.action == Action::Expected {
                    self.look_at_calendars(settings, &followed.incident.tenants);
                }
                results.outputs.push(self.published(settings, followed.incident));
            }
            Err(NotFollowed::Unknown) => {
                let detail = format!("{}: pool {} has no such incident, or not any more", what(), self.state.id);
                results.outputs.push(spoken.refusal(RejectReason::UnknownIncident, detail));
            }
            Err(NotFollowed::Senseless(why)) => {
                let detail = format!("{}: {why}", what());
                results.outputs.push(spoken.refusal(RejectReason::NotApplicable, detail));
            }
        }
    }

    /// Tells the series that spoke for an incident what people think of it.
    fn teach(&mut self, settings: &Settings, action: Action, series: &[SeriesId]) {
        let now = self.state.time;
        for id in series {
            let Some(entry) = self.series.get_mut(*id) else { continue };
            match action {
                Action::FalseAlarm => entry.state.doubt(now),
                Action::NewNormal => entry.state.adopt(&mut entry.today),
                Action::Acknowledge | Action::Resolve | Action::Real | Action::Expected | Action::Undelivered => {
                    continue;
                }
            }
            self.series.changed(*id, &settings.series);
        }
    }

    /// The calendar of a tenant, with what people said was to be expected of it.
    pub(super) fn calendar_of(&self, settings: &Settings, tenant: &TenantId) -> Arc<Calendar> {
        let own = settings.calendars.of(tenant);
        let its = self.state.cases.expected().iter().filter(|event| event.tenants.contains(tenant));
        its.fold(own, |calendar, event| {
            let days = (event.from, event.until);
            calendar.with_event(&event.name, days).map_or(calendar, Arc::new)
        })
    }

    fn look_at_calendars(&mut self, settings: &Settings, tenants: &[TenantId]) {
        for tenant in tenants {
            let calendar = self.calendar_of(settings, tenant);
            for entry in self.series.of_tenant(tenant) {
                entry.today = Today::new(Arc::clone(&calendar));
            }
        }
    }
}
