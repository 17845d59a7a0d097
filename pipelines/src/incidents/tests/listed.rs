use super::*;

fn ids(selection: &Selection, log: &Log, now: Timestamp) -> Vec<u32> {
    let shown = selection.of(log, now).shown;
    shown.iter().map(|incident| u32::try_from(incident.incident_id.0 >> 96).unwrap()).collect()
}

fn severe(severity: Severity, incident: Incident) -> Incident {
    Incident { severity, ..incident }
}

#[test]
fn what_is_not_resolved_comes_first_then_the_worst_then_the_newest() {
    let newer = |incident: Incident| Incident { opened_at: incident.opened_at + MINUTE, ..incident };
    let log = log([
        severe(Severity::Critical, resolved(&opened(1, &["acme"]), 5)),
        severe(Severity::Warning, newer(opened(2, &["acme"]))),
        severe(Severity::Error, opened(3, &["acme"])),
        severe(Severity::Error, newer(opened(4, &["acme"]))),
        severe(Severity::Error, opened(5, &["acme"])),
        Incident { state: State::Acknowledged, ..severe(Severity::Critical, opened(6, &["acme"])) },
    ]);
    assert_eq!(ids(&Selection::default(), &log, START + 10 * MINUTE), [6, 4, 3, 5, 2, 1]);
}

#[test]
fn what_was_resolved_more_than_a_day_ago_is_only_counted() {
    let log = log([resolved(&opened(1, &["acme"]), 5), opened(2, &["acme"])]);
    let just = START + 5 * MINUTE + DAY;
    assert_eq!(ids(&Selection::default(), &log, just), [2, 1]);
    let listing = Selection::default().of(&log, just + 1);
    assert_eq!((listing.shown.len(), listing.old), (1, 1));
    let all = Selection { wanted: Wanted::All, ..Selection::default() };
    assert_eq!(ids(&all, &log, just + 1), [2, 1]);
    assert_eq!(all.of(&log, just + 1).old, 0);
}

#[test]
fn every_filter_keeps_what_it_names() {
    let culprit = Incident { culprits: tenants(&["cobalt"]), ..opened(1, &["acme"]) };
    let elsewhere = Incident { pool: "us-1".into(), severity: Severity::Critical, ..opened(2, &["delta"]) };
    let over = resolved(&opened(3, &["acme"]), 8);
    let log = log([culprit, elsewhere, over]);
    let base = Selection::default;
    let cases = [
        ("a victim", Selection { tenant: Some("acme".into()), ..base() }, vec![1, 3]),
        ("a culprit", Selection { tenant: Some("cobalt".into()), ..base() }, vec![1]),
        ("nobody's", Selection { tenant: Some("acm".into()), ..base() }, vec![]),
        ("a pool", Selection { pool: Some("us-1".into()), ..base() }, vec![2]),
        ("at least", Selection { at_least: Some(Severity::Critical), ..base() }, vec![2]),
        ("at least, equal", Selection { at_least: Some(Severity::Error), ..base() }, vec![2, 1, 3]),
        ("open", Selection { wanted: Wanted::Only(State::Open), ..base() }, vec![2, 1]),
        ("resolved", Selection { wanted: Wanted::Only(State::Resolved), ..base() }, vec![3]),
        ("since", Selection { since_ms: Some(2 * MINUTE), ..base() }, vec![3]),
        ("both", Selection { tenant: Some("acme".into()), pool: Some("us-1".into()), ..base() }, vec![]),
    ];
    for (case, selection, expected) in cases {
        assert_eq!(ids(&selection, &log, START + 10 * MINUTE), expected, "{case}");
    }
}

#[test]
fn who_says_since_when_sees_what_was_resolved_since() {
    let log = log([resolved(&opened(1, &["acme"]), 5)]);
    let week = Selection { since_ms: Some(7 * DAY), ..Selection::default() };
    assert_eq!(ids(&week, &log, START + 3 * DAY), [1]);
    assert!(ids(&week, &log, START + 9 * DAY).is_empty());
}

#[test]
fn columns_go_where_room_is_short_and_no_line_is_wider_than_it_may_be() {
    let log = log([opened(0xa1b2_c3d4, &["acme", "borealis"]), resolved(&opened(2, &["cobalt"]), 4)]);
    let listing = Selection::default().of(&log, view(80).now);
    let expected = [
        (
            60,
            "\
ID        SEVERITY  STATE     FOR         TENANTS
a1b2c3d4  error     open      10 min 0 s  acme, borealis
00000002  error     resolved  4 min 0 s   cobalt
1 not resolved, 1 resolved; the file, times in UTC
",
        ),
        (
            120,
            "\
ID        SEVERITY  STATE     SINCE     FOR         KIND  TENANTS         WHAT
a1b2c3d4  error     open      10:26:30  10 min 0 s  slow  acme, borealis  acme and borealis suffer: request.duration is…
00000002  error     resolved  10:26:30  4 min 0 s   slow  cobalt          cobalt suffer: request.duration is 868 ms
1 not resolved, 1 resolved; the file, times in UTC
",
        ),
    ];
    for (width, expected) in expected {
        assert_eq!(list(&listing, "the file", view(width)), expected, "{width}");
    }
}

#[test]
fn no_name_widens_a_line_or_steers_the_terminal() {
    let log = log(unruly());
    for width in [60, 80, 120] {
        for now in [START, START + 400 * DAY] {
            let listing = Selection { wanted: Wanted::All, ..Selection::default() }.of(&log, now);
            let text = list(&listing, "the file", View { now, ..view(width) });
            assert_eq!(text.lines().filter(|line| line.starts_with("0000000")).count(), 4, "{text}");
            assert_tame(&text, width);
        }
    }
}

#[test]
fn with_room_enough_nothing_is_cut() {
    let log = log([opened(1, &["a-tenant-with-a-name-of-45-characters-or-nearly", "borealis"])]);
    let text = list(&Selection::default().of(&log, START), "the file", view(usize::MAX));
    let end = "of-45-characters-or-nearly, borealis  a-tenant-with-a-name-of-45-characters-or-nearly and borealis suffer: \
               request.duration is 868 ms\n";
    assert!(text.contains(end), "{text}");
}

#[test]
fn an_empty_list_says_so() {
    let empty = Log::default();
    let text = list(&Selection::default().of(&empty, START), "topic t", view(60));
    assert_eq!(text, "nothing to show of topic t\n");
    let log = log([resolved(&opened(1, &["acme"]), 5)]);
    let text = list(&Selection::default().of(&log, START + 9 * DAY), "topic t", view(80));
    assert_eq!(text, "nothing to show of topic t; 1 resolved earlier, --state all shows them\n");
}

#[test]
fn colours_change_nothing_but_colours() {
    let log = log(unruly());
    let listing = Selection::default().of(&log, START);
    let plain = list(&listing, "the file", view(80));
    let coloured = list(&listing, "the file", View { colour: true, ..view(80) });
    assert!(coloured.contains("\u{1b}[1;31mcritical"), "{coloured:?}");
    let stripped = ["1;31", "33", "32", "0", "1", "2"]
        .iter()
        .fold(coloured, |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
    assert_eq!(stripped, plain);
}
