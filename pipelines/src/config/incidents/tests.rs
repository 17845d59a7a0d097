use super::super::{Config, Text};
use super::*;

fn loaded(incidents: &str) -> Result<IncidentsConfig, String> {
    let yaml = format!("incidents:\n{incidents}");
    let config = Config::from_text(Some(Text { name: "t.yaml", yaml: &yaml }), [], &[]);
    config.map(|config| config.detect.incidents).map_err(|errors| errors.to_string())
}

#[test]
fn silences_and_the_table_of_severities_are_read_in_their_order() {
    let config = loaded(
        "  silences:
    - { name: nightly, pools: [eu-1], resources: [pg-main], signals: [\"db.*\"], days: [sunday], hours: \"22:00-04:00\", time_zone: Europe/Berlin }
    - { name: move, tenants: [acme], from: 2026-11-25T22:00:00Z, to: 2026-11-26T04:00:00+01:00 }
  severities:
    - { kinds: [failing], tenants: [acme], felt: true, victims: 2, above: 1.5, day: period_end, severity: critical, why: month end }
    - { severity: warning, why: the rest }
",
    )
    .unwrap();
    let [nightly, moved] = config.silences.as_slice() else { panic!("{:?}", config.silences) };
    assert_eq!((nightly.name.as_str(), nightly.signals.as_slice()), ("nightly", ["db.*".to_owned()].as_slice()));
    let from_to = (Time::constant(22, 0, 0, 0), Time::constant(4, 0, 0, 0));
    assert!(matches!(&nightly.when, When::Weekly { from, to, days, .. }
        if (*from, *to) == from_to && days.has(Weekday::Sunday) && !days.has(Weekday::Monday)));
    assert_eq!(moved.when, When::Once(Timestamp(1_795_644_000_000), Timestamp(1_795_662_000_000)));
    let [first, rest] = config.severities.as_slice() else { panic!("{:?}", config.severities) };
    assert_eq!((first.victims, first.felt, first.day), (2, Some(true), Some(DayKind::PeriodEnd)));
    assert_eq!((first.above, first.below), (Some(1.5), None));
    assert_eq!(*rest, SeverityRule::always(Severity::Warning, "the rest"));
}

#[test]
fn every_mistake_in_a_list_is_named_with_what_would_be_right() {
    let cases = [
        ("silences: [{ hours: \"22:00-04:00\" }]", "name"),
        ("silences: [{ name: n, hours: late }]", "\"late\" are no hours; write two times such as 22:00-04:00"),
        ("silences: [{ name: n, hours: \"22:00-22:00\" }]", "are no hours"),
        (
            "silences: [{ name: n, hours: \"22:00-04:00\", days: [someday] }]",
            "\"someday\" is no weekday; write some of",
        ),
        ("silences: [{ name: n, hours: \"22:00-04:00\", time_zone: Mars/Base }]", "Mars/Base"),
        ("silences: [{ name: n, from: soon, to: 2026-11-25T22:00:00Z }]", "\"soon\" is no moment; write one such as"),
        (
            "silences: [{ name: n, from: 2026-11-25T22:00:00Z, to: 2026-11-25T22:00:00Z }]",
            "which is not after 2026-11-25T22:00:00.000Z; write a later end",
        ),
        ("silences: [{ name: n, hours: \"22:00-04:00\", tenant: acme }]", "tenants"),
        ("severities: [{ severity: bad, why: w }]", "bad"),
        ("severities: [{ severity: error }]", "why"),
        ("severities: [{ severity: error, why: w, day: payday }]", "payday"),
        (
            "severities: [{ severity: error, why: w, kinds: [bored] }]",
            "\"bored\" is no kind of incident; write some of",
        ),
        ("severities: [{ severity: error, why: w, felt: maybe }]", "write true or false"),
        ("severities: [{ severity: error, why: w, above: much }]", "much"),
    ];
    for (yaml, expected) in cases {
        let found = loaded(&format!("  {yaml}\n")).expect_err(yaml);
        assert!(found.contains(expected), "{yaml}: {found}");
    }
    let both =
        loaded("  severities: [{ severity: bad, why: w }]\n  silences: [{ name: n, hours: late }]\n").unwrap_err();
    assert!(both.contains("bad") && both.contains("late"), "all at once: {both}");
}
