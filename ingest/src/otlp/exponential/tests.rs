use super::*;

fn buckets(offset: i32, counts: &[u64]) -> Buckets {
    Buckets { offset, bucket_counts: counts.to_vec() }
}

fn point(scale: i32) -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint { scale, ..ExponentialHistogramDataPoint::default() }
}

#[test]
fn buckets_climb_from_the_most_negative_to_the_largest() {
    let point = ExponentialHistogramDataPoint {
        zero_count: 7,
        positive: Some(buckets(1, &[3, 0, 5])),
        negative: Some(buckets(0, &[1, 2])),
        ..point(0)
    };
    let expected =
        Steps { bounds: vec![-4.0, -2.0, -1.0, 0.0, 2.0, 4.0, 8.0, 16.0], counts: vec![0, 2, 1, 7, 0, 3, 0, 5, 0] };
    assert_eq!(steps(&point), Ok(expected));
}

#[test]
fn bounds_are_powers_of_the_base_of_every_scale() {
    for scale in SCALES {
        for index in [-3_i64, -1, 0, 1, 2, 5, 1_000] {
            let half = Half { scale, first: 0, counts: Vec::new() };
            let expected = (index as f64 * (-f64::from(scale)).exp2()).exp2();
            let found = half.bound(index);
            let close = found == expected || (found / expected - 1.0).abs() < 1e-13;
            assert!(close, "scale {scale}, index {index}: {found} instead of {expected}");
        }
    }
}

#[test]
fn a_bound_does_not_depend_on_the_scale_it_is_written_in() {
    let bound = |scale, index| Half { scale, first: 0, counts: Vec::new() }.bound(index);
    assert_eq!(bound(3, 5 << 3), 32.0);
    assert_eq!(bound(20, -(1 << 20)), 0.5);
    assert_eq!(bound(2, 6), bound(1, 3));
    assert_eq!(bound(-2, 1), 16.0);
}

#[test]
fn values_within_the_zero_threshold_count_as_zero() {
    let point = ExponentialHistogramDataPoint {
        zero_count: 2,
        zero_threshold: 3.0,
        positive: Some(buckets(0, &[1, 1, 1])),
        ..point(0)
    };
    assert_eq!(steps(&point), Ok(Steps { bounds: vec![3.0, 4.0, 8.0], counts: vec![3, 1, 1, 0] }));
}

#[test]
fn too_many_buckets_are_merged_and_none_is_lost() {
    let counts: Vec<u64> = (1..=1_000).collect();
    let point = ExponentialHistogramDataPoint { positive: Some(buckets(-500, &counts)), ..point(5) };
    let found = steps(&point).expect("valid");
    assert!(found.bounds.len() <= 162, "{} bounds", found.bounds.len());
    assert_eq!(found.counts.iter().sum::<u64>(), 500_500);
    assert!(found.bounds.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn empty_buckets_at_the_ends_cost_nothing() {
    let mut counts = vec![0; 10_000];
    counts[9_000] = 4;
    let point = ExponentialHistogramDataPoint { positive: Some(buckets(-9_000, &counts)), ..point(0) };
    assert_eq!(steps(&point), Ok(Steps { bounds: vec![0.0, 1.0, 2.0], counts: vec![0, 0, 4, 0] }));
}

#[test]
fn bounds_beyond_the_range_of_doubles_keep_their_counts() {
    let point = ExponentialHistogramDataPoint {
        positive: Some(buckets(i32::MAX - 1, &[2, 3])),
        negative: Some(buckets(i32::MAX - 1, &[5])),
        ..point(0)
    };
    assert_eq!(steps(&point), Ok(Steps { bounds: vec![f64::MIN, 0.0], counts: vec![5, 0, 5] }));
    let tiny = ExponentialHistogramDataPoint { positive: Some(buckets(i32::MIN, &[2, 3])), ..self::point(0) };
    assert_eq!(steps(&tiny), Ok(Steps { bounds: vec![0.0], counts: vec![5, 0] }));
}

#[test]
fn what_no_sdk_sends_is_refused() {
    let wrong = [
        ExponentialHistogramDataPoint { zero_threshold: f64::NAN, ..point(0) },
        ExponentialHistogramDataPoint { zero_threshold: -1.0, ..point(0) },
        ExponentialHistogramDataPoint {
            zero_count: u64::MAX,
            zero_threshold: 9.0,
            positive: Some(buckets(0, &[1])),
            ..point(0)
        },
        point(21),
        point(-11),
        point(i32::MIN),
    ];
    for point in wrong {
        assert_eq!(
            steps(&point).map_err(|refusal| refusal.reason),
            Err(RejectReason::InvalidDistribution),
            "{point:?}"
        );
    }
}
