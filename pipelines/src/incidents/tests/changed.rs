use super::changes::{beginning, changes};
use super::*;

type Change = fn(&mut Incident);

#[test]
fn every_difference_that_matters_is_said() {
    let before = opened(1, &["acme", "borealis"]);
    let cases: [(&str, Change); 14] = [
        ("critical instead of error", |after| after.severity = Severity::Critical),
        ("failing instead of slow", |after| after.kind = Kind::Failing),
        ("delta joined", |after| after.tenants.push("delta".into())),
        ("acme is no longer in it", |after| drop(after.tenants.remove(0))),
        ("delta suffers as well", |after| after.victims.push("delta".into())),
        ("acme, borealis no longer suffer", |after| after.victims.clear()),
        ("cobalt, delta joined and suffer", |after| {
            after.tenants.extend(tenants(&["cobalt", "delta"]));
            after.victims.extend(tenants(&["cobalt", "delta"]));
        }),
        ("4 more series", |after| {
            after.evidence.extend((2..6).map(|id| evidence(id, "acme", (Some(1.0), 0.0, 0.5), 1.0)));
        }),
        ("cobalt is named as the cause", |after| after.culprits.push("cobalt".into())),
        ("on several resources", |after| after.resource = None),
        ("all on db", |after| after.resource = Some("db".into())),
        ("request.duration 1.2 s instead of 868 ms", |after| after.actual = Some(1.2)),
        ("1 more series", |after| after.evidence.push(evidence(2, "acme", (Some(1.0), 0.0, 0.5), 1.0))),
        ("runbook database-load", |after| after.runbook = "database-load".into()),
    ];
    for (expected, change) in cases {
        let mut after = later(&before, 2);
        change(&mut after);
        assert_eq!(changes(&before, &after), [expected]);
    }
}

#[test]
fn another_sentence_is_said_where_nothing_else_is() {
    let before = opened(1, &["acme"]);
    let mut after = Incident { summary: "nobody is guilty: all take more".to_owned(), ..later(&before, 2) };
    assert_eq!(changes(&before, &after), ["nobody is guilty: all take more"]);
    after.kind = Kind::Failing;
    assert_eq!(changes(&before, &after), ["failing instead of slow"]);
}

#[test]
fn what_came_back_says_after_how_long() {
    let over = resolved(&opened(1, &["acme"]), 5);
    let again = Incident { state: State::Reopened, resolved_at: None, ..later(&over, 7) };
    assert_eq!(changes(&over, &again), ["came back after 2 min 0 s"]);
}

#[test]
fn in_a_full_list_fresh_series_are_those_that_are_stronger() {
    let mut before = opened(1, &["acme"]);
    before.evidence = (0..12).map(|id| evidence(id, "acme", (Some(1.0), 0.0, 0.5), 1.0)).collect();
    let mut after = later(&before, 2);
    after.evidence[11].series = SeriesId(99);
    assert_eq!(changes(&before, &after), ["1 stronger series"]);
}

#[test]
fn what_is_equal_is_not_said() {
    let before = opened(1, &["acme"]);
    assert!(changes(&before, &later(&before, 2)).is_empty());
    let a_little_more = Incident { actual: Some(0.868_01), ..later(&before, 2) };
    assert!(changes(&before, &a_little_more).is_empty());
}

#[test]
fn a_beginning_says_how_bad_with_whom_and_from_how_many_series() {
    let first = Incident { culprits: tenants(&["cobalt"]), ..opened(1, &["acme", "borealis"]) };
    assert_eq!(beginning(&first), ["error, slow", "acme, borealis", "cause: cobalt", "1 series"]);
}
