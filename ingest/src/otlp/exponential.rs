//! Exponential histograms to explicit bounds.
//!
//! Bucket `i` of scale `s` holds `(b^i, b^(i+1)]` with `b = 2^(2^-s)`; see "Exponential histogram" in OpenTelemetry's metrics
//! data model. Bounds are made from square roots and products, whose results IEEE 754 fixes, and not from `exp2`, whose
//! last digits differ between machines.

use opentelemetry_proto::tonic::metrics::v1::ExponentialHistogramDataPoint;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use tidewatch_schemas::RejectReason;

use crate::point::Refusal;

/// Most buckets on either side of zero; OpenTelemetry's SDKs keep as many.
const MOST_BUCKETS: i64 = 160;
/// The scales that OpenTelemetry's SDKs use.
const SCALES: std::ops::RangeInclusive<i32> = -10..=20;

/// Bounds and counts as an explicit histogram has them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Steps {
    pub(crate) bounds: Vec<f64>,
    pub(crate) counts: Vec<u64>,
}

/// The buckets of `point` with explicit bounds: negative ones, the zero bucket, positive ones.
pub(crate) fn steps(point: &ExponentialHistogramDataPoint) -> Result<Steps, Refusal> {
    if !SCALES.contains(&point.scale) {
        let detail = format!("scale {} must be {} to {}", point.scale, SCALES.start(), SCALES.end());
        return Err(Refusal::new(RejectReason::InvalidDistribution, detail));
    }
    if !point.zero_threshold.is_finite() || point.zero_threshold < 0.0 {
        let detail = format!("zero threshold {} must be finite and not negative", point.zero_threshold);
        return Err(Refusal::new(RejectReason::InvalidDistribution, detail));
    }
    let negative = Half::new(point.negative.as_ref(), point.scale)?;
    let positive = Half::new(point.positive.as_ref(), point.scale)?;
    let mut ladder = Ladder::default();
    if let Some((first, last)) = negative.span() {
        ladder.climb(-negative.bound(last + 1), 0)?;
        for (index, count) in (first..=last).rev().zip(negative.counts.iter().rev()) {
            ladder.climb(-negative.bound(index), *count)?;
        }
    }
    ladder.climb(point.zero_threshold, point.zero_count)?;
    if let Some((first, last)) = positive.span() {
        ladder.climb(positive.bound(first), 0)?;
        for (index, count) in (first..=last).zip(&positive.counts) {
            ladder.climb(positive.bound(index + 1), *count)?;
        }
    }
    Ok(ladder.finish())
}

/// The buckets on one side of zero, brought to a scale at which there are few enough.
struct Half {
    scale: i32,
    first: i64,
    counts: Vec<u64>,
}

impl Half {
    fn new(buckets: Option<&Buckets>, scale: i32) -> Result<Self, Refusal> {
        let counts = buckets.map_or(&[][..], |buckets| &buckets.bucket_counts);
        let skipped = counts.iter().take_while(|count| **count == 0).count();
        let used = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        let first = buckets.map_or(0, |buckets| i64::from(buckets.offset)) + to_index(skipped);
        let counts = counts.get(skipped..used).unwrap_or_default();
        let mut half = Self { scale, first, counts: Vec::new() };
        let last = first + to_index(counts.len()) - 1;
        let mut halvings = 0;
        while (last >> halvings) - (first >> halvings) >= MOST_BUCKETS {
            halvings += 1;
        }
        half.merge(counts, halvings)?;
        Ok(half)
    }

    /// Halving the scale by one merges each bucket with an even index with the one after it.
    fn merge(&mut self, counts: &[u64], halvings: i32) -> Result<(), Refusal> {
        for (index, count) in (self.first..).zip(counts) {
            let position = usize::try_from((index >> halvings) - (self.first >> halvings)).unwrap_or_default();
            if position >= self.counts.len() {
                self.counts.resize(position + 1, 0);
            }
            if let Some(merged) = self.counts.get_mut(position) {
                *merged = merged.checked_add(*count).ok_or_else(overflow)?;
            }
        }
        self.first >>= halvings;
        self.scale -= halvings;
        Ok(())
    }

    /// First and last index.
    fn span(&self) -> Option<(i64, i64)> {
        (!self.counts.is_empty()).then(|| (self.first, self.first + to_index(self.counts.len()) - 1))
    }

    /// `2^(index * 2^-scale)`.
    fn bound(&self, index: i64) -> f64 {
        if self.scale <= 0 {
            return power_of_two(index.saturating_mul(1_i64 << (-self.scale).min(40)));
        }
        let mut bound = power_of_two(index >> self.scale);
        let mut root = 2.0_f64;
        for bit in (0..self.scale).rev() {
            root = root.sqrt();
            if index >> bit & 1 == 1 {
                bound *= root;
            }
        }
        bound
    }
}

fn to_index(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Exact; zero and infinity beyond the range of doubles.
fn power_of_two(exponent: i64) -> f64 {
    let exponent = i32::try_from(exponent.clamp(-1_100, 1_100)).unwrap_or_default();
    let half = exponent / 2;
    2.0_f64.powi(half) * 2.0_f64.powi(exponent - half)
}

fn overflow() -> Refusal {
    Refusal::new(RejectReason::InvalidDistribution, "the sum of the bucket counts must fit 64 bits")
}

/// Bounds that only increase. A count whose bound does not (it underflows to zero, or lies below the zero threshold) belongs
/// to the bucket before it, one whose bound is infinite to the last.
#[derive(Default)]
struct Ladder {
    steps: Steps,
    beyond: u64,
}

impl Ladder {
    fn climb(&mut self, bound: f64, count: u64) -> Result<(), Refusal> {
        let bound = bound.max(f64::MIN);
        let is_higher = self.steps.bounds.last().is_none_or(|last| bound > *last);
        let target = if bound == f64::INFINITY {
            &mut self.beyond
        } else if is_higher {
            self.steps.bounds.push(bound);
            self.steps.counts.push(0);
            self.steps.counts.last_mut().unwrap_or(&mut self.beyond)
        } else {
            self.steps.counts.last_mut().unwrap_or(&mut self.beyond)
        };
        *target = target.checked_add(count).ok_or_else(overflow)?;
        Ok(())
    }

    fn finish(mut self) -> Steps {
        self.steps.counts.push(self.beyond);
        self.steps
    }
}

#[cfg(test)]
mod tests;
