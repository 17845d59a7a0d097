//! How far the latest windows were from what is usual, together.
//!
//! One window far off may be an odd one. Several that are somewhat off to the same side are not, although each by itself is
//! nothing: their distances, each cut, are averaged with a weight that fades over three windows (exponentially weighted moving
//! average: S. W. Roberts, "Control chart tests based on geometric moving averages", Technometrics 1, 1959).

use serde::{Deserialize, Serialize};

/// Weight of the latest window.
const GAIN: f32 = 0.3;
/// Distances are cut here, in scales, so that one window does not speak for several.
const MOST: f32 = 8.0;

/// The mean distance of the latest windows, in scales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lasting(f32);

impl Lasting {
    /// The mean distance with a window that is `distance` scales off.
    pub fn step(&mut self, distance: f32) -> f32 {
        self.0 += GAIN * (distance.clamp(-MOST, MOST) - self.0);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(distances: &[f32]) -> f32 {
        let mut lasting = Lasting::default();
        distances.iter().fold(0.0, |_, distance| lasting.step(*distance))
    }

    #[test]
    fn what_lasts_counts_more_than_one_window_far_off() {
        assert!(after(&[3.0; 12]) > after(&[1000.0]), "{} {}", after(&[3.0; 12]), after(&[1000.0]));
        assert!(after(&[3.0; 12]) > 2.5);
    }

    #[test]
    fn distances_to_both_sides_are_nothing_together() {
        let swings: Vec<f32> = (0..40).map(|turn| if turn % 2 == 0 { 2.0 } else { -2.0 }).collect();
        assert!(after(&swings).abs() < 0.5);
    }
}
