//! What is believed of an effect: what peers have, moved by what the series itself has seen.
//!
//! The effects of one series are related: who does twice the work of others on the last day does about twice on the day
//! before, and who works late does so on each of these days. Around what peers have, deviations of two effects of one
//! family therefore covary with a share that all have in common (the size of the tenant's month end), one that the
//! blocks of a day share and one that the same block shares on different days. The belief is the conditional normal
//! distribution given everything seen (C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine
//! Learning", 2006, algorithm 2.1), so that the third last day already says much about the last.

use super::class::{ClassEffects, Prior};
use super::own::{Own, Seen, Slot};
use crate::calendar::Feature;

/// Share of the variance between series that all effects of a family have in common.
const SHARED_BY_ALL: f64 = 0.45;
/// Share that the blocks of one day have in common.
const SHARED_BY_DAY: f64 = 0.15;
/// Share that a block has in common with the same block of other days. What is left is a slot's own.
const SHARED_BY_BLOCK: f64 = 0.25;
/// Days of a slot from which it is a habit.
const HABIT: u8 = 2;
/// Variance of an effect of which nothing is known, in variances of a block.
const UNKNOWN: f64 = 100.0;
/// The same for what quarter and year ends add to month ends.
const UNKNOWN_REMAINDER: f64 = 9.0;

/// The effect of one feature on one block, in the ruler's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    pub mean: f64,
    /// Variance of the effect itself.
    pub variance: f64,
    /// Variance of one occasion around it.
    pub occasion: f64,
}

/// What a series is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Company<'a> {
    pub class: &'a ClassEffects,
    /// The series' own part in it.
    pub own: &'a Own,
    /// Variance of the series' blocks on ordinary days.
    pub noise: f64,
    /// Most variance of an effect of which nothing is known.
    pub broadest: f64,
}

impl Company<'_> {
    /// What is believed of `slot`.
    pub fn belief(&self, slot: Slot) -> Belief {
        let target = self.prior(slot, self.own.seen(slot));
        let mut seen = Evidence::default();
        let family = self.own.slots().filter(|(other, _)| family(other.feature) == family(slot.feature));
        for (other, own) in family {
            let prior = self.prior(other, own);
            let noise = (self.noise + self.class.occasion(other.feature, self.noise)) / f64::from(own.days);
            seen.add(Piece { slot: other, prior, surprise: own.mean - prior.mean }, noise);
        }
        let (moved, less) = seen.condition(slot, target);
        Belief {
            mean: target.mean + moved,
            variance: (target.variance - less).max(0.0),
            occasion: self.class.occasion(slot.feature, self.noise),
        }
    }

    /// Whether peers have seen `slot`, or the series itself has more than once: once is no habit, and that a series has
    /// month ends at all is not to be assumed.
    pub fn knows(&self, slot: Slot) -> bool {
        let own = self.own.seen(slot);
        own.days >= HABIT || self.class.prior(slot, own, self.noise).is_some()
    }

    fn prior(&self, slot: Slot, own: Seen) -> Prior {
        let unknown = if is_remainder(slot.feature) { UNKNOWN_REMAINDER } else { UNKNOWN };
        let variance = (unknown * self.noise).min(self.broadest);
        self.class.prior(slot, own, self.noise).unwrap_or(Prior { mean: 0.0, variance })
    }
}

/// Whether the feature stands for what comes on top of another one of the same day.
pub(super) fn is_remainder(feature: Feature) -> bool {
    matches!(feature, Feature::QuarterEnd | Feature::YearEnd)
}

/// Effects of one family say something about each other: those of the days around a period end.
fn family(feature: Feature) -> Feature {
    match feature {
        Feature::SecondLast | Feature::ThirdLast | Feature::First | Feature::Second => Feature::Last,
        other => other,
    }
}

/// What was seen of one slot, against what peers have.
#[derive(Clone, Copy, Debug)]
struct Piece {
    slot: Slot,
    prior: Prior,
    surprise: f64,
}

/// The pieces, made independent one after the other: a Cholesky decomposition that grows by rows.
#[derive(Debug, Default)]
struct Evidence {
    pieces: Vec<Piece>,
    rows: Vec<Vec<f64>>,
    /// What each piece says beyond those before it, in standard deviations.
    news: Vec<f64>,
}

impl Evidence {
    fn add(&mut self, piece: Piece, noise: f64) {
        let mut row = self.project(piece.slot, piece.prior);
        let known = row.iter().map(|part| part * part).sum::<f64>();
        let own = libm::sqrt((piece.prior.variance + noise - known).max(1e-3 * noise));
        let foreseen = row.iter().zip(&self.news).map(|(part, news)| part * news).sum::<f64>();
        self.news.push((piece.surprise - foreseen) / own);
        row.push(own);
        self.rows.push(row);
        self.pieces.push(piece);
    }

    /// How a slot covaries with the news of each piece.
    fn project(&self, slot: Slot, prior: Prior) -> Vec<f64> {
        let mut row: Vec<f64> = Vec::with_capacity(self.rows.len() + 1);
        for (piece, other) in self.pieces.iter().zip(&self.rows) {
            let known = row.iter().zip(other).map(|(left, right)| left * right).sum::<f64>();
            let own = other.last().copied().unwrap_or(1.0);
            row.push((covariance((slot, prior), (piece.slot, piece.prior)) - known) / own);
        }
        row
    }

    /// How far the pieces move the mean of a slot, and what they take from its variance.
    fn condition(&self, slot: Slot, prior: Prior) -> (f64, f64) {
        let row = self.project(slot, prior);
        let moved = row.iter().zip(&self.news).map(|(part, news)| part * news).sum();
        (moved, row.iter().map(|part| part * part).sum())
    }
}

fn covariance((left, one): (Slot, Prior), (right, other): (Slot, Prior)) -> f64 {
    let same_day = left.feature == right.feature;
    let same_block = left.block == right.block;
    let shared = match (same_day, same_block) {
        (true, true) => 1.0,
        (true, false) => SHARED_BY_ALL + SHARED_BY_DAY,
        (false, true) => SHARED_BY_ALL + SHARED_BY_BLOCK,
        (false, false) => SHARED_BY_ALL,
    };
    // A bigger month end is bigger in both directions: where one effect falls and the other rises, so do deviations.
    let sign = if (one.mean < 0.0) == (other.mean < 0.0) { 1.0 } else { -1.0 };
    sign * shared * libm::sqrt(one.variance * other.variance)
}

#[cfg(test)]
mod tests;
