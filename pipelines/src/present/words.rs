//! What the parts of an incident are called on a screen, and in which colours.

use tidewatch_schemas::incident::{BottleneckKind, Kind, Severity, State};
use tidewatch_schemas::{Incident, IncidentId, TenantId};

use super::paint::Ink;

/// Digits of an incident's identity that tell it apart on a screen.
pub(crate) const SHORT_ID: usize = 8;

/// What happened to the incident with this revision.
pub(crate) fn change(incident: &Incident) -> &'static str {
    match incident.state {
        State::Open if incident.revision == 1 => "OPENED",
        State::Open => "UPDATED",
        State::Acknowledged => "TAKEN",
        State::Resolved => "RESOLVED",
        State::Reopened => "REOPENED",
    }
}

pub(crate) fn ink_of_change(incident: &Incident) -> Ink {
    match incident.state {
        State::Resolved => Ink::Green,
        State::Open if incident.revision > 1 => Ink::Plain,
        State::Open | State::Reopened | State::Acknowledged => Ink::Bold,
    }
}

pub(crate) fn ink_of(severity: Severity) -> Ink {
    match severity {
        Severity::Info => Ink::Plain,
        Severity::Warning => Ink::Yellow,
        Severity::Error | Severity::Critical => Ink::Red,
    }
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Acknowledged => "acknowledged",
        State::Resolved => "resolved",
        State::Reopened => "reopened",
    }
}

pub(crate) fn bottleneck(kind: BottleneckKind) -> &'static str {
    match kind {
        BottleneckKind::Compute => "compute",
        BottleneckKind::Data => "data",
        BottleneckKind::Application => "application",
        BottleneckKind::Integration => "integration",
    }
}

pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Unusual => "unusual",
        Kind::Silent => "silent",
        Kind::Slow => "slow",
        Kind::Failing => "failing",
        Kind::DataLoss => "data loss",
    }
}

/// The first tenants, at most `most`, and how many more there are.
pub(crate) fn names(tenants: &[TenantId], most: usize) -> String {
    let shown: Vec<&str> = tenants.iter().take(most).map(TenantId::as_str).collect();
    match tenants.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The beginning of the identity of an incident.
pub(crate) fn short_id(id: IncidentId) -> String {
    id.to_string().chars().take(SHORT_ID).collect()
}
