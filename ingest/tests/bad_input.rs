//! Everything that is refused, with its reason; and after each of them the stream goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

#[path = "samples/bad.rs"]
mod bad;

use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message;
use tidewatch_ingest::{Format, Settings};
use tidewatch_schemas::{Reject, RejectReason as Reason, Timestamp};

#[test]
fn everything_bad_is_refused_with_its_reason_and_the_stream_goes_on() {
    let ingest = samples::ingest();
    for (case, format, value, reason) in bad::cases() {
        let case = format!("{case} ({})", format.name());
        let handled = samples::handle_with(&ingest, format, Some(&value));
        assert_eq!(handled.envelopes, [], "{case}");
        let reasons: Vec<Reason> = handled.rejects.iter().map(|reject| reject.reason).collect();
        assert_eq!(reasons, [reason], "{case}: {:?}", handled.rejects);
        verify_reject(&case, &handled.rejects[0]);
        let next = samples::handle_with(&ingest, format, Some(&bad::good(format)));
        assert_eq!(next.rejects, [], "after {case}");
        assert!(!next.envelopes.is_empty(), "after {case}");
    }
}

fn verify_reject(case: &str, reject: &Reject) {
    let origin = (reject.origin.partition, reject.origin.offset, reject.origin.index);
    assert_eq!(origin, (3, 42, 0), "{case}");
    assert_eq!((reject.count, reject.received_at), (1, samples::RECEIVED), "{case}");
    assert!((10..400).contains(&reject.detail.len()), "{case}: {:?}", reject.detail);
    assert!(reject.excerpt.len() <= 4 * Reject::EXCERPT && reject.excerpt.is_ascii(), "{case}");
}

#[test]
fn a_record_without_a_value_is_empty() {
    for format in samples::FORMATS {
        let handled = samples::handle(format, None);
        let found: Vec<_> = handled.rejects.iter().map(|reject| (reject.reason, reject.excerpt.as_str())).collect();
        assert_eq!((handled.envelopes, found), (Vec::new(), vec![(Reason::Empty, "")]), "{}", format.name());
    }
}

#[test]
fn a_bad_point_costs_no_other() {
    let points = [1.0, f64::NAN, 3.0].map(|value| samples::number(Number::AsDouble(value)));
    let metric = samples::metric("a.level", "1", samples::gauge(points.to_vec()));
    let request = samples::metrics(samples::acme(), vec![metric.clone(), metric]);
    let proto = samples::handle(Format::OtlpMetricsProto, Some(&request.encode_to_vec()));
    let text = serde_json::to_string(&request).expect("it is JSON").replace("\"asDouble\":null", "\"asDouble\":\"x\"");
    let json = samples::handle(Format::OtlpMetricsJson, Some(text.as_bytes()));
    let lines = [r#""ts":1795342714149,"value":1"#, r#""ts":0,"value":2"#, r#""ts":1795342714149,"value":3"#];
    let lines = lines.map(bad::line).join(&b"\n"[..]);
    let lines = samples::handle(Format::JsonLines, Some(&lines));
    for (handled, observed, refused) in [(&proto, 4, vec![1, 4]), (&json, 4, vec![1, 4]), (&lines, 2, vec![1])] {
        assert_eq!(samples::observations(handled).len(), observed);
        let indexes: Vec<u32> = handled.rejects.iter().map(|reject| reject.origin.index).collect();
        assert_eq!(indexes, refused);
    }
    assert_eq!(proto.rejects[0].detail, "\"a.level\": value NaN must be finite");
    assert_eq!(json.rejects[0].detail, "\"a.level\": asDouble \"x\" must be a number");
    assert!(lines.rejects[0].excerpt.starts_with(r#"{\"name\":\"a.level\""#), "{}", lines.rejects[0].excerpt);
}

#[test]
fn a_flood_of_rejects_is_counted_by_reason() {
    let bad = NumberDataPoint { value: None, ..samples::number(Number::AsInt(1)) };
    let old = NumberDataPoint { time_unix_nano: 1, ..samples::number(Number::AsInt(1)) };
    let points = [vec![bad; 500], vec![old; 300]].concat();
    let metric = samples::metric("a.level", "1", samples::gauge(points));
    let request = samples::metrics(samples::acme(), vec![metric]).encode_to_vec();
    let rejects = samples::handle(Format::OtlpMetricsProto, Some(&request)).rejects;
    assert_eq!(rejects.len(), 102);
    let folded: Vec<_> = rejects[100..].iter().map(|reject| (reject.reason, reject.count)).collect();
    assert_eq!(folded, [(Reason::MissingValue, 400), (Reason::TimestampTooOld, 300)]);
    assert_eq!((rejects[100].origin.index, rejects[101].origin.index), (100, 500));
    assert!(rejects[101].detail.starts_with("300 points of this record, the first of them: \"a.level\": event time"));
}

#[test]
fn a_clock_that_is_a_little_ahead_is_set_back_and_counted() {
    let limit = samples::RECEIVED + Settings::default().limits.future_ms;
    for (ahead_ms, expected, clamped) in [(299_000, samples::RECEIVED + 299_000, 0), (3_600_000, limit, 1)] {
        let at = samples::RECEIVED + ahead_ms;
        let record = bad::line(&format!(r#""ts":{},"value":1"#, at.0));
        let handled = samples::handle(Format::JsonLines, Some(&record));
        assert_eq!(samples::observations(&handled)[0].at, expected);
        assert_eq!((handled.clamped, handled.rejects.len()), (clamped, 0));
    }
}

#[test]
fn a_topic_of_no_source_is_refused() {
    let topic = "surprise".into();
    let record = tidewatch_ingest::SourceRecord {
        topic: &topic,
        partition: 0,
        offset: 0,
        received: Timestamp(0),
        key: None,
        value: Some(b"{}"),
        headers: &[],
    };
    let rejects = samples::ingest().handle(&record).rejects;
    assert_eq!(rejects[0].reason, Reason::Malformed);
    assert!(rejects[0].detail.starts_with("no source has topic \"surprise\""), "{}", rejects[0].detail);
}
