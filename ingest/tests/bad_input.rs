//! Everything that is refused, with its reason; and after each of them the stream goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, Metric, NumberDataPoint};
use prost::Message;
use tidewatch_ingest::{Format, Settings};
use tidewatch_schemas::{Reject, RejectReason as Reason, Timestamp};

/// A name, a format, a value, and why it is refused.
type Case = (&'static str, Format, Vec<u8>, Reason);

/// One point of `name`, in protobuf.
fn proto(metric: Metric) -> Vec<u8> {
    samples::metrics(samples::acme(), vec![metric]).encode_to_vec()
}

fn gauge(point: NumberDataPoint) -> Vec<u8> {
    proto(samples::metric("a.level", "1", samples::gauge(vec![point])))
}

fn gauge_at(seconds: u64) -> Vec<u8> {
    gauge(NumberDataPoint { time_unix_nano: seconds * 1_000_000_000, ..samples::number(Number::AsInt(1)) })
}

fn histogram(point: HistogramDataPoint) -> Vec<u8> {
    proto(samples::metric("a.size", "By", samples::histogram(vec![point])))
}

/// One gauge point with these fields, in JSON.
fn json(fields: &str) -> Vec<u8> {
    let metric = format!(r#"{{"name":"a.level","gauge":{{"dataPoints":[{{{fields}}}]}}}}"#);
    format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#).into_bytes()
}

/// One gauge line with these fields besides the name.
fn line(fields: &str) -> Vec<u8> {
    format!(r#"{{"name":"a.level","kind":"gauge",{fields}}}"#).into_bytes()
}

fn good(format: Format) -> Vec<u8> {
    let metrics = samples::metrics(samples::acme(), samples::every_kind());
    let logs = samples::logs(samples::acme(), vec![samples::log_record(17, "no")]);
    match format {
        Format::OtlpMetricsProto => metrics.encode_to_vec(),
        Format::OtlpLogsProto => logs.encode_to_vec(),
        Format::OtlpMetricsJson => serde_json::to_vec(&metrics).expect("it is JSON"),
        Format::OtlpLogsJson => serde_json::to_vec(&logs).expect("it is JSON"),
        Format::JsonLines => line(r#""ts":1795342714149,"value":1"#),
    }
}

fn spoiled(format: Format, spoil: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = good(format);
    spoil(&mut bytes);
    bytes
}

/// What any format can suffer from.
fn cases_of_every_format() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in samples::FORMATS {
        cases.push(("empty", format, Vec::new(), Reason::Empty));
        cases.push(("2 MiB", format, vec![b' '; 2 << 20], Reason::TooLarge));
        let truncated = spoiled(format, |bytes| bytes.truncate(bytes.len() - 3));
        cases.push(("truncated", format, truncated, Reason::Malformed));
    }
    cases
}

fn cases_of_encoding() -> Vec<Case> {
    use Format::{JsonLines, OtlpLogsJson, OtlpLogsProto, OtlpMetricsJson, OtlpMetricsProto};
    let utf8 = |format| {
        spoiled(format, |bytes| {
            bytes[good(format).windows(4).position(|four| four == b"acme").expect("a tenant")] = 0xff;
        })
    };
    let deep = [r#"{"resourceMetrics":"#.as_bytes(), &b"[".repeat(5_000)].concat();
    let not_utf8_line = spoiled(JsonLines, |bytes| bytes[10] = 0xff);
    vec![
        ("JSON in a protobuf topic", OtlpMetricsProto, good(OtlpMetricsJson), Reason::Malformed),
        ("JSON in a protobuf topic", OtlpLogsProto, good(OtlpLogsJson), Reason::Malformed),
        ("protobuf in a JSON topic", OtlpMetricsJson, good(OtlpMetricsProto), Reason::Malformed),
        ("protobuf in a JSON topic", OtlpLogsJson, good(OtlpLogsProto), Reason::Malformed),
        ("logs in a metrics topic", OtlpMetricsProto, good(OtlpLogsProto), Reason::Malformed),
        ("metrics in a logs topic", OtlpLogsProto, good(OtlpMetricsProto), Reason::Malformed),
        ("logs in a metrics topic", OtlpMetricsJson, good(OtlpLogsJson), Reason::Malformed),
        ("metrics in a logs topic", OtlpLogsJson, good(OtlpMetricsJson), Reason::Malformed),
        ("protobuf of unknown fields alone", OtlpMetricsProto, vec![0x78, 0x01], Reason::Malformed),
        ("random bytes", OtlpMetricsProto, b"\x93\x07\xfe random".to_vec(), Reason::Malformed),
        ("random bytes", JsonLines, b"random".to_vec(), Reason::Malformed),
        ("not UTF-8", OtlpMetricsProto, utf8(OtlpMetricsProto), Reason::InvalidUtf8),
        ("not UTF-8", OtlpLogsProto, utf8(OtlpLogsProto), Reason::InvalidUtf8),
        ("not UTF-8", OtlpMetricsJson, utf8(OtlpMetricsJson), Reason::InvalidUtf8),
        ("not UTF-8", OtlpLogsJson, utf8(OtlpLogsJson), Reason::InvalidUtf8),
        ("not UTF-8", JsonLines, not_utf8_line, Reason::InvalidUtf8),
        ("JSON nested too deep", OtlpMetricsJson, deep, Reason::Malformed),
        ("blank lines", JsonLines, b"\n \r\n".to_vec(), Reason::Empty),
    ]
}

fn cases_of_values() -> Vec<Case> {
    use Format::{JsonLines, OtlpLogsProto, OtlpMetricsJson, OtlpMetricsProto};
    let of = |value| gauge(samples::number(Number::AsDouble(value)));
    let no_value = NumberDataPoint { value: None, ..samples::number(Number::AsInt(1)) };
    let no_data = Metric { data: None, ..samples::metric("a.level", "1", samples::gauge(vec![])) };
    let mut no_body = samples::log_record(9, "");
    (no_body.body, no_body.attributes) = (None, Vec::new());
    let no_body = samples::logs(samples::acme(), vec![no_body]).encode_to_vec();
    let at = r#""timeUnixNano":"1795342713000000000""#;
    let number = samples::number(Number::AsInt(1));
    let temporality = proto(samples::metric("a.total", "1", samples::sum(vec![number.clone()], 0, true)));
    vec![
        ("NaN", OtlpMetricsProto, of(f64::NAN), Reason::NotFinite),
        ("infinity", OtlpMetricsProto, of(f64::INFINITY), Reason::NotFinite),
        ("minus infinity", OtlpMetricsProto, of(f64::NEG_INFINITY), Reason::NotFinite),
        ("NaN", OtlpMetricsJson, json(&format!(r#"{at},"asDouble":"NaN""#)), Reason::NotFinite),
        ("infinity", OtlpMetricsJson, json(&format!(r#"{at},"asDouble":"-Infinity""#)), Reason::NotFinite),
        ("NaN", JsonLines, line(r#""ts":1795342714149,"value":"NaN""#), Reason::NotFinite),
        ("NaN as no JSON", JsonLines, line(r#""ts":1795342714149,"value":NaN"#), Reason::Malformed),
        ("no value", OtlpMetricsProto, gauge(no_value), Reason::MissingValue),
        ("no data", OtlpMetricsProto, proto(no_data), Reason::MissingValue),
        ("no value", OtlpMetricsJson, json(at), Reason::MissingValue),
        ("null value", OtlpMetricsJson, json(&format!(r#"{at},"asDouble":null"#)), Reason::MissingValue),
        ("null value", JsonLines, line(r#""ts":1795342714149,"value":null"#), Reason::MissingValue),
        ("a log record that says nothing", OtlpLogsProto, no_body, Reason::MissingValue),
        ("no number", OtlpMetricsJson, json(&format!(r#"{at},"asInt":"7 apples""#)), Reason::Malformed),
        ("no number", OtlpMetricsJson, json(&format!(r#"{at},"asInt":[7]"#)), Reason::Malformed),
        ("no time", OtlpMetricsJson, json(r#""timeUnixNano":"noon","asInt":"7""#), Reason::Malformed),
        ("no number", JsonLines, line(r#""ts":1795342714149,"value":true"#), Reason::Malformed),
        ("neither delta nor cumulative", OtlpMetricsProto, temporality, Reason::Malformed),
        (
            "no name",
            OtlpMetricsProto,
            proto(samples::metric("", "1", samples::gauge(vec![number.clone()]))),
            Reason::Malformed,
        ),
        ("no name", JsonLines, br#"{"ts":1795342714149,"kind":"gauge","value":1}"#.to_vec(), Reason::Malformed),
        ("unknown kind", JsonLines, br#"{"ts":1,"name":"a","kind":"meter","value":1}"#.to_vec(), Reason::Malformed),
        (
            "wrong unit",
            OtlpMetricsProto,
            proto(samples::metric("httpcheck.duration", "By", samples::gauge(vec![number]))),
            Reason::UnitMismatch,
        ),
        (
            "wrong unit",
            JsonLines,
            br#"{"ts":1795342714149,"name":"httpcheck.duration","unit":"furlong","kind":"gauge","value":1}"#.to_vec(),
            Reason::UnitMismatch,
        ),
    ]
}

fn cases_of_times_sizes_and_histograms() -> Vec<Case> {
    use Format::{JsonLines, OtlpMetricsJson, OtlpMetricsProto};
    let many = |count| (0..count).map(|number| samples::text(&format!("key{number}"), "x")).collect();
    let attributes = NumberDataPoint { attributes: many(10_000), ..samples::number(Number::AsInt(1)) };
    let mut crowded = samples::log_record(9, "x");
    crowded.attributes = many(10_000);
    let crowded = samples::logs(samples::acme(), vec![crowded]).encode_to_vec();
    let keys: Vec<String> = (0..10_000).map(|number| format!(r#""key{number}":1"#)).collect();
    let crowded_line = line(&format!(r#""ts":1795342714149,"value":1,"attributes":{{{}}}"#, keys.join(",")));
    let point = samples::histogram_point;
    let mut exponential = samples::exponential_point();
    exponential.count = 1;
    let exponential = proto(samples::metric("a.size", "By", samples::exponential(vec![exponential])));
    vec![
        ("no time", OtlpMetricsProto, gauge_at(0), Reason::TimestampTooOld),
        ("1970", OtlpMetricsProto, gauge_at(86_400), Reason::TimestampTooOld),
        ("1970", JsonLines, line(r#""ts":86400000,"value":1"#), Reason::TimestampTooOld),
        ("no time", JsonLines, line(r#""value":1"#), Reason::TimestampTooOld),
        ("no time", OtlpMetricsJson, json(r#""asInt":1"#), Reason::TimestampTooOld),
        ("2100", OtlpMetricsProto, gauge_at(4_102_444_800), Reason::TimestampInFuture),
        ("2100", JsonLines, line(r#""ts":4102444800000,"value":1"#), Reason::TimestampInFuture),
        ("the end of time", JsonLines, line(r#""ts":1e300,"value":1"#), Reason::TimestampInFuture),
        ("10,000 attributes", OtlpMetricsProto, gauge(attributes), Reason::TooManyAttributes),
        ("10,000 attributes", Format::OtlpLogsProto, crowded, Reason::TooManyAttributes),
        ("10,000 attributes", JsonLines, crowded_line, Reason::TooManyAttributes),
        (
            "a bucket too few",
            OtlpMetricsProto,
            histogram(HistogramDataPoint { bucket_counts: vec![1, 5], ..point() }),
            Reason::InvalidDistribution,
        ),
        (
            "a wrong total",
            OtlpMetricsProto,
            histogram(HistogramDataPoint { count: 7, ..point() }),
            Reason::InvalidDistribution,
        ),
        (
            "bounds that fall",
            OtlpMetricsProto,
            histogram(HistogramDataPoint { explicit_bounds: vec![3.0, 1.0], ..point() }),
            Reason::InvalidDistribution,
        ),
        (
            "a sum that is NaN",
            OtlpMetricsProto,
            histogram(HistogramDataPoint { sum: Some(f64::NAN), ..point() }),
            Reason::NotFinite,
        ),
        ("an exponential histogram with a wrong total", OtlpMetricsProto, exponential, Reason::InvalidDistribution),
    ]
}

#[test]
fn everything_bad_is_refused_with_its_reason_and_the_stream_goes_on() {
    let ingest = samples::ingest();
    let cases =
        [cases_of_every_format(), cases_of_encoding(), cases_of_values(), cases_of_times_sizes_and_histograms()];
    for (case, format, value, reason) in cases.concat() {
        let case = format!("{case} ({})", format.name());
        let handled = samples::handle_with(&ingest, format, Some(&value));
        assert_eq!(handled.envelopes, [], "{case}");
        let reasons: Vec<Reason> = handled.rejects.iter().map(|reject| reject.reason).collect();
        assert_eq!(reasons, [reason], "{case}: {:?}", handled.rejects);
        verify_reject(&case, &handled.rejects[0]);
        let next = samples::handle_with(&ingest, format, Some(&good(format)));
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
    let lines = lines.map(line).join(&b"\n"[..]);
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
        let record = line(&format!(r#""ts":{},"value":1"#, at.0));
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
