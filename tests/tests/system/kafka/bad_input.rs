//! Everything bad lands in the rejects with its reason and its origin, and the stream goes on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use tidewatch_pipelines::recording::otlp::SIGNAL_HEADER;
use tidewatch_schemas::observation::Value;
use tidewatch_schemas::{Content, Reject, RejectReason as Reason, wire};
use tidewatch_tests::deployment::Deployment;
use tidewatch_tests::program;

use super::Broker;

/// Partition that everything is sent to; not the first, so that an origin shows whether it was looked at.
const PARTITION: i32 = 2;
const PATIENCE: Duration = Duration::from_secs(30);

/// A message that nobody should send, and why it is refused.
struct Case {
    name: &'static str,
    value: Option<Vec<u8>>,
    signal: Option<&'static str>,
    reason: Reason,
}

fn cases(now: u64) -> Vec<Case> {
    let case = |name, value: Vec<u8>, reason| Case { name, value: Some(value), signal: Some("metrics"), reason };
    let of = |value: f64| request(now, Number::AsDouble(value), 0);
    let at = |seconds: u64| request(seconds * 1_000_000_000, Number::AsInt(1), 0);
    let good = good(now);
    let truncated = good[..good.len() - 3].to_vec();
    let mut not_utf8 = good.clone();
    let tenant = good.windows(4).position(|four| four == b"acme").expect("a tenant");
    not_utf8[tenant] = 0xff;
    vec![
        case("truncated", truncated, Reason::Malformed),
        case("JSON", br#"{"resourceMetrics":[]}"#.to_vec(), Reason::Malformed),
        case("NaN", of(f64::NAN), Reason::NotFinite),
        case("infinity", of(f64::INFINITY), Reason::NotFinite),
        case("minus infinity", of(f64::NEG_INFINITY), Reason::NotFinite),
        case("the year 1970", at(1), Reason::TimestampTooOld),
        case("the year 2100", at(4_102_444_800), Reason::TimestampInFuture),
        case("2 MiB", vec![b' '; 2 << 20], Reason::TooLarge),
        case("10,000 attributes", request(now, Number::AsInt(1), 10_000), Reason::TooManyAttributes),
        case("not UTF-8", not_utf8, Reason::InvalidUtf8),
        case("empty", Vec::new(), Reason::Empty),
        Case { name: "null", value: None, signal: Some("metrics"), reason: Reason::Empty },
        Case { name: "no signal header", value: Some(good.clone()), signal: None, reason: Reason::Malformed },
        Case { name: "unknown signal", value: Some(good), signal: Some("traces"), reason: Reason::Malformed },
    ]
}

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn everything_bad_is_rejected_with_its_origin_and_the_stream_goes_on() {
    let broker = Broker::start();
    let case = Deployment::new(broker.bootstrap(), "bad", "otlp-bad");
    case.create_source();
    let mut service = case.start("service");
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    let now = u64::try_from(since_1970.as_nanos()).expect("this side of the year 2554");
    let (cases, good) = (cases(now), good(now));
    let sent = cases.iter().map(|case| (case.value.as_deref(), case.signal));
    let last = [(Some(good.as_slice()), Some("metrics"))];
    send(&broker, &case.source, sent.chain(last));

    let (rejects, mut found) = (case.topics.tail(&case.names.rejects), Vec::new());
    let came = program::until(PATIENCE, || {
        found.extend(rejects.rest());
        found.len() >= cases.len()
    });
    assert!(came, "{} rejects of {} bad records\n{}", found.len(), cases.len(), service.last_words());
    let mut found: Vec<Reject> =
        found.iter().map(|record| serde_json::from_slice(&record.value).expect("a reject")).collect();
    found.sort_by_key(|reject| reject.origin.offset);
    for ((offset, case_of), reject) in (0..).zip(&cases).zip(&found) {
        let name = case_of.name;
        let origin = (&*reject.origin.topic, reject.origin.partition, reject.origin.offset, reject.origin.index);
        assert_eq!(origin, (case.source.as_str(), PARTITION, offset, 0), "{name}");
        assert_eq!((reject.reason, reject.count), (case_of.reason, 1), "{name}: {}", reject.detail);
    }
    verify_good(&case, i64::try_from(cases.len()).expect("few"));
    service.end_in_order();
    assert_eq!(rejects.rest(), [], "more rejects than bad records");
}

/// The only observation is that of the good record at `offset`.
fn verify_good(case: &Deployment, offset: i64) {
    let (records, mut found) = (case.topics.tail(&case.names.observations), Vec::new());
    let judged = |record: &Vec<u8>| match wire::decode(record).expect("an envelope").content {
        Content::Observations { origin, observations, .. } => Some((origin, observations)),
        Content::Rejects { .. } | Content::Verdict { .. } | Content::Tick(_) => None,
    };
    let came = program::until(PATIENCE, || {
        found.extend(records.rest().iter().filter_map(|record| judged(&record.value)));
        !found.is_empty()
    });
    assert!(came && found.len() == 1, "{} observations instead of one", found.len());
    let (origin, observations) = &found[0];
    assert_eq!((&*origin.topic, origin.partition, origin.offset), (case.source.as_str(), PARTITION, offset));
    assert_eq!(observations.len(), 1);
    assert_eq!(observations[0].series.tenant.as_str(), "acme");
    assert_eq!(observations[0].value, Value::Gauge(1.0));
}

fn send<'a>(broker: &Broker, topic: &str, records: impl Iterator<Item = (Option<&'a [u8]>, Option<&'a str>)>) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap()).set("message.max.bytes", "4000000");
    config.set("enable.idempotence", "true");
    let producer: BaseProducer = config.create().expect("a producer");
    for (value, signal) in records {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(PARTITION);
        record.payload = value;
        if let Some(signal) = signal {
            record = record.headers(OwnedHeaders::new().insert(Header { key: SIGNAL_HEADER, value: Some(signal) }));
        }
        producer.send(record).unwrap_or_else(|(error, _)| panic!("{error}"));
    }
    producer.flush(PATIENCE).expect("the broker takes them");
}

fn good(now: u64) -> Vec<u8> {
    request(now, Number::AsInt(1), 0)
}

/// A request with one point.
fn request(at: u64, value: Number, attributes: usize) -> Vec<u8> {
    let attributes = (0..attributes).map(|number| attribute(&format!("key.{number}"), "x")).collect();
    let point = NumberDataPoint { attributes, time_unix_nano: at, value: Some(value), ..NumberDataPoint::default() };
    let data = Some(Data::Gauge(Gauge { data_points: vec![point] }));
    let metric = Metric { name: "a.level".to_owned(), unit: "1".to_owned(), data, ..Metric::default() };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let resource = Resource { attributes: vec![attribute("tenant.id", "acme")], ..Resource::default() };
    let resource =
        ResourceMetrics { resource: Some(resource), scope_metrics: vec![scope], ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}
