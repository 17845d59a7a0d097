use tidewatch_schemas::observation::{Sum, Temporality};

use super::*;

fn distribution(bounds: &[f64], counts: &[u64]) -> Distribution {
    Distribution {
        count: counts.iter().copied().fold(0, u64::wrapping_add),
        sum: Some(600.0),
        min: Some(100.0),
        max: None,
        bounds: bounds.to_vec(),
        counts: counts.to_vec(),
        temporality: Temporality::Delta,
        start: None,
    }
}

fn reason(found: Distribution) -> Option<RejectReason> {
    verify(&Value::Distribution(found)).err().map(|refusal| refusal.reason)
}

#[test]
fn everything_that_has_the_unit_is_scaled_and_nothing_else() {
    let Value::Distribution(found) = scaled(Value::Distribution(distribution(&[100.0, 300.0], &[1, 2, 3])), 0.5) else {
        panic!("still a distribution")
    };
    assert_eq!((found.sum, found.min, found.max), (Some(300.0), Some(50.0), None));
    assert_eq!((found.bounds, found.counts, found.count), (vec![50.0, 150.0], vec![1, 2, 3], 6));
    let summary = Summary { count: 9, sum: 4.0, quantiles: vec![(0.5, 2.0)], start: None };
    let expected = Summary { sum: 2.0, quantiles: vec![(0.5, 1.0)], ..summary.clone() };
    assert_eq!(scaled(Value::Summary(summary), 0.5), Value::Summary(expected));
    let sum = Sum { value: 8.0, temporality: Temporality::Delta, monotonic: true, start: None };
    let expected = Sum { value: 4.0, ..sum.clone() };
    assert_eq!(scaled(Value::Sum(sum), 0.5), Value::Sum(expected));
    assert_eq!(scaled(Value::Gauge(8.0), 0.5), Value::Gauge(4.0));
}

#[test]
fn a_histogram_must_agree_with_itself() {
    let invalid = Some(RejectReason::InvalidDistribution);
    let good = distribution(&[1.0, 2.0], &[1, 2, 3]);
    assert_eq!(reason(good.clone()), None);
    assert_eq!(reason(distribution(&[], &[])), None, "count and sum alone");
    assert_eq!(reason(distribution(&[], &[7])), None, "one bucket for everything");
    assert_eq!(reason(distribution(&[1.0, 2.0], &[1, 2])), invalid, "a bucket too few");
    assert_eq!(reason(distribution(&[1.0], &[])), invalid, "bounds without buckets");
    assert_eq!(reason(distribution(&[2.0, 1.0], &[1, 2, 3])), invalid, "falling bounds");
    assert_eq!(reason(distribution(&[1.0, 1.0], &[1, 2, 3])), invalid, "equal bounds");
    assert_eq!(reason(distribution(&[1.0, f64::INFINITY], &[1, 2, 3])), invalid, "an infinite bound");
    assert_eq!(reason(distribution(&[1.0], &[u64::MAX, 2])), invalid, "counts that overflow");
    assert_eq!(reason(Distribution { count: 7, ..good.clone() }), invalid, "a count that is not the sum");
    assert_eq!(reason(Distribution { max: Some(99.0), ..good.clone() }), invalid, "max below min");
    let not_finite = Some(RejectReason::NotFinite);
    assert_eq!(reason(Distribution { sum: Some(f64::NAN), ..good }), not_finite, "a sum that is no number");
}

#[test]
fn quantiles_are_between_zero_and_one() {
    let summary = |quantile, value| {
        Value::Summary(Summary { count: 1, sum: 1.0, quantiles: vec![(quantile, value)], start: None })
    };
    let reason = |value: &Value| verify(value).err().map(|refusal| refusal.reason);
    assert_eq!(reason(&summary(1.0, 3.0)), None);
    assert_eq!(reason(&summary(99.0, 3.0)), Some(RejectReason::InvalidDistribution));
    assert_eq!(reason(&summary(f64::NAN, 3.0)), Some(RejectReason::InvalidDistribution));
    assert_eq!(reason(&summary(0.5, f64::INFINITY)), Some(RejectReason::NotFinite));
}
