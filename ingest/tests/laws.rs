//! What holds for any input: nothing panics, no point vanishes, the same record gives the same result.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use tidewatch_ingest::{Format, Handled};
use tidewatch_schemas::{Content, wire};

/// A valid record of each format.
fn valid(format: Format) -> Vec<u8> {
    let metrics = samples::metrics(samples::acme(), samples::every_kind());
    let logs = samples::logs(samples::acme(), vec![samples::log_record(17, "no"), samples::log_record(9, "yes")]);
    match format {
        Format::OtlpProto | Format::OtlpMetricsProto => metrics.encode_to_vec(),
        Format::OtlpLogsProto => logs.encode_to_vec(),
        Format::OtlpMetricsJson => serde_json::to_vec(&metrics).expect("it is JSON"),
        Format::OtlpLogsJson => serde_json::to_vec(&logs).expect("it is JSON"),
        Format::JsonLines => include_bytes!("fixtures/recorded.jsonl")[..2_000].to_vec(),
        Format::Verdicts => unreachable!("no source of a user has it"),
    }
}

/// A change to a byte or a run of bytes.
#[derive(Clone, Debug)]
enum Damage {
    Set(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<usize>(), 1..20_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<usize>(), 1..200_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let size = bytes.len().max(1);
        match *damage {
            Damage::Set(at, byte) => bytes.iter_mut().skip(at % size).take(1).for_each(|target| *target = byte),
            Damage::Remove(at, length) => drop(bytes.drain(at % size..(at % size + length).min(bytes.len()))),
            Damage::Repeat(at, length) => {
                let run: Vec<u8> = bytes.iter().skip(at % size).take(length).copied().collect();
                bytes.splice(at % size..at % size, run);
            }
        }
    }
    bytes
}

/// What holds of every result: it survives the wire, envelopes are numbered, and detect gets only what it can take.
fn verify(handled: &Handled) -> Result<(), TestCaseError> {
    for (index, envelope) in handled.envelopes.iter().enumerate() {
        let back = wire::decode(&wire::encode(envelope));
        prop_assert_eq!(back.as_ref(), Ok(envelope));
        let Content::Observations { origin, observations, .. } = &envelope.content else {
            return Err(TestCaseError::fail("ingest of a record gives no ticks"));
        };
        prop_assert_eq!(origin.index as usize, index);
        prop_assert!((1..=500).contains(&observations.len()));
    }
    prop_assert!(handled.rejects.len() <= 113);
    Ok(())
}

fn format() -> impl Strategy<Value = Format> {
    prop::sample::select(samples::FORMATS.to_vec())
}

fn number() -> impl Strategy<Value = Option<Number>> {
    prop_oneof![
        Just(None),
        any::<i64>().prop_map(|value| Some(Number::AsInt(value))),
        any::<f64>().prop_map(|value| Some(Number::AsDouble(value))),
        prop::sample::select(vec![f64::NAN, f64::INFINITY]).prop_map(|value| Some(Number::AsDouble(value))),
    ]
}

/// Times around the edges of what is believed.
fn nanos() -> impl Strategy<Value = u64> {
    let around = samples::NANOS;
    prop_oneof![Just(0), Just(1), Just(u64::MAX), around - 1_000_000_000_000..around + 1_000_000_000_000]
}

fn number_points() -> impl Strategy<Value = Vec<NumberDataPoint>> {
    let point = (number(), nanos(), any::<u32>(), 0..70_usize).prop_map(|(value, nanos, flags, attributes)| {
        let attribute = |number: usize| samples::text(&format!("key{number}"), "x");
        let attributes = (0..attributes).map(attribute).collect();
        let time_unix_nano = nanos;
        NumberDataPoint { value, time_unix_nano, flags: flags & 1, attributes, ..NumberDataPoint::default() }
    });
    vec(point, 0..4)
}

fn histogram_points() -> impl Strategy<Value = Vec<HistogramDataPoint>> {
    let point = (vec(any::<u64>(), 0..4), vec(any::<f64>(), 0..4), any::<u64>(), any::<Option<f64>>());
    let point = point.prop_map(|(bucket_counts, explicit_bounds, count, sum)| {
        let good = samples::histogram_point();
        HistogramDataPoint { bucket_counts, explicit_bounds, count, sum, ..good }
    });
    vec(prop_oneof![Just(samples::histogram_point()), point], 0..4)
}

fn exponential_points() -> impl Strategy<Value = Vec<ExponentialHistogramDataPoint>> {
    let buckets = || {
        let parts = (any::<i32>(), vec(any::<u32>(), 0..400));
        parts
            .prop_map(|(offset, counts)| Buckets { offset, bucket_counts: counts.into_iter().map(u64::from).collect() })
    };
    let point = (buckets(), buckets(), -12..23_i32, any::<u32>(), any::<f64>());
    let point = point.prop_map(|(positive, negative, scale, zero_count, zero_threshold)| {
        let zero_count = u64::from(zero_count);
        let count = positive.bucket_counts.iter().chain(&negative.bucket_counts).sum::<u64>() + zero_count;
        let good = samples::exponential_point();
        let (positive, negative) = (Some(positive), Some(negative));
        ExponentialHistogramDataPoint { positive, negative, scale, zero_count, zero_threshold, count, ..good }
    });
    vec(point, 0..3)
}

fn a_metric() -> impl Strategy<Value = Metric> {
    let names = prop::sample::select(vec!["a.level", "", "httpcheck.duration", "postgresql.db_size"]);
    let units = prop::sample::select(vec!["", "1", "ms", "By", "furlong"]);
    let data = prop_oneof![
        number_points().prop_map(|points| Some(samples::gauge(points))),
        (number_points(), 0..4, any::<bool>())
            .prop_map(|(points, kind, grows)| Some(samples::sum(points, kind, grows))),
        histogram_points().prop_map(|points| Some(samples::histogram(points))),
        exponential_points().prop_map(|points| Some(samples::exponential(points))),
        any::<(f64, f64)>().prop_map(|quantile| Some(samples::summary(&[quantile]))),
        Just(None),
    ];
    (names, units, data).prop_map(|(name, unit, data)| {
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Metric { name, unit, data, ..Metric::default() }
    })
}

/// How many points a metric has, and how many of them say that nothing was recorded.
fn points_of(metric: &Metric) -> (u64, u64) {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    let of_numbers = |points: &[NumberDataPoint]| {
        let unrecorded = points.iter().filter(|point| point.flags & 1 == 1).count();
        (points.len() as u64, unrecorded as u64)
    };
    match &metric.data {
        None => (1, 0),
        Some(Data::Gauge(gauge)) => of_numbers(&gauge.data_points),
        Some(Data::Sum(sum)) => of_numbers(&sum.data_points),
        Some(Data::Histogram(histogram)) => (histogram.data_points.len() as u64, 0),
        Some(Data::ExponentialHistogram(histogram)) => (histogram.data_points.len() as u64, 0),
        Some(Data::Summary(summary)) => (summary.data_points.len() as u64, 0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn random_bytes_never_panic(format in format(), bytes in vec(any::<u8>(), 0..600)) {
        verify(&samples::handle(format, Some(&bytes)))?;
    }

    #[test]
    fn damaged_records_never_panic(format in format(), damages in vec(damage(), 1..6)) {
        verify(&samples::handle(format, Some(&damaged(valid(format), &damages))))?;
    }

    #[test]
    fn no_point_vanishes(metrics in vec(a_metric(), 1..40)) {
        let counted: Vec<_> = metrics.iter().map(points_of).collect();
        let points: u64 = counted.iter().map(|(points, _)| points).sum();
        let unrecorded: u64 = counted.iter().map(|(_, unrecorded)| unrecorded).sum();
        let bytes = samples::metrics(samples::acme(), metrics).encode_to_vec();
        let handled = samples::handle(Format::OtlpMetricsProto, Some(&bytes));
        verify(&handled)?;
        let observed = samples::observations(&handled).len() as u64;
        let refused: u64 = handled.rejects.iter().map(|reject| reject.count).sum();
        prop_assert_eq!(observed + refused + unrecorded, points);
        prop_assert_eq!(&samples::handle(Format::OtlpMetricsProto, Some(&bytes)), &handled);
    }

    #[test]
    fn json_and_protobuf_refuse_and_take_the_same_points(metrics in vec(a_metric(), 1..20)) {
        let request = samples::metrics(samples::acme(), metrics);
        let proto = samples::handle(Format::OtlpMetricsProto, Some(&request.encode_to_vec()));
        let json = serde_json::to_vec(&request).expect("it is JSON");
        let json = samples::handle(Format::OtlpMetricsJson, Some(&json));
        let refused = |handled: &Handled| handled.rejects.iter().map(|reject| reject.origin.index).collect::<Vec<_>>();
        prop_assert_eq!(refused(&json), refused(&proto));
        prop_assert_eq!(json.envelopes.len(), proto.envelopes.len());
    }
}
