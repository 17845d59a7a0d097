//! Many values in two bytes each: multiples of a step that follows the values' own spread.
//!
//! A value out of reach makes the step as much coarser as needed; a step that is coarse beside the spread is made finer
//! where all values stay in reach. Steps change by powers of two, so that what is stored survives the change unharmed.

use serde::{Deserialize, Serialize};

/// The number that stands for no value.
const ABSENT: i16 = i16::MIN;
/// The largest number used.
const REACH: f32 = 32_000.0;
/// Steps in one spread when the step is chosen.
const STEPS: f32 = 128.0;
/// Steps in one spread below which the step is made finer.
const FEWEST_STEPS: f32 = 16.0;

/// `N` values that may be absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantised<const N: usize> {
    step: f32,
    #[serde(with = "stored")]
    cells: [i16; N],
}

/// How cells are stored: small numbers first, so that formats with variable lengths spend a byte on what is absent or near.
mod stored {
    use serde::{Deserializer, Serializer};
    use serde_big_array::BigArray as _;

    use super::ABSENT;

    pub fn serialize<S: Serializer, const N: usize>(cells: &[i16; N], serializer: S) -> Result<S::Ok, S::Error> {
        cells.map(code).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[i16; N], D::Error> {
        Ok(<[u16; N]>::deserialize(deserializer)?.map(cell))
    }

    /// 0 for what is absent, else 1 more than the number with its sign in the last bit.
    fn code(cell: i16) -> u16 {
        if cell == ABSENT {
            return 0;
        }
        let sign = u16::from(cell < 0);
        (cell.unsigned_abs() << 1 | sign) + 1
    }

    fn cell(code: u16) -> i16 {
        let Some(code) = code.checked_sub(1) else { return ABSENT };
        let size = i16::try_from(code >> 1).unwrap_or(i16::MAX);
        if code & 1 == 1 { -size } else { size }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn every_cell_comes_back() {
            for number in -32_001..=32_001 {
                assert_eq!(cell(code(number)), number);
            }
            assert_eq!(cell(code(ABSENT)), ABSENT);
        }
    }
}

impl<const N: usize> Default for Quantised<N> {
    fn default() -> Self {
        Self { step: 0.0, cells: [ABSENT; N] }
    }
}

impl<const N: usize> Quantised<N> {
    /// The value at `index`; `None` when it is absent.
    pub fn get(&self, index: usize) -> Option<f32> {
        let cell = *self.cells.get(index)?;
        (cell != ABSENT).then(|| f32::from(cell) * self.step)
    }

    /// The `M` numbers up to and with `last`, backwards and around the end, in steps; `None` when one is absent.
    pub fn backwards<const M: usize>(&self, last: usize) -> Option<[i32; M]> {
        let mut numbers = [0; M];
        let mut index = last;
        for number in &mut numbers {
            let cell = *self.cells.get(index)?;
            if cell == ABSENT {
                return None;
            }
            *number = i32::from(cell);
            index = if index == 0 { N - 1 } else { index - 1 };
        }
        Some(numbers)
    }

    /// The length of a step.
    pub fn step(&self) -> f32 {
        self.step
    }

    /// Numbers of `range`, in steps; absent ones are the least number.
    pub fn row(&self, range: std::ops::Range<usize>) -> &[i16] {
        self.cells.get(range).unwrap_or_default()
    }

    /// Stores `value`; `spread` is how far values usually lie apart.
    #[expect(clippy::cast_possible_truncation, reason = "the step was chosen so that the number is in reach")]
    pub fn set(&mut self, index: usize, value: f32, spread: f32) {
        self.fit(value, spread);
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = libm::rintf(value / self.step) as i16;
        }
    }

    /// Forgets the value at `index`.
    pub fn clear(&mut self, index: usize) {
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = ABSENT;
        }
    }

    fn fit(&mut self, value: f32, spread: f32) {
        if self.step <= 0.0 {
            self.step = (spread / STEPS).max(1e-30);
        }
        if self.step * FEWEST_STEPS > spread && spread > 0.0 {
            self.refine(value, spread / STEPS);
        }
        while value.abs() > REACH * self.step {
            self.scale(2.0);
        }
    }

    /// Makes the step finer, down to `wanted`, as far as all values stay in reach.
    fn refine(&mut self, value: f32, wanted: f32) {
        let largest = self.cells.iter().filter(|cell| **cell != ABSENT).map(|cell| f32::from(*cell).abs());
        let largest = largest.fold(value.abs() / self.step, f32::max);
        let mut factor = 1.0;
        while self.step * factor > wanted && largest < 0.5 * REACH * factor {
            factor *= 0.5;
        }
        if factor < 1.0 {
            self.scale(factor);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "callers keep every number in reach")]
    fn scale(&mut self, factor: f32) {
        self.step *= factor;
        for cell in self.cells.iter_mut().filter(|cell| **cell != ABSENT) {
            *cell = libm::rintf(f32::from(*cell) / factor) as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_within_a_step() {
        let mut few = Quantised::<8>::default();
        for (index, value) in [0.0, 1.0, -3.3, 250.0].into_iter().enumerate() {
            few.set(index, value, 1.0);
        }
        for (index, value) in [0.0, 1.0, -3.3, 250.0].into_iter().enumerate() {
            assert!((few.get(index).unwrap() - value).abs() <= few.step(), "{value}");
        }
        assert_eq!(few.get(4), None);
    }

    #[test]
    fn a_value_out_of_reach_makes_the_step_coarser_and_a_small_spread_finer() {
        let mut few = Quantised::<4>::default();
        few.set(0, 1.0, 1.0);
        few.set(1, 1e6, 1.0);
        assert!((few.get(1).unwrap() - 1e6).abs() < 100.0);
        few.clear(1);
        few.set(2, 0.5, 1.0);
        assert!((few.get(2).unwrap() - 0.5).abs() < 0.1, "{few:?}");
    }

    #[test]
    fn doubling_everything_changes_no_number() {
        let (mut one, mut two) = (Quantised::<4>::default(), Quantised::<4>::default());
        for (index, value) in [0.1, 7.0, -400.0, 3.0].into_iter().enumerate() {
            one.set(index, value, 0.5);
            two.set(index, 2.0 * value, 1.0);
        }
        assert_eq!(one.cells, two.cells);
    }
}
