//! The median of what a series did in a block of the day, from a bounded number of its windows.

use serde::{Deserialize, Serialize};

use super::packed::Packed;

/// Most windows that are kept.
const MOST: usize = 16;

/// Some of the distances seen in a block: every first, every second, every fourth one as the block gets longer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    seen: u32,
    /// One of this many windows is kept, as a power of two.
    thinned: u8,
    kept: Vec<Packed>,
}

impl Block {
    /// Takes a window in.
    pub fn add(&mut self, distance: f64) {
        if self.seen.trailing_zeros() >= u32::from(self.thinned) {
            if self.kept.len() == MOST {
                self.thin();
            }
            // After thinning, the window's own number may be among those that are left out.
            if self.seen.trailing_zeros() >= u32::from(self.thinned) {
                self.kept.push(Packed::new(distance));
            }
        }
        self.seen = self.seen.saturating_add(1);
    }

    fn thin(&mut self) {
        let mut number = 0;
        self.kept.retain(|_| {
            number += 1;
            number % 2 == 1
        });
        self.thinned = self.thinned.saturating_add(1);
    }

    /// The median of the kept windows; `None` before the first.
    pub fn median(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.kept.iter().map(|each| each.get()).collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let upper = sorted.get(middle)?;
        let lower = if sorted.len().is_multiple_of(2) { sorted.get(middle.checked_sub(1)?)? } else { upper };
        Some(0.5 * (lower + upper))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_few_is_exact_but_for_packing() {
        let mut block = Block::default();
        for distance in [4.0, 1.0, 3.0, 2.0] {
            block.add(distance);
        }
        assert!((block.median().unwrap() - 2.5).abs() < 2e-3);
        assert_eq!(Block::default().median(), None);
    }

    #[test]
    fn many_are_thinned_evenly() {
        let mut block = Block::default();
        for minute in 0..240 {
            block.add(f64::from(minute));
            assert!(block.kept.len() <= MOST);
        }
        assert!((block.median().unwrap() - 120.0).abs() < 10.0, "{block:?}");
        let steps: Vec<f64> = block.kept.windows(2).map(|pair| pair[1].get() - pair[0].get()).collect();
        assert!(steps.iter().all(|step| (step - 16.0).abs() < 0.5), "{steps:?}");
    }
}
