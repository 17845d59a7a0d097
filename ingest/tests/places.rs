//! Whose a point is: tenant, pool and resource by the default rules, and what is left to tell series apart.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message;
use tidewatch_ingest::{Format, Header, Ingest, Rule, Settings, Source, SourceRecord};
use tidewatch_schemas::SeriesKey;

/// The series of a point with these attributes, under these settings.
fn series(settings: Settings, headers: &[Header], resource: Vec<KeyValue>, attributes: Vec<KeyValue>) -> SeriesKey {
    let point = NumberDataPoint { attributes, ..samples::number(Number::AsInt(1)) };
    let metric = samples::metric("a.level", "1", samples::gauge(vec![point]));
    let bytes = samples::metrics(resource, vec![metric]).encode_to_vec();
    let topic = "otlp_metrics".into();
    let record = SourceRecord {
        topic: &topic,
        partition: 0,
        offset: 0,
        received: samples::RECEIVED,
        key: Some(b"a hash"),
        value: Some(&bytes),
        headers,
    };
    let handled = Ingest::new(settings).expect("sound settings").handle(&record);
    samples::observations(&handled)[0].series.clone()
}

/// Attributes that are texts.
type Texts<'a> = &'a [(&'a str, &'a str)];

/// `tenant pool resource key=value ..` of a point under the default settings.
fn place(resource: Texts, attributes: Texts) -> String {
    let texts = |pairs: Texts| pairs.iter().map(|(key, value)| samples::text(key, value)).collect();
    let found = series(Settings::default(), &[], texts(resource), texts(attributes));
    let attributes: Vec<String> = found.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let place = format!("{} {} {} {}", found.tenant, found.pool, found.resource, attributes.join(" "));
    place.trim_end().to_owned()
}

/// What an agent sends, its resource, the point's attributes, and where the default rules put it.
const AGENTS: &[(&str, Texts, Texts, &str)] = &[
    ("nothing", &[], &[], "_unassigned default _unknown"),
    (
        "tenant set by the agent",
        &[("tenant.id", "acme"), ("service.namespace", "other"), ("k8s.cluster.name", "eu-1"), ("host.name", "n1")],
        &[("cpu", "0")],
        "acme eu-1 n1 cpu=0",
    ),
    (
        "postgresql receiver, table metric",
        &[
            ("postgresql.database.name", "acme"),
            ("postgresql.schema.name", "public"),
            ("postgresql.table.name", "account_move"),
            ("service.instance.id", "pg-main:5432"),
        ],
        &[("state", "live")],
        "acme default pg-main:5432 postgresql.schema.name=public postgresql.table.name=account_move state=live",
    ),
    (
        "postgresql receiver with semantic conventions",
        &[("server.address", "pg-main")],
        &[("db.namespace", "acme|public")],
        "acme default pg-main db.namespace=acme|public",
    ),
    (
        "the same without a schema: the attribute says no more than the tenant",
        &[("server.address", "pg-main")],
        &[("db.namespace", "acme")],
        "acme default pg-main",
    ),
    (
        "two databases of one tenant stay two series",
        &[("tenant.id", "acme"), ("postgresql.database.name", "acme_test")],
        &[],
        "acme default _unknown postgresql.database.name=acme_test",
    ),
    (
        "a namespace is no tenant, but tells series apart",
        &[("k8s.namespace.name", "kube-system"), ("k8s.pod.name", "coredns-1"), ("k8s.container.name", "coredns")],
        &[],
        "_unassigned default coredns-1 k8s.container.name=coredns k8s.namespace.name=kube-system",
    ),
    (
        "a container that is the resource is not named twice",
        &[("container.name", "odoo"), ("container.image.name", "odoo:16")],
        &[],
        "_unassigned default odoo",
    ),
    (
        "a container on a named host",
        &[("container.name", "odoo"), ("host.name", "n1")],
        &[],
        "_unassigned default n1 container.name=odoo",
    ),
    ("shared by all tenants", &[("tenant.id", "_shared")], &[], "_shared default _unknown"),
];

#[test]
fn the_default_rules_know_what_agents_send() {
    for (case, resource, attributes, expected) in AGENTS {
        assert_eq!(place(resource, attributes), *expected, "{case}");
    }
}

#[test]
fn a_header_counts_only_where_a_rule_trusts_it() {
    let headers = [Header { name: "x-tenant-id".to_owned(), value: b"mallory".to_vec() }];
    let resource = || vec![samples::text("tenant.id", "acme")];
    let by_default = series(Settings::default(), &headers, resource(), Vec::new());
    assert_eq!(by_default.tenant.as_str(), "acme");
    let mut trusting = Settings::default();
    trusting.tenant.insert(0, Rule { from: "header:x-tenant-id".to_owned(), ..Rule::default() });
    assert_eq!(series(trusting.clone(), &headers, resource(), Vec::new()).tenant.as_str(), "mallory");
    let not_text = [Header { name: "x-tenant-id".to_owned(), value: vec![0xff] }];
    assert_eq!(series(trusting, &not_text, resource(), Vec::new()).tenant.as_str(), "acme");
}

#[test]
fn many_services_of_one_tenant_stay_many_series() {
    let lookup = [("web", "acme"), ("cron", "acme")].map(|(from, to)| (from.to_owned(), to.to_owned()));
    let table = Rule { from: "attribute:service".to_owned(), lookup: lookup.into(), ..Rule::default() };
    let settings = Settings { tenant: vec![table], ..Settings::default() };
    let of = |service| series(settings.clone(), &[], Vec::new(), vec![samples::text("service", service)]);
    assert_eq!((of("web").tenant, of("cron").tenant), ("acme".into(), "acme".into()));
    assert_ne!(of("web"), of("cron"));
    assert_eq!(of("redis").tenant.as_str(), "_unassigned");
}

#[test]
fn everything_wrong_with_settings_is_said_at_once() {
    let rule = |from: &str| Rule { from: from.to_owned(), ..Rule::default() };
    let source = |topic: &str| Source { topics: vec![topic.to_owned()], format: Format::JsonLines };
    let both = Rule {
        lookup: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        value: Some("c".to_owned()),
        ..rule("resource:a")
    };
    let mut settings = Settings {
        sources: vec![source("a"), source("a"), source("no spaces"), Source { topics: vec![], ..source("b") }],
        tenant: vec![rule("resource:tenant.id"), rule("label:tenant"), rule("header:")],
        pool: vec![Rule { matches: Some("(".to_owned()), ..rule("resource:a") }],
        resource: vec![both, Rule { value: Some(String::new()), ..rule("attribute:a") }],
        ..Settings::default()
    };
    settings.limits.attributes = 0;
    settings.limits.future_ms = -1;
    let problems = Ingest::new(settings).expect_err("nothing about them is right").problems;
    let expected = [
        "source 2: topic \"a\" stands twice and must stand in one source",
        "source 3: topic \"no spaces\" must be 1 to 249 letters, digits, '.', '_' and '-'",
        "source 4: topics is empty and must name at least one topic",
        "tenant rule 2: from \"label:tenant\" must be header:NAME, resource:KEY or attribute:KEY",
        "tenant rule 3: from \"header:\" must be header:NAME, resource:KEY or attribute:KEY",
        "pool rule 1: matches \"(\" must be a regular expression: unclosed group",
        "resource rule 1: value \"c\" makes lookup pointless; keep one of the two",
        "resource rule 2: value \"\" must be a name, such as _shared",
        "limits: attributes 0 must be at least 1",
        "limits: future_ms -1 must be 0 to 86400000",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn settings_are_read_as_they_are_written_and_refuse_what_they_do_not_know() {
    let text = serde_json::to_string(&Settings::default()).expect("settings are JSON");
    assert_eq!(serde_json::from_str::<Settings>(&text).expect("what was written can be read"), Settings::default());
    let sparse: Settings = serde_json::from_str(r#"{"limits": {"attributes": 8}}"#).expect("the rest has defaults");
    assert_eq!((sparse.limits.attributes, sparse.limits.record_bytes), (8, 1_048_576));
    assert!(serde_json::from_str::<Settings>(r#"{"limit": {}}"#).is_err());
    assert!(serde_json::from_str::<Settings>(r#"{"tenant": [{"from": "resource:a", "match": "b"}]}"#).is_err());
}
