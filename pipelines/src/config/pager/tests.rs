use std::collections::BTreeMap;

use super::super::{Config, Text};
use super::*;

fn loaded(pager: &str) -> Result<PagerConfig, String> {
    let yaml = format!("pager:\n{pager}");
    let config = Config::from_text(Some(Text { name: "t.yaml", yaml: &yaml }), [], &[]);
    config.map(|config| config.pager).map_err(|errors| errors.to_string())
}

const CHANNELS: &str = "
  runbooks: https://wiki.example.com/{runbook}
  channels:
    phone: { kind: pagerduty, key: { env: PD } }
    am: { kind: alertmanager, urls: [\"http://am-0:9093\", \"http://am-1:9093\"], private: true }
    hook: { kind: webhook, url: \"https://example.com/in\", keys: [{ env: HOOK }], per_minute: 10 }
    chat: { kind: slack, url: { env: SLACK } }
    og: { kind: opsgenie, url: \"https://api.eu.opsgenie.com\", key: { env: OG } }
    io: { kind: incident_io, url: \"https://api.incident.io/v2/alert_events/http/x\", key: { env: IO } }
";

#[test]
fn nobody_is_paged_unless_somebody_says_so() {
    let config = loaded("  start: latest\n").unwrap();
    assert!(config.channels.is_empty() && config.routes.is_empty());
}

#[test]
fn every_kind_of_channel_is_read_and_replicas_have_names_of_their_own() {
    let routes = "
  routes:
    - { severity: error, tenants: [\"acme*\"], kinds: [slow, failing], channels: [phone], continue: true }
    - { channels: [am, hook, chat, og, io] }
";
    let config = loaded(&format!("{CHANNELS}{routes}")).unwrap();
    let names = ["PD", "HOOK", "SLACK", "OG", "IO"];
    let environment = names.map(|name| (name.to_owned(), "hunter2".to_owned())).into();
    let resolved: Vec<String> = config
        .channels
        .iter()
        .flat_map(|channel| channel.resolved(&environment).unwrap_or_else(|errors| panic!("{errors}")))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(resolved, ["am/0", "am/1", "chat", "hook", "io", "og", "phone"]);
    let replicas: Vec<String> = config.channels.iter().flat_map(ChannelConfig::replicas).collect();
    assert_eq!(replicas, resolved);
    assert!(!format!("{config:?}").contains("hunter2"));
    let missing = config.channels[0].resolved(&BTreeMap::default());
    assert!(missing.is_ok(), "an Alertmanager needs no key");
    let missing = config.channels[5].resolved(&BTreeMap::default()).unwrap_err().to_string();
    assert!(missing.contains("pager.channels.phone.key") && missing.contains("PD"), "{missing}");
}

#[test]
fn loose_ends_are_mistakes() {
    let cases = [
        ("  routes: [{ channels: [chat] }]", "there is no channel \"chat\""),
        ("  channels: { chat: { kind: slack, url: { env: S } } }", "no route leads to it"),
        (
            "  channels: { chat: { kind: slack, url: { env: S } } }\n  routes: [{ tenants: [acme], channels: [chat] }]",
            "may match no route and reach nobody",
        ),
        (
            "  channels: { chat: { kind: slack, url: \"https://hooks.slack.com/x\" } }\n  routes: [{ channels: [chat] }]",
            "must not be written",
        ),
        (
            "  channels: { hook: { kind: webhook, url: ftp://x } }\n  routes: [{ channels: [hook] }]",
            "is not an address of the web",
        ),
        (
            "  channels: { hook: { kind: webhook, url: \"https://x\", privat: true } }\n  routes: [{ channels: [hook] }]",
            "did you mean private?",
        ),
        (
            "  channels: { c: { kind: slack, url: { env: S } } }\n  routes: [{ channels: [c] }]",
            "pager.runbooks: whoever is paged would be told the name of a runbook, and not where it lies; write an address",
        ),
        ("  runbooks: https://wiki/", "has no place for the name of a runbook"),
        (
            "  channels: { c: { kind: slack, url: { env: S } } }\n  routes: [{ kinds: [bored], channels: [c] }]",
            "is no kind of incident",
        ),
    ];
    for (yaml, expected) in cases {
        let found = loaded(yaml).unwrap_err();
        assert!(found.contains(expected), "{yaml}: {found}");
    }
}
