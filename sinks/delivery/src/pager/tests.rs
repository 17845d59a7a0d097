use serde_json::Value;
use tidewatch_schemas::finding::{DetectorName, Season};
use tidewatch_schemas::incident::{Evidence, Kind, Severity, State};
use tidewatch_schemas::{Incident, IncidentId, Origin, Response, SeriesId, TenantId, Timestamp};

use super::alertmanager::Alertmanager;
use super::incident_io::IncidentIo;
use super::opsgenie::Opsgenie;
use super::pagerduty::PagerDuty;
use super::slack::Slack;
use super::webhook::Webhook;
use super::*;

const NOW: Timestamp = Timestamp(1_795_343_300_000);
const STATES: [State; 4] = [State::Open, State::Acknowledged, State::Resolved, State::Reopened];

/// An incident in which everything is as long as it may be, and nothing is harmless.
fn incident(state: State) -> Incident {
    let nasty = "<b>&\"\\\n\u{1F525}".repeat(400);
    let evidence = Evidence {
        detector: DetectorName::Baseline,
        series: SeriesId(7),
        signal: "synthetic.check.duration".into(),
        tenant: "acme".into(),
        resource: "nginx-edge".into(),
        since: Timestamp(1_795_343_188_000),
        window_start: Timestamp(1_795_343_200_000),
        actual: Some(1.9),
        expected: 0.05,
        lower: 0.03,
        upper: 0.09,
        unit: "s".to_owned(),
        course: Vec::new(),
        season: Season::Recent,
        score: 31.0,
        summary: nasty.clone(),
        source: Origin { topic: "otlp".into(), partition: 3, offset: 42, index: 0 },
    };
    Incident {
        incident_id: IncidentId(0x1f),
        revision: 3,
        state,
        kind: Kind::Slow,
        severity: Severity::Critical,
        pool: "eu-1".into(),
        resource: Some("pg-main".into()),
        tenants: vec!["acme".into(), "borealis".into()],
        victims: vec!["borealis".into()],
        culprits: vec!["acme".into()],
        started_at: Timestamp(1_795_343_188_000),
        opened_at: Timestamp(1_795_343_220_000),
        updated_at: Timestamp(1_795_343_290_000),
        resolved_at: (state == State::Resolved).then_some(Timestamp(1_795_343_290_000)),
        summary: nasty,
        signal: "synthetic.check.duration".into(),
        expected: 0.05,
        actual: Some(1.9),
        unit: "s".to_owned(),
        season: Season::Recent,
        confidence: 0.9,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "slow-requests".to_owned(),
        evidence: vec![evidence; Incident::MAX_EVIDENCE],
        severity_reason: String::new(),
        findings: 0,
        response: Response::default(),
    }
}

fn channels() -> Vec<Channel> {
    let url = || "https://example.com/x".to_owned();
    vec![
        Channel::PagerDuty(PagerDuty { url: url(), routing_key: "hunter2".to_owned() }),
        Channel::Alertmanager(Alertmanager {
            url: url(),
            authorization: "Bearer hunter2".to_owned(),
            again_ms: 60_000,
        }),
        Channel::Webhook(Webhook { url: url(), secrets: vec!["hunter2".parse().unwrap()] }),
        Channel::Slack(Slack { url: "https://example.com/hunter2".to_owned() }),
        Channel::Opsgenie(Opsgenie { url: url(), key: "hunter2".to_owned() }),
        Channel::IncidentIo(IncidentIo { url: url(), token: "hunter2".to_owned() }),
    ]
}

fn notice<'a>(incident: &'a Incident, before: Option<&'a Incident>) -> Notice<'a> {
    Notice { incident, before, now: NOW, runbooks: "https://wiki.example.com/{runbook}" }
}

fn body(channel: &Channel, incident: &Incident) -> Value {
    serde_json::from_slice(&channel.request(&notice(incident, None)).body).expect("a body is JSON")
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}

#[test]
fn every_change_has_the_same_key_in_a_channel_and_bodies_are_bounded() {
    for channel in channels() {
        for state in STATES {
            let change = incident(state);
            let request = channel.request(&notice(&change, None));
            let whole = format!("{} {}", request.url, String::from_utf8(request.body.clone()).unwrap());
            assert!(whole.contains(&change.incident_id.to_string()), "{channel:?} {state:?}");
            assert!(request.body.len() <= 512_000, "{channel:?}: {} bytes", request.body.len());
            assert_eq!(channel.request(&notice(&change, None)), request, "the same change, another request");
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    for channel in channels() {
        assert!(!format!("{channel:?}").contains("hunter2"), "{channel:?}");
    }
}

#[test]
fn pagerduty_gets_what_its_events_need() {
    let channel = &channels()[0];
    for (state, action) in STATES.into_iter().zip(["trigger", "acknowledge", "resolve", "trigger"]) {
        let event = body(channel, &incident(state));
        assert_eq!(text(&event, "/event_action"), action);
        assert_eq!(text(&event, "/routing_key"), "hunter2");
        assert!(text(&event, "/dedup_key").len() <= 255);
        assert_eq!(event.get("payload").is_some(), action == "trigger");
    }
    let event = body(channel, &incident(State::Open));
    assert!(text(&event, "/payload/summary").chars().count() <= 1_024);
    assert_eq!((text(&event, "/payload/severity"), text(&event, "/payload/source")), ("critical", "pg-main"));
    assert_eq!(text(&event, "/links/0/href"), "https://wiki.example.com/slow-requests");
}

#[test]
fn alertmanager_is_told_of_the_end_and_of_a_change_of_what_the_alert_is() {
    let channel = &channels()[1];
    let firing = body(channel, &incident(State::Open));
    assert_eq!(text(&firing, "/0/endsAt"), (NOW + 240_000).to_string(), "four minutes");
    assert_eq!(text(&firing, "/0/labels/culprit"), "acme");
    assert_eq!(text(&body(channel, &incident(State::Resolved)), "/0/endsAt"), "2026-11-22T10:28:10.000Z");
    let (before, now) = (Incident { severity: Severity::Error, ..incident(State::Open) }, incident(State::Open));
    let request = channel.request(&notice(&now, Some(&before)));
    let both: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((text(&both, "/0/labels/severity"), text(&both, "/1/labels/severity")), ("critical", "error"));
    assert_eq!(text(&both, "/1/endsAt"), NOW.to_string(), "what it was is over");
    let same = channel.request(&notice(&now, Some(&Incident { revision: 2, ..now.clone() })));
    assert_eq!(serde_json::from_slice::<Value>(&same.body).unwrap().as_array().unwrap().len(), 1);
    assert_eq!(request.headers.last().unwrap(), &("authorization", "Bearer hunter2".to_owned()));
}

#[test]
fn only_alertmanager_forgets_and_only_until_it_has_heard_of_the_end() {
    let [open, resolved] = [State::Open, State::Resolved].map(incident);
    for channel in channels() {
        let forgets = matches!(channel, Channel::Alertmanager(_));
        assert_eq!(channel.repeat_after_ms(&open, NOW.0).is_some(), forgets, "{channel:?}");
        assert_eq!(channel.repeat_after_ms(&resolved, NOW.0).is_some(), forgets, "{channel:?}");
        assert_eq!(channel.repeat_after_ms(&resolved, NOW.0 + 600_000), None, "{channel:?}");
    }
}

#[test]
fn opsgenie_closes_by_alias() {
    let channel = &channels()[4];
    let url = |state| channel.request(&notice(&incident(state), None)).url;
    let alias = incident(State::Open).incident_id.to_string();
    assert_eq!(url(State::Open), "https://example.com/x/v2/alerts");
    assert_eq!(url(State::Resolved), format!("https://example.com/x/v2/alerts/{alias}/close?identifierType=alias"));
    let created = body(channel, &incident(State::Reopened));
    assert!(text(&created, "/message").chars().count() <= 130);
    assert_eq!((text(&created, "/alias"), text(&created, "/priority")), (alias.as_str(), "P1"));
}

#[test]
fn slack_shows_names_as_they_are_and_no_markup_of_others() {
    let message = body(&channels()[3], &incident(State::Open));
    assert!(text(&message, "/blocks/0/text/text").chars().count() <= 150);
    let section = text(&message, "/blocks/1/text/text");
    assert!(section.chars().count() <= 3_000 && !section.contains("<b>"), "{section}");
}

#[test]
fn incident_io_is_told_what_fires_and_what_is_resolved() {
    let channel = &channels()[5];
    for (state, status) in STATES.into_iter().zip(["firing", "firing", "resolved", "firing"]) {
        let event = body(channel, &incident(state));
        assert_eq!(text(&event, "/status"), status);
        assert!(!text(&event, "/title").is_empty() && event["metadata"]["culprits"] == serde_json::json!(["acme"]));
    }
}

#[test]
fn a_webhook_has_one_id_a_change_and_a_signature_a_secret() {
    let secrets = vec!["one".parse().unwrap(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()];
    let channel = Channel::Webhook(Webhook { url: String::new(), secrets });
    let header = |request: &Request, name| {
        request.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()).unwrap()
    };
    let change = incident(State::Open);
    let first = channel.request(&notice(&change, None));
    let later = channel.request(&Notice { now: NOW + 60_000, ..notice(&change, None) });
    assert_eq!(header(&first, "webhook-id"), header(&later, "webhook-id"));
    assert_ne!(header(&first, "webhook-signature"), header(&later, "webhook-signature"));
    assert_eq!(header(&first, "webhook-signature").split(' ').count(), 2);
    let next = channel.request(&notice(&Incident { revision: 4, ..change }, None));
    assert_ne!(header(&first, "webhook-id"), header(&next, "webhook-id"));
}

#[test]
fn a_story_names_who_and_the_runbook() {
    let story = notice(&Incident { summary: "slow".to_owned(), ..incident(State::Open) }, None).story();
    let lines: Vec<&str> = story.lines().collect();
    assert_eq!(lines[..3], ["slow", "suffering: borealis", "caused by: acme"]);
    assert_eq!(lines.last(), Some(&"runbook: https://wiki.example.com/slow-requests"));
    let alone: Vec<TenantId> = vec!["acme".into()];
    assert_eq!(super::notice::list(&alone), "acme");
}
