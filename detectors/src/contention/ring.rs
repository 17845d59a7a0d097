//! The last steps of something: a ring of fixed length in which a step may be missing.

use serde::{Deserialize, Serialize};

/// Steps that are remembered.
pub const STEPS: usize = 32;
/// Stands for a step of which nothing is known: no value may be this one.
const MISSING: f32 = f32::MIN;

/// Values of the last `LENGTH` steps, 255 at most. Values that are not finite count as missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ring<const LENGTH: usize = STEPS> {
    values: Vec<f32>,
    next: u8,
}

impl<const LENGTH: usize> Default for Ring<LENGTH> {
    fn default() -> Self {
        Self { values: vec![MISSING; LENGTH], next: 0 }
    }
}

impl<const LENGTH: usize> Ring<LENGTH> {
    /// Adds the value of the next step.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty, and a position is below 255")]
    pub fn push(&mut self, value: Option<f64>) {
        let stored = value.map(|value| value as f32).filter(|value| value.is_finite()).unwrap_or(MISSING);
        if let Some(place) = self.values.get_mut(usize::from(self.next)) {
            *place = stored;
        }
        self.next = ((usize::from(self.next) + 1) % LENGTH) as u8;
    }

    /// The value `ago` steps before the newest one.
    #[must_use]
    pub fn ago(&self, ago: usize) -> Option<f64> {
        if ago >= LENGTH {
            return None;
        }
        let place = (usize::from(self.next) + 2 * LENGTH - 1 - ago) % LENGTH;
        self.values.get(place).filter(|value| **value != MISSING).map(|value| f64::from(*value))
    }

    /// Whether no step has a value other than zero.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.values.iter().all(|value| *value == MISSING || *value == 0.0)
    }

    /// Sum of the values from `oldest` steps ago to the newest; what is missing counts as nothing.
    #[must_use]
    pub fn sum(&self, oldest: usize) -> f64 {
        (0..=oldest).filter_map(|ago| self.ago(ago)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_steps_are_kept_in_order() {
        let mut ring = Ring::<STEPS>::default();
        assert!(ring.is_blank() && ring.ago(0).is_none());
        for step in 0..40 {
            ring.push((step != 38).then_some(f64::from(step)));
        }
        let latest: Vec<_> = (0..3).map(|ago| ring.ago(ago)).collect();
        assert_eq!(latest, [Some(39.0), None, Some(37.0)]);
        assert_eq!((ring.ago(STEPS - 1), ring.ago(STEPS)), (Some(8.0), None));
        assert_eq!(ring.sum(2), 76.0);
        assert!(!ring.is_blank());
    }

    #[test]
    fn what_is_no_number_is_missing() {
        let mut ring = Ring::<STEPS>::default();
        for value in [f64::NAN, f64::INFINITY, f64::MAX] {
            ring.push(Some(value));
            assert_eq!(ring.ago(0), None, "{value}");
        }
    }
}
