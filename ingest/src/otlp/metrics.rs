//! Walks a metrics request: every data point becomes an observation, a reject, or, where nothing was recorded, nothing.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, SummaryDataPoint,
};
use tidewatch_schemas::{RejectReason, Timestamp};

use super::number::{self, Found};
use super::{Broken, attributes};
use crate::batch::{Batch, Draft};
use crate::ingest::Ingest;
use crate::place::{Names, Place};
use crate::point::{self, Refusal};
use crate::record::SourceRecord;
use crate::signal::Signal;
use crate::text;

/// A walk over one request.
pub(crate) struct Walk<'a, 'b> {
    ingest: &'a Ingest,
    record: &'a SourceRecord<'a>,
    batch: &'a mut Batch<'b>,
    broken: Broken,
    /// Number of the point that comes next, counted over the whole record.
    next: u32,
}

/// What all kinds of data points have.
struct Point {
    attributes: Vec<KeyValue>,
    nanos: u64,
    value: Found,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub(crate) fn new(
        ingest: &'a Ingest,
        record: &'a SourceRecord<'a>,
        batch: &'a mut Batch<'b>,
        broken: Broken,
    ) -> Self {
        Self { ingest, record, batch, broken, next: 0 }
    }

    pub(crate) fn request(mut self, resources: Vec<ResourceMetrics>) {
        for resource in resources {
            let described = resource.resource.unwrap_or_default();
            let place = Place::new(self.ingest, self.record, &described.attributes);
            for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                self.metric(&place, metric);
            }
        }
    }

    fn metric(&mut self, place: &Place<'_>, metric: Metric) {
        let signal = Signal::new(&metric.name, &metric.unit, self.ingest.limits.attribute_bytes);
        for point in points(metric.data) {
            let index = self.next;
            self.next = self.next.saturating_add(1);
            let taken = match self.broken.remove(&index) {
                Some(refusal) => Err(refusal),
                None => self.point(place, &signal, point),
            };
            if let Err(refusal) = taken {
                let detail = format!("{}: {}", text::shown(signal.name.as_str()), refusal.detail);
                let excerpt = self.record.value.unwrap_or_default();
                self.batch.refuse(index, Refusal { detail, ..refusal }, excerpt);
            }
        }
    }

    fn point(&mut self, place: &Place<'_>, signal: &Signal, point: Point) -> Result<(), Refusal> {
        let Some(value) = point.value? else { return Ok(()) };
        point::verify_attributes(point.attributes.len(), self.ingest.limits.attributes)?;
        let names = place.names(&point.attributes);
        let attributes = self.attributes(place, &names, &point.attributes);
        let Names { tenant, pool, resource, .. } = names;
        let at = Timestamp::from_nanos(point.nanos);
        self.batch.admit(Draft { signal, pool, tenant, resource, attributes, at, value })
    }

    /// The attributes that tell the series apart: all of the point, and the few of the resource that do.
    fn attributes(&self, place: &Place<'_>, names: &Names, point: &[KeyValue]) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let most = self.ingest.limits.attribute_bytes;
        attributes::collect(point, most, |key| !names.is_spent(key), &mut found);
        for (key, value) in place.telling(names) {
            found.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
        found
    }
}

/// The data points of a metric; one without value for a metric without data, so that it does not vanish.
fn points(data: Option<Data>) -> Vec<Point> {
    match data {
        None => vec![no_data()],
        Some(Data::Gauge(gauge)) => {
            let point = |point: NumberDataPoint| {
                let value = number::gauge(&point);
                Point { attributes: point.attributes, nanos: point.time_unix_nano, value }
            };
            gauge.data_points.into_iter().map(point).collect()
        }
        Some(Data::Sum(sum)) => {
            let temporality = number::temporality(sum.aggregation_temporality);
            let point = |point: NumberDataPoint| {
                let value = number::sum(&point, temporality.clone(), sum.is_monotonic);
                Point { attributes: point.attributes, nanos: point.time_unix_nano, value }
            };
            sum.data_points.into_iter().map(point).collect()
        }
        Some(Data::Histogram(histogram)) => {
            let temporality = number::temporality(histogram.aggregation_temporality);
            let point = |mut point: HistogramDataPoint| {
                let (attributes, nanos) = (std::mem::take(&mut point.attributes), point.time_unix_nano);
                Point { attributes, nanos, value: number::histogram(point, temporality.clone()) }
            };
            histogram.data_points.into_iter().map(point).collect()
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            let temporality = number::temporality(histogram.aggregation_temporality);
            let point = |point: ExponentialHistogramDataPoint| {
                let value = number::exponential_histogram(&point, temporality.clone());
                Point { attributes: point.attributes, nanos: point.time_unix_nano, value }
            };
            histogram.data_points.into_iter().map(point).collect()
        }
        Some(Data::Summary(summary)) => {
            let point = |point: SummaryDataPoint| {
                let value = Ok(number::summary(&point));
                Point { attributes: point.attributes, nanos: point.time_unix_nano, value }
            };
            summary.data_points.into_iter().map(point).collect()
        }
    }
}

fn no_data() -> Point {
    let detail = "none of gauge, sum, histogram, exponentialHistogram and summary is set; one of them must be";
    Point { attributes: Vec::new(), nanos: 0, value: Err(Refusal::new(RejectReason::MissingValue, detail)) }
}
