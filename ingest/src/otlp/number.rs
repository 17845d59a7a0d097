//! Data points of every kind to values. `None` is a point that says on purpose that nothing was recorded.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint,
    SummaryDataPoint,
};
use tidewatch_schemas::observation::{Distribution, Sum, Summary, Temporality, Value};
use tidewatch_schemas::{RejectReason, Timestamp};

use super::exponential;
use crate::point::{self, Refusal};

/// A value, `None` when nothing was recorded, or why there is none.
pub(crate) type Found = Result<Option<Value>, Refusal>;

/// Collectors mark series that ended (a target that vanished) so that nobody waits for them.
fn is_unrecorded(flags: u32) -> bool {
    flags & DataPointFlags::NoRecordedValueMask as u32 != 0
}

fn start(start_nanos: u64, nanos: u64) -> Option<Timestamp> {
    point::start_time(Timestamp::from_nanos(start_nanos), Timestamp::from_nanos(nanos))
}

pub(crate) fn temporality(number: i32) -> Result<Temporality, Refusal> {
    match AggregationTemporality::try_from(number) {
        Ok(AggregationTemporality::Cumulative) => Ok(Temporality::Cumulative),
        Ok(AggregationTemporality::Delta) => Ok(Temporality::Delta),
        _ => Err(Refusal::malformed(format!("aggregation temporality {number} must be 1 (delta) or 2 (cumulative)"))),
    }
}

pub(crate) fn gauge(point: &NumberDataPoint) -> Found {
    if is_unrecorded(point.flags) {
        return Ok(None);
    }
    number(point).map(|value| Some(Value::Gauge(value)))
}

pub(crate) fn sum(point: &NumberDataPoint, temporality: Result<Temporality, Refusal>, monotonic: bool) -> Found {
    if is_unrecorded(point.flags) {
        return Ok(None);
    }
    let value = number(point)?;
    let start = start(point.start_time_unix_nano, point.time_unix_nano);
    Ok(Some(Value::Sum(Sum { value, temporality: temporality?, monotonic, start })))
}

/// Integers beyond 2^53 lose their last digits, as they do in every double.
fn number(point: &NumberDataPoint) -> Result<f64, Refusal> {
    match point.value {
        Some(Number::AsDouble(value)) => Ok(value),
        Some(Number::AsInt(value)) => Ok(value as f64),
        None => Err(Refusal::new(RejectReason::MissingValue, "neither asDouble nor asInt is set; one of them must be")),
    }
}

pub(crate) fn histogram(point: HistogramDataPoint, temporality: Result<Temporality, Refusal>) -> Found {
    if is_unrecorded(point.flags) {
        return Ok(None);
    }
    let start = start(point.start_time_unix_nano, point.time_unix_nano);
    Ok(Some(Value::Distribution(Distribution {
        count: point.count,
        sum: point.sum,
        min: point.min,
        max: point.max,
        bounds: point.explicit_bounds,
        counts: point.bucket_counts,
        temporality: temporality?,
        start,
    })))
}

pub(crate) fn exponential_histogram(
    point: &ExponentialHistogramDataPoint,
    temporality: Result<Temporality, Refusal>,
) -> Found {
    if is_unrecorded(point.flags) {
        return Ok(None);
    }
    let steps = exponential::steps(point)?;
    Ok(Some(Value::Distribution(Distribution {
        count: point.count,
        sum: point.sum,
        min: point.min,
        max: point.max,
        bounds: steps.bounds,
        counts: steps.counts,
        temporality: temporality?,
        start: start(point.start_time_unix_nano, point.time_unix_nano),
    })))
}

/// A quantile that is NaN says that nothing was observed lately; it is left out, and count and sum still hold.
pub(crate) fn summary(point: &SummaryDataPoint) -> Option<Value> {
    if is_unrecorded(point.flags) {
        return None;
    }
    let quantiles = point.quantile_values.iter().filter(|pair| !pair.value.is_nan());
    Some(Value::Summary(Summary {
        count: point.count,
        sum: point.sum,
        quantiles: quantiles.map(|pair| (pair.quantile, pair.value)).collect(),
        start: start(point.start_time_unix_nano, point.time_unix_nano),
    }))
}
