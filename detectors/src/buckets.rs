//! Histograms: what was added since the last one, how two add up, and their quantiles.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::observation::{Distribution, Temporality};
use tidewatch_schemas::{Timestamp, observation};

use crate::window::Sample;

/// Values in buckets: `counts` has one more element than `bounds`, the last one holds what lies above all bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Buckets {
    bounds: Vec<f64>,
    counts: Vec<u64>,
    count: u64,
    sum: f64,
}

/// What is remembered of a cumulative histogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastBuckets {
    at: Timestamp,
    start: Option<Timestamp>,
    buckets: Buckets,
}

impl Buckets {
    fn of(distribution: &Distribution) -> Self {
        Self {
            bounds: distribution.bounds.clone(),
            counts: distribution.counts.clone(),
            count: distribution.count,
            sum: distribution.sum.unwrap_or(f64::NAN),
        }
    }

    /// What an agent's own quantiles say: the one nearest to the 95th percentile stands for all values.
    #[must_use]
    pub fn of_summary(summary: &observation::Summary) -> Option<f64> {
        let distance = |pair: &(f64, f64)| (pair.0 - 0.95).abs();
        let finite = summary.quantiles.iter().filter(|pair| pair.1.is_finite());
        finite.min_by(|one, other| distance(one).total_cmp(&distance(other))).map(|pair| pair.1)
    }

    /// What the histogram adds at `at`; `None` when nothing was added or nothing can be compared.
    pub fn advance(last: &mut Option<LastBuckets>, at: Timestamp, distribution: &Distribution) -> Option<Sample> {
        let whole = Self::of(distribution);
        let added = match distribution.temporality {
            Temporality::Delta => Some(whole),
            Temporality::Cumulative => {
                if last.as_ref().is_some_and(|last| at <= last.at) {
                    return None;
                }
                let now = LastBuckets { at, start: distribution.start, buckets: whole };
                last.replace(now.clone()).map(|before| since(&before, now))
            }
        };
        added.filter(|added| added.count > 0).map(Sample::Values)
    }

    /// The sum of both; with different bounds the newer one alone, since their buckets cannot be added.
    #[must_use]
    pub fn merged(first: Option<Self>, second: Self) -> Self {
        let Some(first) = first.filter(|first| first.bounds == second.bounds) else { return second };
        let counts = first.counts.iter().zip(&second.counts).map(|(one, other)| one.saturating_add(*other));
        Self {
            counts: counts.collect(),
            bounds: second.bounds,
            count: first.count.saturating_add(second.count),
            sum: first.sum + second.sum,
        }
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value below which a share `q` lies, interpolated inside its bucket; the mean where there are no buckets.
    /// Above the last bound nothing is known, so that bound stands for it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an approximate share of a count is all that is needed")]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.counts.is_empty() || self.bounds.is_empty() {
            return (self.count > 0).then(|| self.sum / self.count as f64);
        }
        let total: u64 = self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count));
        let rank = q * total as f64;
        let mut below = 0.0;
        let mut lower = self.bounds.first().copied().unwrap_or(0.0).min(0.0);
        for (upper, count) in self.bounds.iter().zip(&self.counts) {
            let count = *count as f64;
            if count > 0.0 && below + count >= rank {
                return Some(lower + (upper - lower) * ((rank - below) / count).clamp(0.0, 1.0));
            }
            below += count;
            lower = *upper;
        }
        (total > 0).then_some(lower)
    }
}

/// What was added between two cumulative histograms; after a restart all of the newer one.
fn since(before: &LastBuckets, now: LastBuckets) -> Buckets {
    let (old, new) = (&before.buckets, &now.buckets);
    let moved = matches!((before.start, now.start), (Some(old), Some(new)) if new > old);
    let shrank = new.count < old.count || new.counts.iter().zip(&old.counts).any(|(new, old)| new < old);
    if moved || shrank || old.bounds != new.bounds {
        return now.buckets;
    }
    Buckets {
        bounds: new.bounds.clone(),
        counts: new.counts.iter().zip(&old.counts).map(|(new, old)| new.saturating_sub(*old)).collect(),
        count: new.count - old.count,
        sum: new.sum - old.sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: &[u64], temporality: Temporality) -> Distribution {
        Distribution {
            count: counts.iter().sum(),
            sum: Some(1.0),
            min: None,
            max: None,
            bounds: vec![1.0, 2.0],
            counts: counts.to_vec(),
            temporality,
            start: None,
        }
    }

    fn added(steps: &[[u64; 3]]) -> Option<Sample> {
        let mut last = None;
        let feed = |(at, counts): (i64, &[u64; 3])| {
            Buckets::advance(&mut last, Timestamp(at), &histogram(counts, Temporality::Cumulative))
        };
        (0..).zip(steps).map(feed).last().flatten()
    }

    fn counts(sample: Option<Sample>) -> Option<Vec<u64>> {
        match sample {
            Some(Sample::Values(buckets)) => Some(buckets.counts),
            _ => None,
        }
    }

    #[test]
    fn a_cumulative_histogram_gives_what_was_added() {
        assert_eq!(counts(added(&[[1, 2, 3]])), None, "first");
        assert_eq!(counts(added(&[[1, 2, 3], [1, 4, 3]])), Some(vec![0, 2, 0]), "growth");
        assert_eq!(counts(added(&[[1, 2, 3], [1, 2, 3]])), None, "nothing new");
        assert_eq!(counts(added(&[[1, 2, 3], [1, 0, 0]])), Some(vec![1, 0, 0]), "restart");
    }

    #[test]
    fn quantiles_are_interpolated_in_their_bucket() {
        let buckets = Buckets::of(&histogram(&[0, 10, 0], Temporality::Delta));
        assert_eq!(buckets.quantile(0.5), Some(1.5));
        let above = Buckets::of(&histogram(&[1, 0, 99], Temporality::Delta));
        assert_eq!(above.quantile(0.95), Some(2.0), "above the last bound only the bound is known");
    }

    #[test]
    fn without_buckets_the_mean_stands_for_all() {
        let mut distribution = histogram(&[], Temporality::Delta);
        (distribution.bounds, distribution.count, distribution.sum) = (Vec::new(), 4, Some(2.0));
        assert_eq!(Buckets::of(&distribution).quantile(0.95), Some(0.5));
    }
}
