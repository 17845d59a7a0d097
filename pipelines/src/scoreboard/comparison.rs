//! What two configurations make of the same input: what only one of them says, and labelled faults that got lost.
//!
//! Findings of both are the same when they are about the same series and their troubles touch: from the first window that
//! did not fit to the window that was found. Incidents are the same when they share a tenant and their times touch.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tidewatch_schemas::{Finding, Incident, SeriesId, TenantId, Timestamp};

use super::{Report, Total};
use crate::labels::Label;

/// What differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Findings with which an alarm begins.
    pub findings: Difference<Finding>,
    /// Incidents in their last revision.
    pub incidents: Difference<Incident>,
    /// Labelled faults that the first answers, by an incident or by an alarm of a series, and the second does not.
    pub labelled_lost: Vec<Label>,
}

/// What two runs said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference<T> {
    /// How many of the first the second says, too.
    pub kept: usize,
    /// What only the first says.
    pub lost: Vec<T>,
    /// What only the second says.
    pub gained: Vec<T>,
}

/// What one configuration made of the input.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Findings with which an alarm begins.
    pub findings: &'a [Finding],
    /// Incidents, and how they answer labels.
    pub report: &'a Report,
    /// How alarms answer labels.
    pub total: &'a Total,
}

impl Comparison {
    /// Compares the first with the second.
    #[must_use]
    pub fn of(first: &Side<'_>, second: &Side<'_>) -> Self {
        Self {
            findings: difference(first.findings, second.findings, |finding| vec![trouble(finding)]),
            incidents: difference(&first.report.incidents, &second.report.incidents, troubles),
            labelled_lost: labelled_lost(first, second),
        }
    }
}

/// Whom something is about, and from when until when.
type Span<K> = (K, Timestamp, Timestamp);

fn trouble(finding: &Finding) -> Span<SeriesId> {
    (finding.series, finding.since.min(finding.window_start), finding.window_end)
}

fn troubles(incident: &Incident) -> Vec<Span<TenantId>> {
    let until = incident.resolved_at.unwrap_or(incident.updated_at).max(incident.opened_at);
    incident.tenants.iter().map(|tenant| (tenant.clone(), incident.started_at, until)).collect()
}

fn difference<T: Clone, K: Ord>(first: &[T], second: &[T], spans: impl Fn(&T) -> Vec<Span<K>>) -> Difference<T> {
    let (of_first, of_second) = (Spans::of(first, &spans), Spans::of(second, &spans));
    let missing = |from: &[T], other: &Spans<K>| {
        from.iter().filter(|one| !spans(one).iter().any(|span| other.touch(span))).cloned().collect::<Vec<T>>()
    };
    let (lost, gained) = (missing(first, &of_second), missing(second, &of_first));
    Difference { kept: first.len() - lost.len(), lost, gained }
}

/// Spans by whom they are about, in order of their starts.
struct Spans<K>(BTreeMap<K, Vec<(Timestamp, Timestamp)>>);

impl<K: Ord> Spans<K> {
    fn of<T>(all: &[T], spans: impl Fn(&T) -> Vec<Span<K>>) -> Self {
        let mut by_whom: BTreeMap<K, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
        for (whom, from, until) in all.iter().flat_map(spans) {
            by_whom.entry(whom).or_default().push((from, until));
        }
        for own in by_whom.values_mut() {
            own.sort_unstable();
        }
        Self(by_whom)
    }

    fn touch(&self, (whom, from, until): &Span<K>) -> bool {
        let own = self.0.get(whom).map_or(&[][..], Vec::as_slice);
        own.iter().take_while(|(start, _)| start <= until).any(|(_, end)| end >= from)
    }
}

fn labelled_lost(first: &Side<'_>, second: &Side<'_>) -> Vec<Label> {
    let (by_first, by_second) = (answered(first), answered(second));
    let lost_to = |first: &[&Label], second: &[&Label]| -> Vec<Label> {
        first.iter().filter(|label| !second.contains(label)).map(|label| Label::clone(label)).collect()
    };
    let mut lost = lost_to(&by_first.0, &by_second.0);
    lost.extend(lost_to(&by_first.1, &by_second.1));
    lost.sort_by_key(|label| (label.start, label.end));
    let mut known = BTreeSet::new();
    lost.retain(|label| known.insert((label.start, label.end, label.kind.clone(), label.culprit.clone())));
    lost
}

/// The faults that incidents answer, and those that alarms do.
fn answered<'a>(side: &Side<'a>) -> (Vec<&'a Label>, Vec<&'a Label>) {
    let board = side.report.scoreboard.as_ref();
    let by_incidents = board.map_or(&[][..], |board| &board.found).iter().map(|found| &found.label).collect();
    (by_incidents, side.total.answered.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Labels;
    use crate::scoreboard::tests::{incident, label};

    fn report(incidents: Vec<Incident>) -> Report {
        let faults = vec![label("disk", (100, 200), "acme", &[]), label("lock", (500, 600), "cobalt", &[])];
        Report::of(incidents, Some(&Labels { faults, ..Labels::default() }))
    }

    fn compared(first: Vec<Incident>, second: Vec<Incident>) -> Comparison {
        let (first, second, total) = (report(first), report(second), Total::default());
        let side = |report| Side { findings: &[], report, total: &total };
        Comparison::of(&side(&first), &side(&second))
    }

    fn ids(incidents: &[Incident]) -> Vec<u128> {
        incidents.iter().map(|incident| incident.incident_id.0).collect()
    }

    #[test]
    fn incidents_that_share_a_tenant_and_a_time_are_the_same() {
        let first = vec![incident(1, 110, &["acme", "borealis"]), incident(2, 300, &["acme"])];
        let second = vec![incident(3, 112, &["borealis"]), incident(4, 300, &["cobalt"])];
        let found = compared(first, second).incidents;
        assert_eq!((found.kept, ids(&found.lost), ids(&found.gained)), (1, vec![2], vec![4]));
    }

    #[test]
    fn a_labelled_fault_is_lost_when_only_the_first_answers_it() {
        let both = || vec![incident(1, 110, &["acme"]), incident(2, 510, &["cobalt"])];
        let kinds = |comparison: Comparison| -> Vec<String> {
            comparison.labelled_lost.into_iter().map(|label| label.kind).collect()
        };
        assert_eq!(kinds(compared(both(), both())), Vec::<String>::new());
        assert_eq!(kinds(compared(both(), vec![incident(3, 120, &["acme"])])), ["lock"]);
        assert_eq!(kinds(compared(vec![], both())), Vec::<String>::new());
    }

    #[test]
    fn an_alarm_that_got_lost_counts_although_no_incident_did() {
        let fault = label("lock", (500, 600), "cobalt", &[]);
        let (report, quiet) = (report(vec![]), Total::default());
        let mut loud = Total::default();
        loud.answered.push(fault.clone());
        let side = |total| Side { findings: &[], report: &report, total };
        assert_eq!(Comparison::of(&side(&loud), &side(&quiet)).labelled_lost, [fault]);
    }
}
