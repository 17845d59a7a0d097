//! Divides money by weights without a remainder: everybody gets the whole millionths of their part, and what is left goes to
//! the largest fractions (Hamilton's method).

use tidewatch_schemas::Money;

/// The parts of `amount` by `weights`, in their order. Weights that are negative or no numbers count as nothing; all of
/// them nothing gives nothing to anybody.
#[must_use]
pub fn split(amount: Money, weights: &[f64]) -> Vec<Money> {
    let weights: Vec<f64> =
        weights.iter().map(|weight| if *weight > 0.0 && weight.is_finite() { *weight } else { 0.0 }).collect();
    let whole: f64 = weights.iter().sum();
    if whole <= 0.0 || !whole.is_finite() || amount.0 <= 0 {
        return vec![Money(0); weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|weight| amount.0 as f64 * (weight / whole)).collect();
    #[expect(clippy::cast_possible_truncation, reason = "a part of an i64")]
    let mut parts: Vec<i64> = exact.iter().map(|part| part.floor() as i64).collect();
    let mut order: Vec<usize> =
        (0..parts.len()).filter(|at| weights.get(*at).is_some_and(|weight| *weight > 0.0)).collect();
    let fraction = |at: &usize| exact.get(*at).map_or(0.0, |part| part - part.floor());
    order.sort_by(|one, other| fraction(other).total_cmp(&fraction(one)).then(one.cmp(other)));
    let mut left = amount.0 - parts.iter().sum::<i64>();
    for at in order.iter().cycle() {
        if left == 0 {
            break;
        }
        let Some(part) = parts.get_mut(*at) else { break };
        // Amounts beyond 2^53 lose digits on the way, so that a little too much may have been given away.
        let step = left.signum();
        (*part, left) = (*part + step, left - step);
    }
    parts.into_iter().map(Money).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_fractions_get_what_is_left() {
        let parts = split(Money(100), &[1.0, 1.0, 1.0]);
        assert_eq!(parts, [Money(34), Money(33), Money(33)]);
        assert_eq!(split(Money(10), &[0.0, f64::NAN, -3.0, 2.0]), [Money(0), Money(0), Money(0), Money(10)]);
        assert_eq!(split(Money(10), &[0.0, 0.0]), [Money(0), Money(0)]);
    }

    proptest! {
        #[test]
        fn nothing_is_left_over_and_nobody_is_a_millionth_off(
            amount in 0..1_000_000_000_000_i64,
            weights in proptest::collection::vec(0.0..1e6_f64, 1..40),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 1e-3));
            let parts = split(Money(amount), &weights);
            prop_assert_eq!(parts.iter().copied().sum::<Money>(), Money(amount));
            let whole: f64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let fair = amount as f64 * weight / whole;
                prop_assert!((part.0 as f64 - fair).abs() <= 1.001, "{} of {fair}", part.0);
            }
        }
    }
}
