use super::*;

#[test]
fn a_line_says_when_which_what_happened_how_bad_and_what_changed() {
    let first = opened(0xa1b2_c3d4, &["acme", "borealis"]);
    let second = Incident { severity: Severity::Critical, culprits: tenants(&["cobalt"]), ..later(&first, 2) };
    let third = resolved(&second, 5);
    let taken = Incident { state: State::Acknowledged, ..later(&first, 3) };
    let cases = [
        (None, &first, "OPENED    error     acme and borealis suffer: request.duration is 868 ms"),
        (Some(&first), &second, "UPDATED   critical  critical instead of error; cobalt is named as the cause"),
        (None, &second, "UPDATED   critical  critical, slow; acme, borealis; cause: cobalt; 1 series"),
        (Some(&first), &taken, "TAKEN     error     acme, borealis: its numbers moved"),
        (Some(&second), &third, "RESOLVED  critical  acme, borealis: after 5 min 0 s"),
    ];
    for (before, incident, expected) in cases {
        let line = line(before, incident, view(200));
        assert_eq!(line.split_once("a1b2c3d4  ").map(|(_, rest)| rest), Some(expected), "{line}");
    }
    assert!(line(None, &first, view(200)).starts_with("2026-11-22 10:27:30  a1b2c3d4  OPENED"));
}

#[test]
fn a_line_is_one_line_and_not_wider_than_it_may_be() {
    for incident in unruly() {
        for width in [10, 60, 80, 120] {
            let text = line(None, &incident, view(width));
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert_tame(&text, width);
        }
    }
}
