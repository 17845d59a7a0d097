use tidewatch_schemas::response::Said;
use tidewatch_schemas::verdict::Action;

use super::*;

fn history() -> Vec<Incident> {
    let first = opened(0xa1b2_c3d4, &["acme", "borealis"]);
    let mut third = later(&later(&first, 2), 3);
    third.severity = Severity::Critical;
    third.culprits = tenants(&["cobalt"]);
    third.evidence.push(evidence(2, "borealis", (Some(0.0), 0.622, 1.0), 50.0));
    third.evidence.push(evidence(3, "delta", (None, 10.0, 10.0), 3.0));
    let last = resolved(&third, 5);
    vec![first, third, last]
}

#[test]
fn the_story_answers_what_somebody_who_was_woken_asks() {
    let expected = "\
CRITICAL, slow, resolved after 5 min 0 s
acme and borealis suffer: request.duration is 868 ms

incident    a1b2c3d4000000000000000000000000
when        began 2026-11-22 10:26:30 UTC, opened 1 min 0 s later, resolved at 10:31:30
where       pool eu-1, web
tenants     acme, borealis
suffering   acme, borealis
cause       cobalt
loudest     request.duration: 868 ms, expected 50 ms by the hour of the week
severity    critical: a tenant cannot work, or several suffer
confidence  99 %
runbook     slow-requests

Evidence: 3 series, what people feel first
 1. acme on web: request.duration is far off for acme
    [==.................#] 868 ms, expected 61 ms, usual 30 ms to 92 ms, by the hour of the week
    since 10:26:30, worst at 10:27:30; baseline, 40.0 nats; otlp_metrics partition 3 offset 2659
 2. borealis on web: request.duration is far off for borealis
    [#...........========] 0 s, expected 811 ms, usual 622 ms to 1 s, by the hour of the week
    since 10:26:30, worst at 10:27:30; baseline, 50.0 nats; otlp_metrics partition 3 offset 2659
 3. delta on web: request.duration is far off for delta
    silent; expected every 10 s by the hour of the week
    since 10:26:30, worst at 10:27:30; baseline, 3.0 nats; otlp_metrics partition 3 offset 2659

History
   1  10:27:30     opened     error, slow; acme, borealis; 1 series
  revision 2 was not read
   3  10:29:30     updated    critical instead of error; cobalt is named as the cause; 2 more series
   4  10:31:30     resolved
";
    assert_eq!(story(&history(), view(100)), expected);
}

#[test]
fn the_story_says_what_people_did_and_why_it_matters() {
    let first = Incident { severity_reason: "month end of acme".into(), findings: 4_711, ..opened(7, &["acme"]) };
    let mut reminded = later(&first, 2);
    (reminded.response.reminders, reminded.response.escalation) = (1, 1);
    let mut taken = later(&reminded, 3);
    taken.state = State::Acknowledged;
    let by = Some("ana".to_owned());
    (taken.response.acknowledged_by, taken.response.acknowledged_at) = (by, Some(START + 3 * MINUTE));
    taken.response.said.push(said(Action::Acknowledge, 3, "on it"));
    let mut silenced = later(&taken, 4);
    silenced.response.silenced_by = Some("work on web".into());
    let mut closed = resolved(&silenced, 5);
    (closed.response.silenced_by, closed.response.resolved_by) = (None, Some("ana".into()));
    closed.response.said.push(said(Action::FalseAlarm, 5, ""));

    let text = story(&[first, reminded, taken, silenced.clone(), closed], view(100));
    for line in [
        "severity    error: month end of acme\n",
        "taken by    ana at 10:29:30\nclosed by   ana\nurged       1 reminder, 1 step of escalation\n",
        "said        10:29:30 ana, acknowledge: on it\n            10:31:30 ana, false alarm\n",
        "findings    4711\n",
        "   2  10:28:30     updated    escalated to step 1; reminder 1\n",
        "   3  10:29:30     taken      ana says acknowledge (on it)\n",
        "   4  10:30:30     taken      silenced by work on web\n",
        "   5  10:31:30     resolved   ana says false alarm; no longer silenced\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let text = story(&[silenced], view(100));
    assert!(text.contains("silenced by work on web; nobody is paged\n"), "{text}");
}

fn said(action: Action, minutes: i64, note: &str) -> Said {
    Said { action, by: "ana".into(), at: START + minutes * MINUTE, note: note.into() }
}

#[test]
fn what_goes_on_is_counted_to_now() {
    let text = story(&history()[..2], view(100));
    assert!(text.starts_with("CRITICAL, slow, open for 10 min 0 s\n"), "{text}");
    assert!(text.contains("opened 1 min 0 s later, last changed 7 min 0 s ago\n"), "{text}");
}

#[test]
fn no_story_is_wider_than_it_may_be_or_steers_the_terminal() {
    for incident in unruly() {
        for width in [60, 80, 120] {
            let text = story(&[incident.clone(), resolved(&incident, 9)], view(width));
            assert_tame(&text, width);
            assert!(text.contains("Evidence: ") && text.contains("resolved"), "{text}");
        }
    }
    for width in [60, 80, 120] {
        assert_tame(&story(&history(), view(width)), width);
    }
}

#[test]
fn nothing_has_no_story() {
    assert_eq!(story(&[], view(80)), "");
    assert!(Told::of(&[]).is_none());
}

#[test]
fn the_report_is_the_last_revision_with_its_history() {
    let history = history();
    let told = serde_json::to_value(Told::of(&history).unwrap()).unwrap();
    assert_eq!(told["state"], "resolved");
    assert_eq!(told["incident_id"], "a1b2c3d4000000000000000000000000");
    let revisions = told["history"].as_array().unwrap();
    assert_eq!(revisions.len(), 3);
    assert_eq!(revisions[1]["revision"], 3);
    assert_eq!(revisions[1]["changes"][0], "critical instead of error");
    assert_eq!(revisions[2]["state"], "resolved");
}

#[test]
fn the_report_of_a_list_counts_what_is_not_resolved() {
    let log = log([opened(1, &["acme"]), resolved(&opened(2, &["acme"]), 5)]);
    let now = START + 10 * MINUTE;
    let listed = serde_json::to_value(Listed::of(&Selection::default().of(&log, now), now)).unwrap();
    assert_eq!(listed["unresolved"], 1);
    assert_eq!(listed["now"], "2026-11-22T10:36:30.000Z");
    assert_eq!(listed["incidents"].as_array().unwrap().len(), 2);
    assert_eq!(listed["incidents"][0]["summary"], "acme suffer: request.duration is 868 ms");
}

#[test]
fn what_is_not_certain_is_never_called_so() {
    let with = |confidence| Incident { confidence, ..opened(1, &["acme"]) };
    for (confidence, expected) in [(1.0, "100 %"), (0.999_9, "over 99 %"), (0.5, "50 %"), (0.0, "0 %")] {
        let text = story(&[with(confidence)], view(80));
        assert!(text.contains(&format!("confidence  {expected}\n")), "{confidence}: {text}");
    }
}
