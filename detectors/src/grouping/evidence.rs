//! Findings as evidence of an incident: what is kept of them, what of it is shown, and what it says together.

use std::collections::BTreeSet;

use tidewatch_schemas::catalog::Role;
use tidewatch_schemas::finding::DetectorName;
use tidewatch_schemas::incident::{Evidence, Kind};
use tidewatch_schemas::{Finding, Incident, ResourceId, TenantId};

use super::Grouping;

/// Most pieces of evidence that an incident shows because they name a cause.
const MOST_NAMING: usize = 3;

/// The strongest, among them what names a cause: it stands behind what people feel and would often be cut off.
pub(super) fn shown(ranked: &[Evidence]) -> Vec<Evidence> {
    let (naming, others): (Vec<&Evidence>, Vec<&Evidence>) = ranked.iter().partition(|each| names_a_cause(each));
    let named = naming.len().min(MOST_NAMING);
    let others = others.into_iter().take(Incident::MAX_EVIDENCE - named);
    let mut shown: Vec<Evidence> = others.chain(naming.into_iter().take(named)).cloned().collect();
    shown.iter_mut().skip(1).for_each(|each| each.course.clear());
    shown
}

/// Whether the evidence is no deviation of a number but says itself what is wrong.
pub(super) fn names_a_cause(evidence: &Evidence) -> bool {
    evidence.detector == DetectorName::Locks
}

pub(super) fn evidence(finding: &Finding) -> Evidence {
    Evidence {
        detector: finding.detector,
        series: finding.series,
        signal: finding.signal.clone(),
        tenant: finding.tenant.clone(),
        resource: finding.resource.clone(),
        since: finding.since,
        window_start: finding.window_start,
        actual: finding.actual,
        expected: finding.expected,
        lower: finding.lower,
        upper: finding.upper,
        unit: finding.unit.clone(),
        course: finding.actual.into_iter().collect(),
        season: finding.season,
        score: finding.score,
        summary: finding.summary.clone(),
        source: finding.origin.clone(),
    }
}

/// Takes a later window of the same series: what it says where it is worse, and what was seen in any case.
pub(super) fn take_over(old: &mut Evidence, fresh: Evidence) {
    let mut course = std::mem::take(&mut old.course);
    course.extend(&fresh.course);
    course.drain(..course.len().saturating_sub(Evidence::MAX_COURSE));
    if is_worse(&fresh, old) {
        *old = Evidence { since: old.since.min(fresh.since), ..fresh };
    }
    old.course = course;
}

fn is_worse(fresh: &Evidence, old: &Evidence) -> bool {
    let distance = |each: &Evidence| each.actual.map_or(0.0, |actual| (actual - each.expected).abs());
    distance(fresh) > distance(old)
}

pub(super) fn is_felt(grouping: &Grouping, evidence: &Evidence) -> bool {
    grouping.catalog.lookup(evidence.signal.as_str()).role == Role::Symptom
}

/// Whether the evidence speaks for the incident; what is context for a finding is context as evidence.
pub(super) fn supports(grouping: &Grouping, evidence: &Evidence) -> bool {
    match grouping.catalog.lookup(evidence.signal.as_str()).role {
        Role::Symptom => true,
        Role::Cause => evidence.actual.is_some(),
        Role::Context => grouping.single,
    }
}

pub(super) fn kind(grouping: &Grouping, evidence: &Evidence) -> Kind {
    match evidence.actual {
        None => Kind::Silent,
        Some(_) => grouping.catalog.lookup(evidence.signal.as_str()).kind,
    }
}

/// The runbook of the strongest cause, since it says what to do; else that of the strongest symptom.
pub(super) fn runbook(grouping: &Grouping, supporting: &[&Evidence]) -> String {
    let spec = |evidence: &&Evidence| grouping.catalog.lookup(evidence.signal.as_str());
    let cause = supporting.iter().map(spec).find(|spec| spec.role == Role::Cause);
    cause.or(supporting.first().map(spec)).map_or(String::new(), |spec| spec.runbook.to_owned())
}

pub(super) fn customers(evidence: &[&Evidence]) -> Vec<TenantId> {
    let tenants = evidence.iter().map(|each| &each.tenant).filter(|tenant| tenant.is_customer());
    tenants.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

pub(super) fn only_resource(evidence: &[&Evidence]) -> Option<ResourceId> {
    let first = &evidence.first()?.resource;
    evidence.iter().all(|each| each.resource == *first).then(|| first.clone())
}
