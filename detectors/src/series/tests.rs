use std::collections::BTreeMap;

use tidewatch_schemas::observation::LogEvent;
use tidewatch_schemas::{Catalog, SeriesKey};

use super::*;
use crate::silence::Silence;

fn settings() -> Settings {
    Settings {
        window_ms: 10_000,
        lateness_ms: 10_000,
        judges: judges::Settings::new(10_000, 1.0, 86_400_000),
        silence: Silence { missed: 5, lateness_ms: 10_000 },
    }
}

fn key(signal: &str) -> SeriesKey {
    SeriesKey {
        pool: "eu-1".into(),
        tenant: "acme".into(),
        resource: "odoo-web".into(),
        signal: signal.into(),
        attributes: BTreeMap::new(),
    }
}

fn origin() -> Origin {
    Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 }
}

/// Feeds `(seconds, value)` and returns the findings.
fn run(signal: &str, events: impl IntoIterator<Item = (i64, Value)>) -> Vec<Finding> {
    let (settings, key, mut state) = (settings(), key(signal), SeriesState::default());
    let who = Identity { key: &key, spec: Catalog.lookup(signal), unit: "1", is_metered: false };
    let mut findings = Vec::new();
    for (seconds, value) in events {
        let at = Timestamp(seconds * 1_000);
        let seen = Observation { series: key.clone(), unit: "1".to_owned(), at, value };
        let _ = state.absorb(&settings, &seen, &origin(), seen.at);
        let around = Around { today: &mut Today::default(), class: &mut Class::default() };
        findings.extend(state.judge(&settings, who, around, at).findings);
    }
    findings
}

fn log() -> Value {
    Value::Log(LogEvent { severity: 17, body: "Login failed".to_owned(), lock: None })
}

#[test]
fn the_order_of_arrival_inside_the_lateness_changes_nothing() {
    let level = |second: i64| Value::Gauge(if second < 600 { 1.0 } else { 0.0 });
    let ordered: Vec<(i64, Value)> = (0..900).map(|second| (second, level(second))).collect();
    let mut shuffled = ordered.clone();
    shuffled.chunks_mut(8).for_each(<[_]>::reverse);
    let expected = run("synthetic.check.success", ordered);
    let found = run("synthetic.check.success", shuffled);
    let windows =
        |findings: &[Finding]| findings.iter().map(|each| (each.window_start, each.actual)).collect::<Vec<_>>();
    assert!(!expected.is_empty());
    assert_eq!(windows(&found), windows(&expected));
}

#[test]
fn a_burst_of_a_rare_event_is_found_although_quiet_windows_send_nothing() {
    let calm = (0..60).map(|turn| (turn * 30, log()));
    let burst = (0..360).map(|turn| (1_800 + turn / 6, log()));
    let findings = run("log.events", calm.chain(burst));
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|finding| finding.window_start >= Timestamp(1_790_000)), "{findings:?}");
}

#[test]
fn what_comes_after_its_window_was_closed_is_told() {
    let (settings, mut state) = (settings(), SeriesState::default());
    let who_key = key("x");
    let who = Identity { key: &who_key, spec: Catalog.lookup("x"), unit: "1", is_metered: false };
    let mut absorb = |seconds: i64| {
        let at = Timestamp(seconds * 1_000);
        let seen = Observation { series: who_key.clone(), unit: String::new(), at, value: Value::Gauge(1.0) };
        let result = state.absorb(&settings, &seen, &origin(), seen.at);
        let around = Around { today: &mut Today::default(), class: &mut Class::default() };
        state.judge(&settings, who, around, at);
        result
    };
    assert!(absorb(5).is_ok() && absorb(25).is_ok());
    assert_eq!(absorb(6), Err(Late { closed_until: Timestamp(10_000) }));
}
