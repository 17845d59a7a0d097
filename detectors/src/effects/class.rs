//! What the series of one kind (a signal, in tenants of one class) have in common on special days.
//!
//! A series is judged against the others, so that its own past does not count twice: the sums over all members less
//! its own contribution give mean and variance of its peers without a look at any of them. The sums are whole numbers:
//! whatever is added and taken away again, in whatever order, they stay what a sum from scratch would be.

use serde::{Deserialize, Serialize};

use super::own::{BLOCKS, Seen, Slot};
use crate::calendar::Feature;

/// Steps of a mean in the sums.
const STEPS: f64 = 16_777_216.0;
/// Multiple of every weight's inverse that makes it whole.
const WHOLE: u64 = 60;
/// Fewest peers whose mean is worth something.
const FEWEST_PEERS: u32 = 4;
/// How much a typical deviation moves at one observation, as a logarithm.
const SPREAD_STEP: f64 = 0.06;
/// A typical deviation before anything was seen, in standard deviations of a block.
const FIRST_SPREAD: f64 = 0.8;
/// Most steps a typical deviation may go from there.
const MOST_STEPS: i16 = 100;
/// Median absolute deviation to standard deviation, of a normal distribution.
const DEVIATION_OF_MEDIAN: f64 = 1.4826;
/// What a block's own noise contributes to the square of a typical deviation.
const NOISE_IN_SPREAD: f64 = 0.4;
/// Least variance between occasions, in variances of a block.
const LEAST_OCCASION: f64 = 0.2;

/// What the members of a class have seen, in sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassEffects {
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    feature: u8,
    /// Steps from the first typical deviation to that of now.
    spread: i16,
    sums: [Sums; BLOCKS],
}

/// Sums over members: of one, of their weights, of weights times means and times squares of means, of inverse weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sums {
    members: u32,
    weights: u64,
    means: i64,
    squares: i128,
    inverses: u64,
}

/// Mean and variance of an effect among peers, or what is assumed without any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prior {
    pub mean: f64,
    pub variance: f64,
}

impl ClassEffects {
    /// What the members other than the one with `own` make expected of `slot`; `None` with too few of them. `noise` is the
    /// variance of a block on an ordinary day.
    pub(super) fn prior(&self, slot: Slot, own: Seen, noise: f64) -> Option<Prior> {
        let all = self.row(slot.feature)?.sums.get(slot.block)?;
        let peers = all.without(own);
        (peers.members >= FEWEST_PEERS).then(|| peers.prior(noise))
    }

    /// How much occasions of `feature` differ within a series, as a variance, where a block's is `noise`.
    pub(super) fn occasion(&self, feature: Feature, noise: f64) -> f64 {
        let typical = DEVIATION_OF_MEDIAN * self.row(feature).map_or(FIRST_SPREAD, Row::typical);
        noise * (typical * typical - NOISE_IN_SPREAD).max(LEAST_OCCASION)
    }

    /// Takes note of how far an occasion of `feature` was from what was believed, in standard deviations of a block.
    /// The median of such distances does not move when some occasions are bad ones; their mean square would.
    pub(super) fn note_deviation(&mut self, feature: Feature, deviation: f64) {
        if let Some(row) = self.row_mut(feature) {
            let step = if deviation > row.typical() { 1 } else { -1 };
            row.spread = (row.spread + step).clamp(-MOST_STEPS, MOST_STEPS);
        }
    }

    /// Replaces what a member contributed to `slot`.
    pub(super) fn replace(&mut self, slot: Slot, before: Seen, after: Seen) {
        let row = self.row_mut(slot.feature).and_then(|row| row.sums.get_mut(slot.block));
        if let Some(sums) = row {
            *sums = sums.without(before).with(after);
        }
    }

    fn row(&self, feature: Feature) -> Option<&Row> {
        self.rows.iter().find(|row| row.feature == feature as u8)
    }

    fn row_mut(&mut self, feature: Feature) -> Option<&mut Row> {
        let feature = feature as u8;
        let place = self.rows.iter().position(|row| row.feature == feature).unwrap_or_else(|| {
            self.rows.push(Row { feature, spread: 0, sums: [Sums::default(); BLOCKS] });
            self.rows.len() - 1
        });
        self.rows.get_mut(place)
    }
}

impl Row {
    fn typical(&self) -> f64 {
        FIRST_SPREAD * libm::exp(SPREAD_STEP * f64::from(self.spread))
    }
}

impl Sums {
    /// The sums of one member.
    fn of(seen: Seen) -> Self {
        let weight = u64::from(seen.weight());
        if weight == 0 {
            return Self::default();
        }
        #[expect(clippy::cast_possible_truncation, reason = "a packed mean is below a thousand: 34 bits")]
        let mean = libm::round(STEPS * seen.mean) as i64;
        let (wide, square) = (i128::from(weight), i128::from(mean) * i128::from(mean));
        let means = i64::try_from(wide * i128::from(mean)).unwrap_or_default();
        Self { members: 1, weights: weight, means, squares: wide * square, inverses: WHOLE / weight }
    }

    fn with(self, seen: Seen) -> Self {
        let one = Self::of(seen);
        Self {
            members: self.members.saturating_add(one.members),
            weights: self.weights.saturating_add(one.weights),
            means: self.means.saturating_add(one.means),
            squares: self.squares.saturating_add(one.squares),
            inverses: self.inverses.saturating_add(one.inverses),
        }
    }

    fn without(self, seen: Seen) -> Self {
        let one = Self::of(seen);
        Self {
            members: self.members.saturating_sub(one.members),
            weights: self.weights.saturating_sub(one.weights),
            means: self.means.saturating_sub(one.means),
            squares: self.squares.saturating_sub(one.squares),
            inverses: self.inverses.saturating_sub(one.inverses),
        }
    }

    /// Weighted mean, and weighted variance less what the members' own noise adds to it.
    fn prior(self, noise: f64) -> Prior {
        let weights = (self.weights as f64).max(1.0);
        let mean = self.means as f64 / weights;
        let spread = self.squares as f64 / weights - mean * mean;
        let inverse = self.inverses as f64 / (WHOLE as f64 * f64::from(self.members.max(1)));
        let variance = spread / (STEPS * STEPS) - noise * inverse;
        Prior { mean: mean / STEPS, variance: variance.max(noise) }
    }
}

#[cfg(test)]
mod tests;
