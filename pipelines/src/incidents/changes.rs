//! What differs between two revisions of an incident, in the words of someone who was there.

use std::collections::BTreeSet;

use tidewatch_schemas::incident::State;
use tidewatch_schemas::{Incident, SeriesId, TenantId};

use super::is_over;
use crate::present::measure::Measure;
use crate::present::moment;
use crate::present::words::{bottleneck, kind, names, severity};

/// Most tenants that a change names.
const TENANTS: usize = 6;

/// What `after` says that `before` did not, a phrase each; empty when only its numbers moved a little.
pub(super) fn changes(before: &Incident, after: &Incident) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(end), None) = (before.resolved_at, after.resolved_at) {
        said.push(format!("came back after {}", moment::span(after.updated_at - end)));
    }
    if before.severity != after.severity {
        said.push(format!("{} instead of {}", severity(after.severity), severity(before.severity)));
    }
    if before.kind != after.kind {
        said.push(format!("{} instead of {}", kind(after.kind), kind(before.kind)));
    }
    said.extend(responses(before, after));
    said.extend(tenants(before, after));
    if before.resource != after.resource {
        said.push(match &after.resource {
            Some(resource) => format!("all on {resource}"),
            None => "on several resources".to_owned(),
        });
    }
    said.extend(evidence(before, after));
    said.extend(measured(before, after));
    let kind_of = |incident: &Incident| incident.bottleneck.as_ref().map(|found| found.kind);
    if let Some(found) = kind_of(after).filter(|found| kind_of(before) != Some(*found)) {
        said.push(format!("bottleneck {}", bottleneck(found)));
    }
    if before.runbook != after.runbook && !after.runbook.is_empty() {
        said.push(format!("runbook {}", after.runbook));
    }
    if said.is_empty() && before.summary != after.summary && !is_over(after) {
        said.push(after.summary.clone());
    }
    said
}

/// The beginning of an incident, in the same manner.
pub(super) fn beginning(first: &Incident) -> Vec<String> {
    let mut said = vec![format!("{}, {}", severity(first.severity), kind(first.kind))];
    if !first.tenants.is_empty() {
        said.push(names(&first.tenants, TENANTS));
    }
    said.extend(
        Some(&first.culprits).filter(|all| !all.is_empty()).map(|all| format!("cause: {}", names(all, TENANTS))),
    );
    said.push(counted(first.evidence.len(), "series"));
    said
}

/// What happened to the incident at this revision.
pub(super) fn event(incident: &Incident) -> &'static str {
    match incident.state {
        State::Open if incident.revision == 1 => "opened",
        State::Open => "updated",
        State::Acknowledged => "taken",
        State::Resolved => "resolved",
        State::Reopened => "reopened",
    }
}

/// Who joined, suffers or is named as the cause, and who no longer.
fn tenants(before: &Incident, after: &Incident) -> Vec<String> {
    let (joined, left) = (added(&before.tenants, &after.tenants), added(&after.tenants, &before.tenants));
    let (hurt, healed) = (added(&before.victims, &after.victims), added(&after.victims, &before.victims));
    let (named, cleared) = (added(&before.culprits, &after.culprits), added(&after.culprits, &before.culprits));
    let (hurt_at_once, joined): (Vec<TenantId>, Vec<TenantId>) =
        joined.into_iter().partition(|tenant| hurt.contains(tenant));
    let hurt_later = added(&hurt_at_once, &hurt);
    let groups = [
        (hurt_at_once, "joined and suffers", "joined and suffer"),
        (joined, "joined", "joined"),
        (hurt_later, "suffers as well", "suffer as well"),
        (named, "is named as the cause", "are named as the cause"),
        (left, "is no longer in it", "are no longer in it"),
        (healed, "no longer suffers", "no longer suffer"),
        (cleared, "is no longer named as the cause", "are no longer named as the cause"),
    ];
    let some = groups.into_iter().filter(|(tenants, ..)| !tenants.is_empty());
    some.map(|(tenants, one, several)| {
        let verb = if tenants.len() == 1 { one } else { several };
        format!("{} {verb}", names(&tenants, TENANTS))
    })
    .collect()
}

/// Those of `new` that are not in `old`.
fn added(old: &[TenantId], new: &[TenantId]) -> Vec<TenantId> {
    new.iter().filter(|tenant| !old.contains(tenant)).cloned().collect()
}

/// What people did or said, and what came of nobody doing anything.
fn responses(before: &Incident, after: &Incident) -> Vec<String> {
    let (old, new) = (&before.response, &after.response);
    let heard = new.said.iter().filter(|each| !old.said.contains(each));
    let mut said: Vec<String> = heard
        .map(|each| {
            let note = if each.note.is_empty() { String::new() } else { format!(" ({})", each.note) };
            format!("{} says {}{note}", each.by, each.action.name().replace('_', " "))
        })
        .collect();
    if old.silenced_by != new.silenced_by {
        said.push(match &new.silenced_by {
            Some(what) => format!("silenced by {what}"),
            None => "no longer silenced".to_owned(),
        });
    }
    if new.escalation > old.escalation {
        said.push(format!("escalated to step {}", new.escalation));
    }
    if new.reminders > old.reminders {
        said.push(format!("reminder {}", new.reminders));
    }
    said
}

/// Series that speak for it and did not before, or the other way round.
fn evidence(before: &Incident, after: &Incident) -> Option<String> {
    let series = |incident: &Incident| incident.evidence.iter().map(|each| each.series).collect::<BTreeSet<SeriesId>>();
    let fresh = series(after).difference(&series(before)).count();
    let is_full = before.evidence.len() >= Incident::MAX_EVIDENCE;
    (fresh > 0).then(|| if is_full { format!("{fresh} stronger series") } else { format!("{fresh} more series") })
}

/// What the signal that speaks loudest measures, where that is another signal or further off.
fn measured(before: &Incident, after: &Incident) -> Option<String> {
    let value = |incident: &Incident| {
        let measure = Measure::of(incident.signal.as_str(), &incident.unit);
        incident.actual.map_or_else(|| "silent".to_owned(), |actual| measure.text(actual))
    };
    let is_same_signal = before.signal == after.signal;
    if is_same_signal && value(before) == value(after) {
        return None;
    }
    let instead = if is_same_signal { format!(" instead of {}", value(before)) } else { String::new() };
    Some(format!("{} {}{instead}", after.signal, value(after)))
}

/// A number and what it counts.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}")
}
