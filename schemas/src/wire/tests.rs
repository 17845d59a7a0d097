use std::collections::BTreeMap;

use super::*;
use crate::envelope::{Content, Tick};
use crate::lock::{LockEvent, LockStage};
use crate::observation::{Distribution, LogEvent, Observation, Sum, Summary, Temporality, Value};
use crate::origin::Origin;
use crate::reject::{Reject, RejectReason};
use crate::series::SeriesKey;
use crate::time::Timestamp;

fn observation(signal: &str, value: Value) -> Observation {
    let series = SeriesKey {
        pool: "eu-1".into(),
        tenant: "acme".into(),
        resource: "pg-main".into(),
        signal: signal.into(),
        attributes: BTreeMap::from([("state".to_owned(), "active".to_owned())]),
    };
    Observation { series, unit: "ms".to_owned(), at: Timestamp(1_795_342_714_149), value }
}

/// One observation of every kind, with every optional field present or absent at least once.
fn every_kind() -> Envelope {
    let sum = Sum { value: 6241.0, temporality: Temporality::Cumulative, monotonic: true, start: Some(Timestamp(7)) };
    let distribution = Distribution {
        count: 3,
        sum: Some(0.6),
        min: Some(0.1),
        max: None,
        bounds: vec![0.1, 0.3],
        counts: vec![1, 1, 1],
        temporality: Temporality::Delta,
        start: None,
    };
    let summary = Summary { count: 9, sum: 4.5, quantiles: vec![(0.5, 0.4), (0.99, 0.9)], start: None };
    let log = LogEvent { severity: 17, body: "could not serialize access".to_owned(), lock: None };
    let observations = vec![
        observation("gauge", Value::Gauge(-1.5)),
        observation("sum", Value::Sum(sum)),
        observation("distribution", Value::Distribution(distribution)),
        observation("summary", Value::Summary(summary)),
        observation("log", Value::Log(log)),
    ];
    let origin = Origin { topic: "otlp_metrics".into(), partition: 3, offset: 42, index: 1 };
    let content =
        Content::Observations { pool: "eu-1".into(), origin, received: Timestamp(1_795_342_714_200), observations };
    Envelope { content }
}

#[test]
fn every_kind_of_value_survives_the_wire() {
    let envelope = every_kind();
    assert_eq!(decode(&encode(&envelope)).unwrap(), envelope);
}

#[test]
fn a_lock_survives_the_wire_and_one_of_a_later_release_leaves_the_event() {
    let lock = LockEvent {
        stage: LockStage::Waiting,
        waiter: 7_428,
        holders: vec![7_534, 1],
        waited_s: 9.385,
        mode: "RowExclusiveLock".to_owned(),
        is_global: true,
        object: "relation 23985".to_owned(),
        table: "account_move".to_owned(),
        statement: "INSERT account_move".to_owned(),
        holders_statement: "LOCK account_move".to_owned(),
    };
    let event = LogEvent { severity: 9, body: String::new(), lock: Some(Box::new(lock)) };
    let mut envelope = every_kind();
    if let Content::Observations { observations, .. } = &mut envelope.content {
        *observations = vec![observation("locks", Value::Log(event))];
    }
    let bytes = encode(&envelope);
    assert_eq!(decode(&bytes).unwrap(), envelope);
    let place = bytes.windows(7).position(|part| part == b"waiting").unwrap();
    let later = [&bytes[..place], b"dancing", &bytes[place + 7..]].concat();
    let Content::Observations { observations, .. } = decode(&later).unwrap().content else { panic!("a tick") };
    assert_eq!(observations[0].value, Value::Log(LogEvent { severity: 9, ..LogEvent::default() }));
}

#[test]
fn ticks_survive_the_wire() {
    let tick = Tick { at: Timestamp(1_795_342_714_200), instance: "ingest-0".into() };
    let envelope = Envelope { content: Content::Tick(tick) };
    assert_eq!(decode(&encode(&envelope)).unwrap(), envelope);
}

#[test]
fn rejects_survive_the_wire_and_come_after_the_observations_of_their_record() {
    let reject = |index, reason| Reject {
        reason,
        detail: "\"a.level\": value NaN must be finite".to_owned(),
        origin: Origin { topic: "otlp".into(), partition: 3, offset: 42, index },
        received_at: Timestamp(1_795_342_714_200),
        count: u64::from(index) + 1,
        excerpt: "\\n\\x00".to_owned(),
    };
    let envelope =
        Envelope::of_rejects(vec![reject(0, RejectReason::NotFinite), reject(7, RejectReason::Empty)]).unwrap();
    assert_eq!(decode(&encode(&envelope)).unwrap(), envelope);
    assert_eq!(envelope.key(), b"otlp/3");
    let Content::Rejects { origin, .. } = &envelope.content else { panic!("{envelope:?}") };
    assert!(origin.position() > Origin { index: 5, ..origin.clone() }.position());
    assert_eq!(Envelope::of_rejects(Vec::new()), None);
}

#[test]
fn a_reason_that_is_not_known_is_named() {
    let reject = message::Reject { reason: "bored".to_owned(), ..Default::default() };
    let origin = Some(message::Origin::default());
    let bytes = message::Envelope { version: VERSION, origin, rejects: vec![reject], ..Default::default() };
    assert_eq!(decode(&bytes.encode_to_vec()), Err(WireError::UnknownReason("bored".to_owned())));
}

#[test]
fn bytes_of_version_1_are_read_by_every_later_release() {
    let fixture = include_bytes!("../../fixtures/observations.v1.bin");
    assert_eq!(decode(fixture).unwrap(), every_kind());
    assert_eq!(encode(&every_kind()), fixture);
}

#[test]
fn an_unknown_version_is_refused_by_its_number() {
    let mut bytes = encode(&every_kind());
    bytes[1] = 9;
    assert_eq!(decode(&bytes), Err(WireError::UnknownVersion(9)));
}

#[test]
fn cut_off_bytes_are_an_error_and_no_panic() {
    let bytes = encode(&every_kind());
    for length in 0..bytes.len() {
        let _ = decode(&bytes[..length]);
    }
    assert!(matches!(decode(&bytes[..bytes.len() - 1]), Err(WireError::Malformed(_))));
}

/// `Message.field = tag` for every field of the proto file.
fn fields_of_proto(proto: &str) -> Vec<String> {
    let mut message = "";
    let mut fields = Vec::new();
    for line in proto.lines().map(|line| line.split("//").next().unwrap_or("").trim()) {
        if let Some(rest) = line.strip_prefix("message ") {
            message = rest.trim_end_matches(" {");
        } else if let Some((left, tag)) = line.strip_suffix(';').and_then(|line| line.split_once(" = "))
            && !message.is_empty()
        {
            fields.push(format!("{message}.{} = {tag}", left.rsplit(' ').next().unwrap_or("")));
        }
    }
    fields.sort();
    fields
}

/// The same of the Rust messages; the variants of the oneof count as fields of its message.
fn fields_of_source(source: &str) -> Vec<String> {
    let (mut message, mut tag, mut fields) = ("", "", Vec::new());
    for line in source.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("pub(super) struct ").or(line.strip_prefix("pub(super) enum ")) {
            message = if rest.starts_with("Value") { "Observation" } else { rest.trim_end_matches(" {") };
        } else if let Some((_, rest)) = line.split_once("tag = \"") {
            tag = rest.split('"').next().unwrap_or("");
        } else if !tag.is_empty() {
            let name = line.trim_start_matches("pub ").split([':', '(']).next().unwrap_or("");
            fields.push(format!("{message}.{} = {tag}", name.to_lowercase()));
            tag = "";
        }
    }
    fields.sort();
    fields
}

#[test]
fn the_proto_file_states_every_field() {
    let proto = fields_of_proto(include_str!("../../observations.proto"));
    assert!(proto.len() > 30, "{proto:?}");
    assert_eq!(proto, fields_of_source(include_str!("message.rs")));
}
