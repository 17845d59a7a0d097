//! Laws of what is shown, over incidents that are made here.

mod bars;
mod changed;
mod lines;
mod listed;
mod logs;
mod stories;
mod texts;

use std::sync::Arc;

use tidewatch_schemas::finding::{DetectorName, Season};
use tidewatch_schemas::incident::{Evidence, Kind, Severity};
use tidewatch_schemas::{IncidentId, Origin, Response, SeriesId, TenantId};

use super::*;
use crate::present::layout::columns;

/// 2026-11-22 10:26:30 UTC.
const START: Timestamp = Timestamp(1_795_343_190_000);
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// How a test looks at incidents: ten minutes after the start.
fn view(width: usize) -> View {
    View { now: START + 10 * MINUTE, width, colour: false }
}

fn tenants(names: &[&str]) -> Vec<TenantId> {
    names.iter().map(|name| TenantId::from(*name)).collect()
}

pub(super) fn evidence(
    series: u128,
    tenant: &str,
    (actual, lower, upper): (Option<f64>, f64, f64),
    score: f64,
) -> Evidence {
    Evidence {
        detector: DetectorName::Baseline,
        series: SeriesId(series),
        signal: "request.duration".into(),
        tenant: tenant.into(),
        resource: "web".into(),
        since: START,
        window_start: START + MINUTE,
        actual,
        expected: f64::midpoint(lower, upper),
        lower,
        upper,
        unit: "s".into(),
        course: Vec::new(),
        season: Season::Weekly,
        score,
        summary: format!("request.duration is far off for {tenant}"),
        source: Origin { topic: Arc::from("otlp_metrics"), partition: 3, offset: 2_659, index: 0 },
    }
}

/// The first revision of an incident that began at the start and was opened a minute later. The identity begins with
/// the eight digits of `id`.
fn opened(id: u32, names: &[&str]) -> Incident {
    Incident {
        incident_id: IncidentId(u128::from(id) << 96),
        revision: 1,
        state: State::Open,
        kind: Kind::Slow,
        severity: Severity::Error,
        pool: "eu-1".into(),
        resource: Some("web".into()),
        tenants: tenants(names),
        victims: tenants(names),
        culprits: Vec::new(),
        started_at: START,
        opened_at: START + MINUTE,
        updated_at: START + MINUTE,
        resolved_at: None,
        summary: format!("{} suffer: request.duration is 868 ms", names.join(" and ")),
        signal: "request.duration".into(),
        expected: 0.05,
        actual: Some(0.868),
        unit: "s".into(),
        season: Season::Weekly,
        confidence: 0.992_188,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "slow-requests".into(),
        evidence: vec![evidence(1, names.first().unwrap_or(&"acme"), (Some(0.868), 0.03, 0.092), 40.0)],
        severity_reason: String::new(),
        findings: 0,
        response: Response::default(),
    }
}

/// A later revision, so many minutes after the start.
fn later(before: &Incident, minutes: i64) -> Incident {
    Incident { revision: before.revision + 1, updated_at: START + minutes * MINUTE, ..before.clone() }
}

fn resolved(before: &Incident, minutes: i64) -> Incident {
    let end = START + minutes * MINUTE;
    Incident { state: State::Resolved, resolved_at: Some(end), ..later(before, minutes) }
}

fn log(records: impl IntoIterator<Item = Incident>) -> Log {
    let mut log = Log::with_history_of("");
    records.into_iter().for_each(|record| {
        log.add(record);
    });
    log
}

/// Incidents with everything that makes lines long: names in many scripts, control characters, no numbers.
fn unruly() -> Vec<Incident> {
    let long: Vec<String> = (0..60).map(|number| format!("a-tenant-with-a-long-name-{number}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let first = opened(1, &["北京支店", "مؤسسة", "Škoda Plzeň", "e\u{301}e\u{301}", "👩‍🚀☺\u{fe0f}"]);
    let many =
        Incident { severity: Severity::Critical, kind: Kind::DataLoss, culprits: tenants(&long), ..opened(2, &long) };
    let hostile =
        Incident { summary: format!("\u{1b}[2J\u{202e}{}", "x".repeat(300)), ..opened(3, &["a\u{1b}[31m\nb"]) };
    let numberless = Incident {
        state: State::Acknowledged,
        actual: None,
        expected: f64::NAN,
        evidence: vec![
            evidence(7, "acme", (None, f64::NEG_INFINITY, f64::INFINITY), f64::NAN),
            evidence(8, &"w".repeat(200), (Some(f64::INFINITY), 0.0, 1e300), -1.0),
        ],
        bottleneck: None,
        runbook: "r".repeat(200),
        ..opened(4, &[])
    };
    vec![first, many, hostile, numberless]
}

/// Fails when a line is wider than it may be, or may steer the terminal.
fn assert_tame(text: &str, width: usize) {
    for line in text.lines() {
        assert!(columns(line) <= width, "{} columns instead of {width}: {line:?}", columns(line));
        let steers = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!line.contains(steers), "{line:?}");
    }
}
