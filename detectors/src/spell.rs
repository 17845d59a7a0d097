//! How long something lasts before it ends, learned from how long it lasted before.
//!
//! Lengths are counted in steps and kept as a life table over doubling ages: of the spells that reached an age, how many
//! ended in it. Any shape of length is so followed with the same few numbers, from a value that never repeats to nights
//! of standing still (E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53, 1958).
//! Where nothing was seen the risk of ending is assumed to halve with every doubling of the age, which is a power law:
//! what has lasted long lasts longer.

use serde::{Deserialize, Serialize};

/// Doubling ages that are told apart; the last one has no end.
const AGES: usize = 20;

/// The least risk that is assumed where nothing is known is one in this many times the age.
const SLOWEST: f64 = 4.0;

/// Lengths of the spells of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spells {
    ages: [Age; AGES],
}

/// What happened to spells of ages from one power of two to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Age {
    ended: f32,
    went_on: f32,
}

impl Spells {
    /// Learns a spell that ended after `length` steps, at least one, as if it had happened `weight` times.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a count of steps are plenty")]
    pub fn learn(&mut self, length: u32, weight: f32) {
        let length = u64::from(length.max(1));
        for (place, age) in (0_u32..).zip(&mut self.ages) {
            let from = 1_u64 << place;
            if from > length {
                return;
            }
            let ended = length < 2 * from || place as usize == AGES - 1;
            let steps = if ended { length - from } else { from };
            age.went_on += weight * steps as f64 as f32;
            age.ended += if ended { weight } else { 0.0 };
        }
    }

    /// Spells learned so far, less what was forgotten.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.ages.iter().map(|age| f64::from(age.ended)).sum()
    }

    /// Chance that a spell ends after `age` steps, given that it lasted so long.
    ///
    /// The estimate is that of a gamma prior of weight one whose mean is half the risk at half the age, but not less than
    /// that of the slowest power law that is believed.
    #[must_use]
    pub fn risk(&self, age: u32) -> f64 {
        let last = place(age);
        let mut risk = 0.0;
        let mut most = SLOWEST;
        for (place, age) in self.ages.iter().enumerate().take(last + 1) {
            let (ended, went_on) = (f64::from(age.ended), f64::from(age.went_on));
            let before = if place == 0 { 2.0 } else { (2.0_f64 / risk).min(most) };
            most *= 2.0;
            risk = (ended + 1.0) / (ended + went_on + before);
        }
        risk
    }

    /// Evidence in nats, `-ln P`, that one more step after `age` of them brings against an ordinary spell.
    #[must_use]
    pub fn surprise(&self, age: u32) -> f64 {
        -libm::log1p(-self.risk(age).min(1.0 - 1e-12))
    }

    /// Share of spells that ended after at most `length` steps, counted with one half of a spell that did.
    #[must_use]
    pub fn share_up_to(&self, length: u32) -> f64 {
        let last = place(length);
        let ended: f64 = self.ages.iter().take(last + 1).map(|age| f64::from(age.ended)).sum();
        (ended + 0.5) / (self.count() + 1.0)
    }

    /// The length that half of the spells exceed, to a factor of two.
    #[must_use]
    pub fn median(&self) -> f64 {
        let half = self.count() / 2.0;
        let (mut seen, mut length) = (0.0, 1.0);
        for age in &self.ages {
            seen += f64::from(age.ended);
            if seen >= half {
                break;
            }
            length *= 2.0;
        }
        length
    }

    /// Makes everything learned count half.
    pub fn halve(&mut self) {
        for age in &mut self.ages {
            age.ended *= 0.5;
            age.went_on *= 0.5;
        }
    }
}

/// Whether another doubling begins with `age`, so that the risk changes.
#[must_use]
pub fn begins(age: u32) -> bool {
    age.is_power_of_two()
}

fn place(age: u32) -> usize {
    (age.max(1).ilog2() as usize).min(AGES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(lengths: impl IntoIterator<Item = u32>) -> Spells {
        let mut spells = Spells::default();
        for length in lengths {
            spells.learn(length, 1.0);
        }
        spells
    }

    fn nats_until(spells: &Spells, length: u32) -> f64 {
        (1..length).map(|age| spells.surprise(age)).sum()
    }

    #[test]
    fn memoryless_spells_have_the_same_risk_at_every_age() {
        // Geometric with a risk of one in ten, by its own quantiles.
        let mut spells = Spells::default();
        for (length, weight) in (1..200).map(|length| (length, 20_000.0 * 0.1 * 0.9_f32.powi(length - 1))) {
            spells.learn(length.unsigned_abs(), weight);
        }
        for age in [1, 3, 10, 40] {
            assert!((0.08..0.12).contains(&spells.risk(age)), "{age}: {}", spells.risk(age));
        }
    }

    #[test]
    fn what_always_ended_at_once_is_surprising_at_the_second_step() {
        let spells = learned(std::iter::repeat_n(1, 8_000));
        assert!(spells.surprise(1) > 8.0);
        assert!(spells.share_up_to(1) > 0.999);
    }

    #[test]
    fn what_was_once_long_may_be_long_again() {
        let short = learned(std::iter::repeat_n(1, 2_000));
        let nights = learned((0..2_000).map(|turn| if turn % 100 == 0 { 150 } else { 1 }));
        assert!(nats_until(&nights, 150) < 6.0, "{}", nats_until(&nights, 150));
        assert!(nats_until(&short, 150) > 10.0);
    }

    #[test]
    fn surprise_grows_without_data_too_but_slowly() {
        let spells = learned([]);
        let (one, other) = (nats_until(&spells, 1_000), nats_until(&spells, 2_000));
        assert!(one < other && other - one < 2.0, "{one} {other}");
    }

    #[test]
    fn the_longest_spell_there_is_is_counted() {
        let spells = learned([u32::MAX, 1, 1]);
        assert!((spells.count() - 3.0).abs() < 1e-6);
        assert!((spells.share_up_to(5) - 2.5 / 4.0).abs() < 1e-6);
        assert!(spells.median() <= 1.0);
    }
}
