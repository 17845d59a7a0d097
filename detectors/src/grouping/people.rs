//! What verdicts of people do to cases. What they do to series is for the pool to do, which has them.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::incident::{Evidence, State as Stage};
use tidewatch_schemas::response::{Response, Said};
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{Finding, Incident, SeriesId, SignalName, TenantId, Timestamp, Verdict};

use super::case::Case;
use super::{Grouping, Past, State};

/// Most expected events of one pool; the one that ends first gives way.
const MOST_EXPECTED: usize = 64;
/// How long an event is kept after its end, in milliseconds: until its last day is over in every place.
const KEPT_MS: i64 = 3 * 86_400_000;

/// An event that somebody said was to be expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub tenants: Vec<TenantId>,
    /// In which signals it shows.
    pub signals: Vec<SignalName>,
    /// Since when it goes on.
    pub from: Timestamp,
    /// Until when it lasts.
    pub until: Timestamp,
}

impl Expected {
    /// Whether it keeps an incident from paging: it goes on, and all that speaks shows it.
    pub(super) fn covers(&self, (evidence, victims): (&[&Evidence], &[TenantId]), now: Timestamp) -> bool {
        let of_customers = || evidence.iter().filter(|each| each.tenant.is_customer());
        let is_its = |each: &&&Evidence| self.tenants.contains(&each.tenant) && self.signals.contains(&each.signal);
        now < self.until
            && of_customers().next().is_some()
            && of_customers().all(|each| is_its(&each))
            && victims.iter().all(|victim| self.tenants.contains(victim))
    }

    /// Whether its last day is over everywhere.
    pub(super) fn is_past(&self, now: Timestamp) -> bool {
        now - self.until > KEPT_MS
    }
}

/// What a verdict came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// The revision of its incident.
    pub incident: Incident,
    /// The series that spoke for it.
    pub series: Vec<SeriesId>,
}

/// Why a verdict is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFollowed {
    /// The pool has no such incident, or not any more.
    Unknown,
    /// It says nothing as the incident stands: a sentence.
    Senseless(String),
}

/// What became of the trouble of a case that somebody closed while it went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Closed {
    /// It may last until a moment; after it the case is reopened by whatever goes on.
    Until(Timestamp),
    /// Whatever its series do belongs to it, until they have been calm for the resolve time.
    WhileItLasts,
}

impl Grouping {
    /// Follows what a person said at `now`, the pool's time, of an incident of `state` or of `past`.
    ///
    /// # Errors
    /// When there is no such incident, or the verdict means nothing as it stands.
    pub fn hear(
        &self,
        (state, past): (&mut State, Option<&mut Past>),
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Followed, NotFollowed> {
        let case = state.cases.iter_mut().find(|case| case.id() == verdict.incident_id);
        let (incident, signals) = match (&case, &past) {
            (Some(case), _) => (case.published(), case.signals()),
            (None, Some(past)) => (past.incident.clone(), past.signals.clone()),
            (None, None) => return Err(NotFollowed::Unknown),
        };
        let event = self.event(verdict, (&incident, signals), now)?;
        let followed = match (case, past) {
            (Some(case), _) => case.follow(self, verdict, now)?,
            (None, past) => past.ok_or(NotFollowed::Unknown)?.follow(verdict, now)?,
        };
        state.expected.extend(event);
        forget_expected(&mut state.expected, now);
        Ok(followed)
    }

    /// The event that a verdict says was to be expected.
    fn event(
        &self,
        verdict: &Verdict,
        (incident, signals): (&Incident, Vec<SignalName>),
        now: Timestamp,
    ) -> Result<Option<Expected>, NotFollowed> {
        if verdict.action != Action::Expected {
            return Ok(None);
        }
        let until = verdict.until.unwrap_or_else(|| self.end_of_day(&incident.tenants, now));
        if until <= incident.started_at {
            let (began, until) = (incident.started_at, until);
            let sentence = format!("the event ends at {until}, before the incident began at {began}");
            return Err(NotFollowed::Senseless(sentence));
        }
        let (name, tenants) = (verdict.name.clone().unwrap_or_default(), incident.tenants.clone());
        Ok(Some(Expected { name, tenants, signals, from: incident.started_at, until }))
    }

    /// The end of the civil day of the tenants of a case.
    fn end_of_day(&self, tenants: &[TenantId], now: Timestamp) -> Timestamp {
        let tenant = tenants.first().cloned().unwrap_or_else(TenantId::shared);
        self.severities.calendars.of(&tenant).civil_day_end(now)
    }

    /// Whether a finding belongs to a case that somebody closed; it is counted there and says nothing else.
    pub(super) fn is_closed_to(state: &mut State, finding: &Finding) -> bool {
        let Some(case) = state.cases.iter_mut().find(|case| case.absorbs(finding)) else { return false };
        case.count(finding);
        true
    }
}

impl State {
    /// The events that people said were to be expected, in the order in which they said so.
    pub fn expected(&self) -> &[Expected] {
        &self.expected
    }
}

fn forget_expected(expected: &mut Vec<Expected>, now: Timestamp) {
    expected.retain(|event| !event.is_past(now));
    if expected.len() > MOST_EXPECTED {
        let first = (0_usize..).zip(expected.iter()).min_by_key(|(_, event)| event.until).map(|(place, _)| place);
        if let Some(place) = first {
            expected.remove(place);
        }
    }
}

impl Case {
    fn refuse_senseless(&self, verdict: &Verdict) -> Result<(), NotFollowed> {
        let senseless = |sentence: String| Err(NotFollowed::Senseless(sentence));
        let response = &self.incident.response;
        match verdict.action {
            Action::Acknowledge if self.is_over() => senseless("it is resolved, and cannot be acknowledged".to_owned()),
            Action::Acknowledge if self.incident.state == Stage::Acknowledged => {
                let by = response.acknowledged_by.as_deref().unwrap_or("somebody");
                senseless(format!("{by} has acknowledged it before"))
            }
            Action::Resolve if self.is_over() => senseless("it is resolved".to_owned()),
            _ => Ok(()),
        }
    }

    /// Does what the verdict says, and tells of it.
    fn follow(&mut self, grouping: &Grouping, verdict: &Verdict, now: Timestamp) -> Result<Followed, NotFollowed> {
        self.refuse_senseless(verdict)?;
        let by = Some(verdict.by.clone());
        match verdict.action {
            Action::Acknowledge => {
                let response = &mut self.incident.response;
                (response.acknowledged_by, response.acknowledged_at) = (by, Some(now));
                self.incident.state = Stage::Acknowledged;
            }
            Action::Real | Action::Undelivered => {}
            Action::Resolve => self.close(by, (Closed::Until(now + grouping.resolve_after_ms), now)),
            Action::FalseAlarm | Action::NewNormal | Action::Expected => {
                self.close(by, (Closed::WhileItLasts, now));
            }
        }
        remember(&mut self.incident.response, verdict);
        Ok(Followed { series: self.series(), incident: self.next_revision(now) })
    }

    fn close(&mut self, by: Option<String>, (closed, now): (Closed, Timestamp)) {
        self.closed = Some(closed);
        self.silent.clear();
        if !self.is_over() {
            self.incident.response.resolved_by = by;
            (self.incident.state, self.incident.resolved_at) = (Stage::Resolved, Some(now));
        }
    }

    /// Whether the finding is of a series of this case, which somebody closed.
    pub(super) fn absorbs(&self, finding: &Finding) -> bool {
        self.closed.is_some() && self.evidence.iter().any(|each| each.series == finding.series)
    }

    /// Whether somebody closed the case and its trouble may go on without a word.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// Lets time pass for what somebody closed.
    pub(super) fn let_go(&mut self, grouping: &Grouping, now: Timestamp) {
        self.closed.take_if(|closed| match closed {
            Closed::Until(until) => *until <= now,
            Closed::WhileItLasts => now - self.last_support >= grouping.resolve_after_ms,
        });
    }
}

pub(super) fn remember(response: &mut Response, verdict: &Verdict) {
    let Verdict { action, by, at, note, .. } = verdict;
    response.said.push(Said { action: *action, by: by.clone(), at: *at, note: note.clone() });
    if response.said.len() > Response::MAX_SAID {
        response.said.remove(0);
    }
}
