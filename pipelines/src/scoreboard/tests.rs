use tidewatch_schemas::Timestamp;
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Kind, Severity, State};

use super::*;

/// Seconds to a moment.
fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000)
}

pub(crate) fn label(kind: &str, seconds: (i64, i64), culprit: &str, victims: &[&str]) -> Label {
    Label {
        start: at(seconds.0),
        end: at(seconds.1),
        kind: kind.into(),
        culprit: culprit.into(),
        victims: victims.iter().map(|victim| TenantId::from(*victim)).collect(),
        resource: "pg-main".into(),
        what: String::new(),
    }
}

/// Disk growth of acme underneath a fault of cobalt, and a benign surge of delta.
fn labels() -> Labels {
    Labels {
        faults: vec![
            label("disk_growth", (100, 400), "acme", &["acme"]),
            label("connection_exhaustion", (200, 260), "cobalt", &["acme", "borealis"]),
        ],
        benign: vec![label("surge", (500, 560), "delta", &[])],
        grace_ms: 15_000,
        recording_start: None,
    }
}

/// An incident that was opened at `opened` seconds and began 5 s before.
pub(crate) fn incident(id: u128, opened: i64, tenants: &[&str]) -> Incident {
    Incident {
        incident_id: IncidentId(id),
        revision: 1,
        state: State::Open,
        kind: Kind::Slow,
        severity: Severity::Error,
        pool: "lab".into(),
        resource: None,
        tenants: tenants.iter().map(|tenant| TenantId::from(*tenant)).collect(),
        victims: Vec::new(),
        culprits: Vec::new(),
        started_at: at(opened - 5),
        opened_at: at(opened),
        updated_at: at(opened),
        resolved_at: None,
        summary: String::new(),
        signal: "lab.synthetic.check.duration".into(),
        expected: 0.05,
        actual: Some(0.9),
        unit: "s".into(),
        season: Season::Recent,
        confidence: 0.9,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "slow-requests".into(),
        evidence: Vec::new(),
        severity_reason: String::new(),
        findings: 0,
        response: tidewatch_schemas::Response::default(),
    }
}

fn kinds<'a>(labels: impl IntoIterator<Item = &'a Label>) -> Vec<&'a str> {
    labels.into_iter().map(|label| label.kind.as_str()).collect()
}

/// Incidents as (opened, tenants), and which faults are found and how many incidents are false.
type Case = (&'static str, &'static [(i64, &'static [&'static str])], &'static [&'static str], usize);

#[test]
fn the_rules() {
    let cases: [Case; 9] = [
        ("nothing", &[], &[], 0),
        ("the culprit is named", &[(210, &["cobalt"])], &["connection_exhaustion"], 0),
        ("a victim is named", &[(210, &["borealis", "delta"])], &["connection_exhaustion"], 0),
        ("the wrong tenant, while faults are felt", &[(210, &["delta"])], &[], 0),
        ("of overlapping faults the one that began last", &[(210, &["acme"])], &["connection_exhaustion"], 0),
        (
            "each overlapping fault by an incident of its own",
            &[(110, &["acme"]), (205, &["acme"])],
            &["disk_growth", "connection_exhaustion"],
            0,
        ),
        ("inside the grace", &[(415, &["acme"])], &["disk_growth"], 0),
        ("after the grace", &[(416, &["acme"])], &[], 1),
        ("a benign surge", &[(510, &["delta"])], &[], 1),
    ];
    for (case, opened, found, false_incidents) in cases {
        let incidents: Vec<_> = (1..).zip(opened).map(|(id, (at, tenants))| incident(id, *at, tenants)).collect();
        let board = score(&labels(), &incidents);
        assert_eq!(kinds(board.found.iter().map(|found| &found.label)), found, "{case}");
        assert_eq!(board.false_incidents.len(), false_incidents, "{case}");
        assert_eq!(board.found.len() + board.missed.len(), board.labelled, "{case}");
    }
}

#[test]
fn an_incident_that_was_open_before_the_fault_does_not_find_it() {
    let mut early = incident(1, 90, &["acme"]);
    early.resolved_at = Some(at(150));
    let board = score(&labels(), &[early]);
    assert_eq!((board.found.len(), board.false_incidents), (0, vec![IncidentId(1)]));
}

#[test]
fn the_first_incident_counts_with_its_delay_and_the_tenants_it_names() {
    let incidents = [incident(1, 240, &["borealis"]), incident(2, 207, &["borealis", "cobalt", "delta"])];
    let board = score(&labels(), &incidents);
    let found = &board.found[0];
    assert_eq!((found.incident_id, found.delay_ms), (IncidentId(2), 7_000));
    assert_eq!(found.tenants_named, ["borealis", "cobalt"].map(TenantId::from));
}

#[test]
fn a_report_keeps_last_revisions_in_opening_order() {
    let second = Incident { revision: 2, state: State::Resolved, ..incident(7, 210, &["acme"]) };
    let revisions = [second.clone(), incident(7, 210, &["acme"]), incident(3, 300, &["acme"]), incident(9, 110, &[])];
    let report = Report::of(revisions, None);
    let ids: Vec<_> = report.incidents.iter().map(|incident| incident.incident_id.0).collect();
    assert_eq!(ids, [9, 7, 3]);
    assert_eq!(report.incidents[1], second);
}

#[test]
fn json_has_the_scores_only_with_labels() {
    let fields = |report: &Report| {
        let json = serde_json::to_value(report).unwrap();
        json.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let labels = labels();
    assert_eq!(fields(&Report::of([], None)), ["incidents"]);
    let scored = Report::of([incident(1, 210, &["cobalt"]), incident(2, 510, &["delta"])], Some(&labels));
    assert_eq!(fields(&scored), ["false_incidents", "found", "incidents", "labelled", "missed"]);
    let json = serde_json::to_value(&scored).unwrap();
    assert_eq!(json["found"][0]["label"]["start"], "1970-01-01T00:03:20.000Z");
    assert_eq!(json["false_incidents"][0], "00000000000000000000000000000002");
    assert_eq!(json["missed"][0]["kind"], "disk_growth");
}
