//! A number in two bytes with the same relative precision from a millionth to a thousand, of either sign.
//!
//! Effects of a stable series are thousandths, those of a busy one are ones: a fixed step would lose the first or cut the
//! second. The inverse hyperbolic sine is linear around zero and logarithmic beyond.

use serde::{Deserialize, Serialize};

/// Where the step stops getting finer.
const FINEST: f64 = 1e-6;
/// The largest number that is kept; larger ones are cut.
const LARGEST: f64 = 1e3;
/// Steps to one side: `asinh(LARGEST / FINEST)` is 21.42.
const STEPS: f64 = 32_767.0 / 21.42;

/// A number in two bytes; off by at most a part in two thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed(i16);

impl Packed {
    /// The nearest packed number; NaN becomes zero.
    pub fn new(value: f64) -> Self {
        let steps = libm::round(STEPS * libm::asinh(value.clamp(-LARGEST, LARGEST) / FINEST));
        #[expect(clippy::cast_possible_truncation, reason = "clamped to fewer steps than an i16 has; NaN becomes 0")]
        Self(steps as i16)
    }

    /// The number.
    pub fn get(self) -> f64 {
        FINEST * libm::sinh(f64::from(self.0) / STEPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_to_a_part_in_two_thousand() {
        for value in [0.0, 3e-5, -0.004, 0.69, -2.5, 17.0, 999.0] {
            let back = Packed::new(value).get();
            assert!((back - value).abs() <= value.abs() / 2_000.0 + 1e-9, "{value}: {back}");
            assert_eq!(Packed::new(back), Packed::new(value), "{value}");
        }
    }

    #[test]
    fn what_is_no_number_is_zero_and_what_is_too_large_is_cut() {
        assert_eq!(Packed::new(f64::NAN), Packed::default());
        assert!((Packed::new(f64::INFINITY).get() - LARGEST).abs() < 1.0);
        assert!((Packed::new(-1e9).get() + LARGEST).abs() < 1.0);
    }
}
