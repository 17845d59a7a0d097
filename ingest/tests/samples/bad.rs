//! What nobody should send, each with a name and the reason for which it is refused.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, Metric, NumberDataPoint};
use prost::Message;
use tidewatch_ingest::Format;
use tidewatch_schemas::RejectReason as Reason;

use crate::samples;

/// A name, a format, a value, and why it is refused.
pub type Case = (&'static str, Format, Vec<u8>, Reason);

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
pub fn line(fields: &str) -> Vec<u8> {
    format!(r#"{{"name":"a.level","kind":"gauge",{fields}}}"#).into_bytes()
}

pub fn good(format: Format) -> Vec<u8> {
    let metrics = samples::metrics(samples::acme(), samples::every_kind());
    let logs = samples::logs(samples::acme(), vec![samples::log_record(17, "no")]);
    match format {
        Format::OtlpProto | Format::OtlpMetricsProto => metrics.encode_to_vec(),
        Format::OtlpLogsProto => logs.encode_to_vec(),
        Format::OtlpMetricsJson => serde_json::to_vec(&metrics).expect("it is JSON"),
        Format::OtlpLogsJson => serde_json::to_vec(&logs).expect("it is JSON"),
        Format::JsonLines => line(r#""ts":1795342714149,"value":1"#),
        Format::Verdicts => unreachable!("no source of a user has it"),
    }
}

fn spoiled(format: Format, spoil: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = good(format);
    spoil(&mut bytes);
    bytes
}

/// Every case.
pub fn cases() -> Vec<Case> {
    [cases_of_every_format(), cases_of_encoding(), cases_of_values(), cases_of_times_sizes_and_histograms()].concat()
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
