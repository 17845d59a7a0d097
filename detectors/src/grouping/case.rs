//! One incident while it lives: its evidence, and the revisions that come of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::{Mechanism, Role};
use tidewatch_schemas::finding::{Contention, Guilt};
use tidewatch_schemas::incident::{Evidence, Kind, Loss, Severity, State};
use tidewatch_schemas::series::IdHash;
use tidewatch_schemas::{
    Finding, Incident, IncidentId, ResourceId, Response, SeriesId, SignalName, TenantId, Timestamp,
};

use super::blame::is_repetition;
use super::deployments::{self, Deployments};
use super::evidence::{
    customers, evidence, is_felt, kind, names_a_cause, only_resource, runbook, shown, supports, take_over,
};
use super::people::{Closed, Expected};
use super::{Grouping, is_silence};
use crate::contention::Burden;
use crate::number::published;
use crate::wording;

/// Most series of one case that are remembered.
const MOST_SERIES: usize = 64;

/// How long what joins a case is gathered before a revision tells it, in milliseconds.
const GATHER_MS: i64 = 10_000;

/// An incident while it lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) incident: Incident,
    pub(super) evidence: Vec<Evidence>,
    pub(super) silent: BTreeSet<SeriesId>,
    pub(super) last_support: Timestamp,
    /// The latest verdict on who hurts whom.
    verdict: Option<Box<Finding>>,
    /// The one that the record tells.
    told: Option<Box<Finding>>,
    /// How a person closed it, while its trouble may go on.
    pub(super) closed: Option<Closed>,
    /// Since when somebody is waited for, and when people were last reminded.
    pub(super) told_at: Timestamp,
    pub(super) reminded_at: Option<Timestamp>,
    /// Whether something changed that no revision has told yet.
    owed: bool,
}

/// The moment at which a case is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    /// The pool's time.
    pub now: Timestamp,
    /// What people said was to be expected.
    pub expected: &'a [Expected],
    /// What was deployed.
    pub deployments: &'a Deployments,
}

impl Case {
    /// A case opened by findings that corroborate each other.
    pub fn opened_by(grouping: &Grouping, (first, findings): (&Finding, &[Finding]), at: At<'_>) -> Self {
        let mut case = Self {
            incident: draft(first, at.now),
            evidence: Vec::new(),
            silent: BTreeSet::new(),
            last_support: first.window_end,
            verdict: None,
            told: None,
            closed: None,
            told_at: at.now,
            reminded_at: None,
            owed: false,
        };
        for finding in findings {
            case.add(grouping, finding);
        }
        case.describe(grouping);
        case.look_for_deployment(grouping, at);
        case.incident.response.silenced_by = case.silenced_by(grouping, at);
        case
    }

    pub fn id(&self) -> IncidentId {
        self.incident.incident_id
    }

    /// The series that speak for it.
    pub fn series(&self) -> Vec<SeriesId> {
        self.evidence.iter().map(|each| each.series).collect()
    }

    /// The signals in which it shows, sorted.
    pub fn signals(&self) -> Vec<SignalName> {
        let signals: BTreeSet<&SignalName> = self.evidence.iter().map(|each| &each.signal).collect();
        signals.into_iter().cloned().collect()
    }

    /// How long its signals must be calm before it is resolved.
    pub fn calm_ms(&self, grouping: &Grouping) -> i64 {
        grouping.calm_ms(self.incident.response.reopened)
    }

    pub fn started_at(&self) -> Timestamp {
        self.incident.started_at
    }

    pub fn published(&self) -> Incident {
        self.incident.clone()
    }

    pub fn is_over(&self) -> bool {
        self.incident.state == State::Resolved
    }

    pub fn ended_before(&self, moment: Timestamp) -> bool {
        self.incident.resolved_at.is_some_and(|at| at < moment)
    }

    /// Whether the case was open and its trouble not yet over when the finding began: two calm windows end it.
    pub fn is_going_on(&self, finding: &Finding) -> bool {
        let calm = 2 * (finding.window_end - finding.window_start);
        !self.is_over() && (!self.silent.is_empty() || finding.since <= self.last_support + calm)
    }

    /// Whether the case goes on and the finding's tenant is in it.
    pub fn concerns(&self, finding: &Finding) -> bool {
        self.is_going_on(finding) && self.incident.tenants.contains(&finding.tenant)
    }

    /// Whether `fresh` is the same trouble again, and began soon after this one was resolved.
    pub fn came_back(&self, grouping: &Grouping, fresh: &Self) -> bool {
        let flap_ms = self.calm_ms(grouping);
        let (old, new) = (&self.incident, &fresh.incident);
        let recently = old.resolved_at.is_none_or(|at| new.started_at - at <= flap_ms);
        recently && (&old.tenants, old.kind, &old.signal) == (&new.tenants, new.kind, &new.signal)
    }

    /// Takes note of a finding that says nothing else.
    pub fn count(&mut self, finding: &Finding) {
        self.incident.findings = self.incident.findings.saturating_add(1);
        self.last_support = self.last_support.max(finding.window_end);
    }

    /// What keeps the incident from paging.
    pub fn silenced_by(&self, grouping: &Grouping, at: At<'_>) -> Option<String> {
        let speaking: Vec<&Evidence> = self.evidence.iter().filter(|each| supports(grouping, each)).collect();
        let incident = &self.incident;
        let about = (speaking.as_slice(), incident.victims.as_slice());
        let silence = grouping.silences.iter().find(|silence| silence.covers(&incident.pool, about, at.now));
        let event = || at.expected.iter().find(|event| event.covers(about, at.now));
        silence.map(|silence| silence.name.clone()).or_else(|| event().map(|event| format!("expected: {}", event.name)))
    }

    /// Takes a finding as evidence; the worst window of each series is kept.
    pub fn add(&mut self, grouping: &Grouping, finding: &Finding) {
        self.incident.findings = self.incident.findings.saturating_add(1);
        let counts = finding.tenant.is_customer() || self.incident.tenants.is_empty();
        if counts && (grouping.single || grouping.role(finding) != Role::Context) {
            self.last_support = self.last_support.max(finding.window_end);
            if is_silence(finding) {
                self.silent.insert(finding.series);
            }
        }
        let fresh = evidence(finding);
        match self.evidence.iter_mut().find(|old| old.series == fresh.series && old.detector == fresh.detector) {
            Some(old) => take_over(old, fresh),
            None => self.evidence.push(fresh),
        }
        self.rank(grouping);
    }

    /// Takes a verdict on who hurts whom, unless it says what the one before said.
    pub fn hear(&mut self, grouping: &Grouping, finding: &Finding) {
        let Some(said) = &finding.contention else { return };
        if said.guilt == Guilt::Culprits {
            self.add(grouping, finding);
            self.last_support = self.last_support.max(finding.window_end);
        }
        let before = self.verdict.as_ref().and_then(|before| Some((&**before, before.contention.as_deref()?)));
        if before.is_none_or(|before| !is_repetition(before, (finding, said))) {
            self.verdict = Some(Box::new(finding.clone()));
        }
    }

    /// When the trouble began that the latest verdict on who hurts whom was about.
    pub fn heard_of(&self) -> Option<Timestamp> {
        self.verdict.as_ref().map(|verdict| verdict.since)
    }

    /// How many tenants are in it.
    pub fn size(&self) -> usize {
        self.incident.tenants.len()
    }

    /// How many of those who suffer are in the case.
    pub fn shares(&self, said: &Contention) -> usize {
        said.victims.iter().filter(|victim| self.incident.tenants.contains(victim)).count()
    }

    /// Strongest first: what people feel before what explains it, then by evidence.
    fn rank(&mut self, grouping: &Grouping) {
        let role = |evidence: &Evidence| grouping.catalog.lookup(evidence.signal.as_str()).role;
        self.evidence.sort_by(|one, other| {
            let by_role = role(other).cmp(&role(one));
            by_role.then(other.score.total_cmp(&one.score)).then(one.series.cmp(&other.series))
        });
        if self.evidence.len() > MOST_SERIES {
            // A tenant that suffers is named, however many series of others speak louder.
            let speaks_again = |place: usize, each: &Evidence| {
                self.evidence.iter().take(place).any(|other| other.tenant == each.tenant)
            };
            let ranked: Vec<(usize, &Evidence)> = self.evidence.iter().enumerate().collect();
            let weakest = ranked.iter().rev().find(|(place, each)| speaks_again(*place, each));
            let place = weakest.map_or(MOST_SERIES, |(place, _)| *place);
            self.evidence.remove(place);
        }
    }

    /// A new revision when something changed that people act on. What only joins a case that was told of a moment ago is
    /// gathered first: a storm is told of every few seconds, not once for each of its tenants.
    pub fn revise(&mut self, grouping: &Grouping, at: At<'_>) -> Option<Incident> {
        let (before, urgent_before, severity_before) = (self.acted_on(), self.urgent(), self.incident.severity);
        self.describe(grouping);
        self.look_for_deployment(grouping, at);
        self.incident.response.silenced_by = self.silenced_by(grouping, at);
        self.owed |= self.acted_on() != before;
        if self.incident.severity > severity_before || self.urgent() != urgent_before {
            return Some(self.next_revision(at.now));
        }
        self.catch_up(at.now)
    }

    /// Finds what was deployed shortly before the trouble began, unless it is known.
    fn look_for_deployment(&mut self, grouping: &Grouping, at: At<'_>) {
        if self.incident.deployment.is_none() {
            let (began, tenants) = (self.incident.started_at, &self.incident.tenants);
            let resources: Vec<&ResourceId> = self.evidence.iter().map(|each| &each.resource).collect();
            self.incident.deployment = at.deployments.before(began, tenants, &resources).cloned();
            if self.incident.deployment.is_some() {
                self.describe(grouping);
            }
        }
    }

    /// Whether the finding began after the deployment that this case began after.
    pub fn follows_the_same(&self, finding: &Finding, known: &Deployments) -> bool {
        let its = known.before(finding.since, std::slice::from_ref(&finding.tenant), &[&finding.resource]);
        its.zip(self.incident.deployment.as_ref()).is_some_and(|(its, ours)| deployments::is_same(its, ours))
    }

    /// The revision that is owed, once what joins has been gathered for long enough.
    pub fn catch_up(&mut self, now: Timestamp) -> Option<Incident> {
        let is_due = self.owed && now - self.incident.updated_at >= GATHER_MS;
        is_due.then(|| self.next_revision(now))
    }

    /// The same trouble came back: an open case goes on, a resolved one is reopened.
    pub fn go_on(&mut self, grouping: &Grouping, findings: &[Finding], at: At<'_>) -> Option<Incident> {
        for finding in findings {
            self.add(grouping, finding);
        }
        if !self.is_over() {
            return self.revise(grouping, at);
        }
        self.describe(grouping);
        (self.incident.state, self.incident.resolved_at, self.closed) = (State::Reopened, None, None);
        self.begin_to_wait(at.now);
        let silenced_by = self.silenced_by(grouping, at);
        let response = &mut self.incident.response;
        (response.silenced_by, response.reopened) = (silenced_by, response.reopened.saturating_add(1));
        Some(self.next_revision(at.now))
    }

    /// Adds what a victim lost because of a culprit, when it is about the two.
    pub fn bear(&mut self, burden: &Burden, seconds: f64) {
        let incident = &mut self.incident;
        let is_about = incident.culprits.iter().any(|culprit| burden.culprits.contains(culprit))
            && incident.victims.contains(&burden.victim);
        if is_about && incident.state != State::Resolved {
            let nothing = Loss { worker_seconds: 0.0, worth: None, currency: String::new() };
            incident.loss.get_or_insert(nothing).worker_seconds += burden.lost * seconds;
        }
    }

    pub fn returned(&mut self, series: SeriesId) {
        self.silent.remove(&series);
    }

    /// Resolves the case when nothing supported it for the resolve time and nobody in it is silent any more.
    pub fn resolve_if_calm(&mut self, grouping: &Grouping, now: Timestamp) -> Option<Incident> {
        let quiet = now - self.last_support;
        let patience = if self.silent.is_empty() { self.calm_ms(grouping) } else { grouping.adopt_after_ms };
        if self.is_over() || quiet < patience {
            return None;
        }
        self.describe(grouping);
        (self.incident.state, self.incident.resolved_at) = (State::Resolved, Some(now));
        Some(self.next_revision(now))
    }

    pub(super) fn next_revision(&mut self, now: Timestamp) -> Incident {
        self.incident.revision = self.incident.revision.saturating_add(1);
        (self.incident.updated_at, self.owed) = (now, false);
        self.incident.clone()
    }

    /// Brings the record up to date with the evidence.
    pub fn describe(&mut self, grouping: &Grouping) {
        let supporting: Vec<&Evidence> = self.evidence.iter().filter(|each| supports(grouping, each)).collect();
        let Some(strongest) = supporting.first() else { return };
        let felt: Vec<&Evidence> = supporting.iter().copied().filter(|each| is_felt(grouping, each)).collect();
        let speaking = if felt.is_empty() { &supporting } else { &felt };
        let incident = &mut self.incident;
        incident.kind = speaking.iter().map(|each| kind(grouping, each)).max().unwrap_or(Kind::Unusual);
        incident.tenants = customers(&supporting);
        incident.victims = customers(&felt);
        incident.resource = only_resource(&supporting);
        incident.signal = strongest.signal.clone();
        let is_felt = !felt.is_empty();
        (incident.expected, incident.actual) = (strongest.expected, strongest.actual);
        (incident.unit, incident.season) = (strongest.unit.clone(), strongest.season);
        incident.runbook = runbook(grouping, &supporting);
        incident.summary = summary(incident, strongest, &supporting);
        incident.evidence = shown(&self.evidence);
        incident.confidence = published(1.0 - libm::pow(0.5, supporting.iter().map(|_| 1.0).sum()));
        if let Some(verdict) = &self.verdict
            && let Some(said) = &verdict.contention
        {
            tell(&mut self.incident, (verdict, said));
            self.told = self.verdict.clone();
        }
        if let Some(deployment) = &self.incident.deployment {
            let after = wording::after_deployment(deployment, self.incident.started_at);
            self.incident.summary = format!("{}; {after}", self.incident.summary);
        }
        let is_felt = is_felt || !self.incident.culprits.is_empty();
        (self.incident.severity, self.incident.severity_reason) = grouping.severities.of(&self.incident, is_felt);
    }
}

/// Puts a verdict on who hurts whom into the record.
fn tell(incident: &mut Incident, (verdict, said): (&Finding, &Contention)) {
    if said.guilt != Guilt::Culprits {
        incident.culprits.clear();
        incident.summary = format!("{}; {}", incident.summary, verdict.summary);
        return;
    }
    incident.culprits.clone_from(&said.culprits);
    incident.culprits.sort();
    let victims: BTreeSet<&TenantId> = incident.victims.iter().chain(&said.victims).collect();
    let all: BTreeSet<&TenantId> = victims.iter().copied().chain(&incident.tenants).chain(&said.culprits).collect();
    (incident.tenants, incident.victims) = (all.into_iter().cloned().collect(), victims.into_iter().cloned().collect());
    let kind = if said.fails { Kind::Failing } else { Kind::Slow };
    incident.kind = incident.kind.max(kind);
    incident.resource = Some(verdict.resource.clone());
    incident.confidence = verdict.confidence;
    runbook_of(said.mechanism).clone_into(&mut incident.runbook);
    incident.summary = format!("{}; what would help: {}", verdict.summary, said.advice);
}

fn runbook_of(mechanism: Option<Mechanism>) -> &'static str {
    match mechanism {
        Some(Mechanism::Locks) => "lock-contention",
        Some(Mechanism::Connections) => "connection-growth",
        Some(Mechanism::Workers) => "worker-saturation",
        _ => "noisy-neighbour",
    }
}

fn draft(first: &Finding, now: Timestamp) -> Incident {
    Incident {
        incident_id: identity(first),
        revision: 1,
        state: State::Open,
        kind: Kind::Unusual,
        severity: Severity::Info,
        severity_reason: String::new(),
        pool: first.pool.clone(),
        resource: None,
        tenants: Vec::new(),
        victims: Vec::new(),
        culprits: Vec::new(),
        started_at: first.since,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        summary: String::new(),
        signal: first.signal.clone(),
        expected: first.expected,
        actual: first.actual,
        unit: first.unit.clone(),
        season: first.season,
        confidence: first.confidence,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: String::new(),
        evidence: Vec::new(),
        findings: 0,
        response: Response::default(),
    }
}

/// What the incident is about and when it began, never where that stood in a log.
fn identity(first: &Finding) -> IncidentId {
    let mut hash = IdHash::new("tidewatch incident 1");
    hash.field(first.pool.as_str());
    hash.field(first.tenant.as_str());
    hash.field(&first.series.to_string());
    hash.field(&first.since.to_string());
    IncidentId(hash.finish())
}

fn summary(incident: &Incident, strongest: &Evidence, supporting: &[&Evidence]) -> String {
    let trouble = wording::trouble(&incident.tenants, strongest.resource.as_str(), incident.kind);
    let agreement = match supporting.len() {
        ..2 => String::new(),
        2 => "; 1 more series agrees".to_owned(),
        series => format!("; {} more series agree", series - 1),
    };
    let cause = supporting.iter().skip(1).find(|each| names_a_cause(each));
    let cause = cause.map_or(String::new(), |each| format!("; {}", each.summary));
    format!("{trouble}: {}{agreement}{cause}", strongest.summary)
}

/// What people act on; of numbers and words, only those of the verdict on who hurts whom.
type ActedOn = (Kind, Severity, Vec<TenantId>, Vec<TenantId>, Option<ResourceId>, Option<String>, Option<Box<Finding>>);

/// What keeps it from paging, the verdict on who hurts whom, and whether something was deployed before.
type Urgent = (Option<String>, Option<Box<Finding>>, bool);

impl Case {
    fn acted_on(&self) -> ActedOn {
        let incident = &self.incident;
        let (tenants, victims) = (incident.tenants.clone(), incident.victims.clone());
        let silenced_by = incident.response.silenced_by.clone();
        (incident.kind, incident.severity, tenants, victims, incident.resource.clone(), silenced_by, self.told.clone())
    }

    /// What is told at once when it changes: whether it may page, who hurts whom, and that something was deployed before.
    fn urgent(&self) -> Urgent {
        let Incident { response, deployment, .. } = &self.incident;
        (response.silenced_by.clone(), self.told.clone(), deployment.is_some())
    }
}
