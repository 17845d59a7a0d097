use tidewatch_schemas::finding::{Season, Side};
use tidewatch_schemas::incident::{Kind, Severity, State as Stage};
use tidewatch_schemas::{Origin, SeriesKey};

use super::*;

fn grouping() -> Grouping {
    Grouping {
        catalog: Catalog,
        resolve_after_ms: 60_000,
        correlate_within_ms: 60_000,
        adopt_after_ms: 86_400_000,
        single: false,
        silences: Vec::new(),
        severities: Severities::usual(),
        patience: Patience::default(),
    }
}

/// A finding of `tenant` on `signal`, of a series told apart by `check`, in the window that starts at `second`.
fn finding(tenant: &str, signal: &str, check: &str, second: i64) -> Finding {
    let attributes = std::collections::BTreeMap::from([("check".to_owned(), check.to_owned())]);
    let series = SeriesKey {
        pool: "eu-1".into(),
        tenant: tenant.into(),
        resource: "odoo-web".into(),
        signal: signal.into(),
        attributes: attributes.clone(),
    };
    Finding {
        detector: DetectorName::Baseline,
        pool: series.pool.clone(),
        tenant: series.tenant.clone(),
        resource: series.resource.clone(),
        signal: series.signal.clone(),
        series: series.id(),
        attributes,
        unit: "s".to_owned(),
        since: Timestamp(second * 1_000 - 30_000),
        window_start: Timestamp(second * 1_000),
        window_end: Timestamp(second * 1_000 + 10_000),
        actual: Some(1.9),
        expected: 0.05,
        lower: 0.03,
        upper: 0.1,
        season: Season::Recent,
        side: Side::Above,
        channel: None,
        silence: None,
        contention: None,
        score: 15.0,
        share: 1.0,
        confidence: 0.8,
        summary: format!("{signal} is high"),
        origin: Origin { topic: "t".into(), partition: 0, offset: second, index: 0 },
    }
}

const SLOW: &str = "synthetic.check.duration";
const CAUSE: &str = "postgresql.temp.io";

/// Feeds findings, each at the end of its window, and returns the revisions.
fn feed(state: &mut State, findings: &[Finding]) -> Vec<Incident> {
    let observe = |finding: &Finding| grouping().observe(state, finding, finding.window_end);
    findings.iter().filter_map(observe).collect()
}

#[test]
fn one_series_alone_opens_nothing_and_two_do() {
    let mut state = State::default();
    assert!(feed(&mut state, &[finding("acme", SLOW, "login", 100)]).is_empty());
    let opened = feed(&mut state, &[finding("acme", SLOW, "invoice", 110)]);
    assert_eq!(opened.len(), 1);
    let incident = &opened[0];
    assert_eq!((incident.state, incident.kind, incident.revision), (Stage::Open, Kind::Slow, 1));
    assert_eq!((incident.tenants.as_slice(), incident.severity), (&["acme".into()][..], Severity::Error));
    assert_eq!(incident.evidence.len(), 2);
}

#[test]
fn ten_thousand_findings_of_a_minute_are_one_incident_that_counts_them_all() {
    let names = |letter, count: usize| (0..count).map(|number| format!("{letter}{number}")).collect::<Vec<String>>();
    let (tenants, checks) = (names('t', 200), names('c', 50));
    let all: Vec<Finding> = checks
        .iter()
        .enumerate()
        .flat_map(|(number, check)| {
            let second = 100 + i64::try_from(number).unwrap();
            tenants.iter().map(move |tenant| finding(tenant, SLOW, check, second))
        })
        .collect();
    assert_eq!(all.len(), 10_000);
    let mut state = State::default();
    let revisions = feed(&mut state, &all);
    let ids: std::collections::BTreeSet<_> = revisions.iter().map(|incident| incident.incident_id).collect();
    assert_eq!(ids.len(), 1, "one cause");
    assert!(revisions.len() <= 8, "told {} times in fifty seconds", revisions.len());
    let counted: u64 = state.cases.iter().map(|case| case.published().findings).sum();
    assert_eq!(counted, 10_000, "each is counted once");
}

#[test]
fn one_felt_series_opens_once_it_lasts() {
    let mut state = State::default();
    let lasting = |second| Finding { since: Timestamp(70_000), ..finding("acme", SLOW, "login", second) };
    let seconds = [100, 110, 120, 130];
    let opened: Vec<_> = seconds.iter().flat_map(|second| feed(&mut state, &[lasting(*second)])).collect();
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].opened_at, Timestamp(130_000));
}

#[test]
fn causes_alone_are_a_warning_and_need_two_signals() {
    let mut state = State::default();
    let first = [finding("acme", CAUSE, "a", 100), finding("acme", CAUSE, "b", 100)];
    assert!(feed(&mut state, &first).is_empty());
    let opened = feed(&mut state, &[finding("acme", "postgresql.deadlocks", "", 110)]);
    assert_eq!(opened[0].severity, Severity::Warning);
    assert!(opened[0].victims.is_empty());
}

#[test]
fn tenants_that_begin_to_suffer_together_are_one_incident() {
    let mut state = State::default();
    let revisions = feed(
        &mut state,
        &[
            finding("acme", SLOW, "login", 100),
            finding("acme", SLOW, "invoice", 100),
            finding("delta", SLOW, "login", 130),
            finding("cobalt", SLOW, "login", 300),
            finding("cobalt", SLOW, "invoice", 300),
        ],
    );
    let ids: std::collections::BTreeSet<_> = revisions.iter().map(|revision| revision.incident_id).collect();
    assert_eq!(ids.len(), 2, "delta joins acme, cobalt began much later");
    assert_eq!(revisions[1].victims, ["acme".into(), "delta".into()]);
    assert_eq!(revisions[1].severity, Severity::Critical);
    assert_eq!(revisions[1].revision, 2);
}

#[test]
fn what_joins_a_moment_later_is_gathered_and_told_all_the_same() {
    let mut state = State::default();
    let both = |tenant, second| [finding(tenant, SLOW, "login", second), finding(tenant, SLOW, "invoice", second)];
    let joined: Vec<Finding> =
        ["acme", "delta", "cobalt", "echo"].into_iter().flat_map(|name| both(name, 100)).collect();
    let told: Vec<usize> = feed(&mut state, &joined).iter().map(|incident| incident.tenants.len()).collect();
    assert_eq!(told, [1, 2], "the second makes it worse, which is told at once");
    assert!(grouping().advance(&mut state, Timestamp(119_999)).0.is_empty());
    let (caught_up, _) = grouping().advance(&mut state, Timestamp(120_000));
    assert_eq!((caught_up[0].tenants.len(), caught_up[0].revision), (4, 3));
    assert!(grouping().advance(&mut state, Timestamp(140_000)).0.is_empty(), "it is told once");
}

#[test]
fn context_is_evidence_and_nothing_more() {
    let mut state = State::default();
    let context = [finding("acme", "a.b", "", 100), finding("acme", "c.d", "", 100)];
    assert!(feed(&mut state, &context).is_empty());
    feed(&mut state, &[finding("acme", SLOW, "login", 100), finding("acme", SLOW, "invoice", 100)]);
    assert!(feed(&mut state, &[finding("acme", "a.b", "", 110)]).is_empty(), "no new revision");
    let (resolved, _) = grouping().advance(&mut state, Timestamp(170_000));
    assert_eq!(resolved[0].evidence.len(), 3);
}

#[test]
fn an_incident_resolves_once_calm_and_reopens_inside_the_flap_time() {
    let mut state = State::default();
    let start = |second| [finding("acme", SLOW, "login", second), finding("acme", SLOW, "invoice", second)];
    let opened = feed(&mut state, &start(100));
    assert!(grouping().advance(&mut state, Timestamp(169_999)).0.is_empty());
    let (resolved, _) = grouping().advance(&mut state, Timestamp(170_000));
    assert_eq!((resolved[0].state, resolved[0].revision), (Stage::Resolved, 2));
    assert_eq!(resolved[0].resolved_at, Some(Timestamp(170_000)));
    let reopened = feed(&mut state, &start(210));
    assert_eq!((reopened[0].state, reopened[0].incident_id), (Stage::Reopened, opened[0].incident_id));
    assert!(grouping().advance(&mut state, Timestamp(1_000_000)).0.len() == 1);
    let later = feed(&mut state, &start(1_100));
    assert_eq!(later[0].incident_id, opened[0].incident_id, "what came back once is waited for twice as long");
    assert_eq!(later[0].response.reopened, 2);
    assert!(grouping().advance(&mut state, Timestamp(2_000_000)).0.len() == 1);
    assert!(feed(&mut state, &start(2_300))[0].incident_id != opened[0].incident_id);
}

#[test]
fn the_flap_time_ends_when_trouble_begins_not_when_it_is_found() {
    let start = |second, since| {
        let began = |check| Finding { since: Timestamp(since), ..finding("acme", SLOW, check, second) };
        [began("login"), began("invoice")]
    };
    for (since, expected) in [(230_000, Stage::Reopened), (230_001, Stage::Open)] {
        let mut state = State::default();
        feed(&mut state, &start(100, 70_000));
        grouping().advance(&mut state, Timestamp(170_000));
        grouping().advance(&mut state, Timestamp(280_000));
        assert_eq!(feed(&mut state, &start(280, since))[0].state, expected, "began at {since}");
    }
}

#[test]
fn silence_holds_an_incident_open_until_the_series_returns() {
    let mut state = State::default();
    let mut silent = finding("acme", SLOW, "login", 100);
    (silent.detector, silent.actual) = (DetectorName::Silence, None);
    let opened = feed(&mut state, std::slice::from_ref(&silent));
    assert_eq!(opened[0].kind, Kind::Silent);
    assert!(grouping().advance(&mut state, Timestamp(5_000_000)).0.is_empty());
    grouping().returned(&mut state, silent.series);
    assert_eq!(grouping().advance(&mut state, Timestamp(5_000_001)).0.len(), 1);
}

/// What is told when the first deployment, of acme, makes it slow for ten minutes, and then the second, of delta, makes that slow.
fn rolled_out(names: [&str; 2]) -> Vec<Incident> {
    let (mut state, mut told) = (State::default(), Vec::new());
    for ((tenant, begin), name) in [("acme", 0), ("delta", 600)].into_iter().zip(names) {
        let at = Timestamp((begin + 50) * 1_000);
        let deployment = Deployment { at, name: name.to_owned(), tenant: tenant.into(), resource: "odoo-web".into() };
        told.extend(grouping().deployed(&mut state, deployment, at));
        for second in (begin + 100..begin + 700).step_by(10) {
            let since = Timestamp((begin + 90) * 1_000);
            let of = |check| Finding { since, ..finding(tenant, SLOW, check, second) };
            told.extend(feed(&mut state, &[of("login"), of("invoice")]));
        }
    }
    told
}

#[test]
fn trouble_after_the_same_deployment_is_one_incident_that_says_so() {
    let ids =
        |told: &[Incident]| told.iter().map(|one| one.incident_id).collect::<std::collections::BTreeSet<_>>().len();
    let one = rolled_out(["17.0.3", "17.0.3"]);
    assert_eq!(ids(&one), 1, "one cause, rolled out twice");
    assert!(one[0].summary.ends_with("; began 40 s after deployment 17.0.3 of acme on odoo-web"), "{}", one[0].summary);
    assert_eq!(one.last().unwrap().tenants, ["acme".into(), "delta".into()]);
    let two = rolled_out(["17.0.3", "17.0.4"]);
    assert_eq!(ids(&two), 2, "two causes");
}

#[test]
fn the_course_of_the_strongest_series_is_shown_and_of_no_other() {
    let mut state = State::default();
    let seen = |check: &str, second: i64, actual: f64| {
        let score = if check == "login" { 20.0 } else { 15.0 };
        Finding { actual: Some(actual), score, ..finding("acme", SLOW, check, second) }
    };
    for window in 0..40_i64 {
        let second = 100 + 10 * window;
        let actual = f64::from(u32::try_from(window).unwrap());
        feed(&mut state, &[seen("login", second, actual), seen("invoice", second, 1.0)]);
    }
    let (resolved, _) = grouping().advance(&mut state, Timestamp(900_000));
    let courses: Vec<usize> = resolved[0].evidence.iter().map(|each| each.course.len()).collect();
    assert_eq!(courses, [tidewatch_schemas::incident::Evidence::MAX_COURSE, 0]);
    let course = &resolved[0].evidence[0].course;
    assert!(course.is_sorted() && course.last() == Some(&39.0), "the latest windows, in order: {course:?}");
}
