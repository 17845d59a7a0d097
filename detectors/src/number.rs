//! Numbers as they are published: six significant digits, so that records are short and equal everywhere.

/// `value` to six significant digits; zero, NaN and infinities stay what they are.
#[must_use]
pub fn published(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// How far the value is from being in doubt: a count of windows turned into 0 to 1, one half at `half`.
#[must_use]
pub fn saturating_share(count: u32, half: u32) -> f64 {
    let (count, half) = (f64::from(count), f64::from(half.max(1)));
    count / (count + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_kept() {
        for (value, expected) in [(0.123_456_789, 0.123_457), (1_234_567.8, 1_234_570.0), (-5e-9, -5e-9), (0.0, 0.0)] {
            assert_eq!(published(value).to_string(), expected.to_string(), "{value}");
        }
    }
}
