//! What special days do to a series: the business calendar explains first, the rest is judged.
//!
//! Per feature of a day ([`crate::calendar::Feature`]) and block of four hours, a series remembers how far it was from
//! what an ordinary day would have been ([`Effects`]), and the series of its class share what they have seen
//! ([`ClassEffects`]): the first month end of a new tenant is expected to be what it is for its peers, and moves to its own
//! as evidence grows. What is not known yet widens what counts as usual, instead of being guessed.
//!
//! The caller asks before it judges a window and tells afterwards:
//!
//! ```text
//! explained = effects.expect(&mut class, &occasion);    // nothing to explain on an ordinary day
//! judge(value - explained.effect, explained.variance);   // as if the day were an ordinary one
//! learn with explained.gain();                          // a special day teaches little about ordinary ones
//! effects.learn(&mut class, &occasion, value);
//! ```
//!
//! Everything is on the scale on which the series is judged; [`Ground`] says what is expected there without a calendar.
//! A mean is moved once a day by the median of each block, cut at three standard deviations of what was believed, so that
//! one bad month end does not become the next one's expectation. Values that are not finite are ignored.

mod belief;
mod block;
mod class;
mod memory;
mod own;
mod packed;
mod ruler;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::catalog::Scale;

use crate::calendar::{Day, Features};
pub use class::ClassEffects;
use memory::{Measure, Memory, Stretch};
pub use ruler::Ground;
use ruler::Ruler;

/// Length of a block in milliseconds.
const BLOCK_MS: i64 = 4 * 3_600_000;
/// What a special day teaches about ordinary ones.
const GAIN_ON_SPECIAL_DAYS: f64 = 0.25;

/// A window of a series: where it is, and what it would be on an ordinary day.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The tenant's day.
    pub day: &'a Day,
    /// Start of the window.
    pub at: Timestamp,
    /// What is expected without a calendar.
    pub ground: Ground,
    /// Whether someone said that the tenant has such days. Then the first one may be anything; else a special day is
    /// judged like any other until peers have seen one, or the series itself two.
    pub is_given: bool,
}

/// What the calendar makes of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Explained {
    /// What is expected on top of an ordinary day.
    pub effect: f64,
    /// How uncertain that is, as a variance.
    pub variance: f64,
    /// The features it is due to.
    pub features: Features,
}

impl Explained {
    /// How much of the usual step the series' memory of ordinary days may take.
    #[must_use]
    pub fn gain(&self) -> f64 {
        if self.features.is_empty() { 1.0 } else { GAIN_ON_SPECIAL_DAYS }
    }
}

/// What one series knows about special days. Takes no room before the first one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// Whether a negative value was seen on a linear scale.
    is_signed: bool,
    memory: Option<Box<Memory>>,
}

impl Effects {
    /// What the calendar makes of a window. Windows come in order of time; with the first one after a special day, that day
    /// is learned, and `class` with it.
    pub fn expect(&mut self, class: &mut ClassEffects, occasion: &Occasion<'_>) -> Explained {
        let features = occasion.day.features;
        if features.is_empty() {
            if self.has_waiting(occasion.day) {
                self.memory.iter_mut().for_each(|memory| memory.end_day(class));
            }
            return Explained::default();
        }
        if !occasion.ground.is_firm() {
            return Explained::default();
        }
        let measure = self.measure(&occasion.ground);
        let outlook = self.memory.get_or_insert_default().outlook(class, stretch(occasion), measure);
        self.explained(occasion, outlook)
    }

    /// What the calendar would make of a window, as far as days that are over have taught; nothing is learned.
    #[must_use]
    pub fn foresee(&self, class: &ClassEffects, occasion: &Occasion<'_>) -> Explained {
        if occasion.day.features.is_empty() || !occasion.ground.is_firm() {
            return Explained::default();
        }
        let measure = self.measure(&occasion.ground);
        let nothing = Memory::default();
        let memory = self.memory.as_deref().unwrap_or(&nothing);
        self.explained(occasion, memory.foresee(class, stretch(occasion), measure))
    }

    fn measure(&self, ground: &Ground) -> Measure {
        let ruler = Ruler::of(ground.scale, self.is_signed);
        Measure { deviation: ruler.deviation(ground), broadest: ruler.broadest() }
    }

    fn explained(&self, occasion: &Occasion<'_>, outlook: (f64, f64)) -> Explained {
        let ground = &occasion.ground;
        if outlook.1 <= 0.0 {
            return Explained::default();
        }
        let (effect, variance) = Ruler::of(ground.scale, self.is_signed).back(ground, outlook);
        Explained { effect, variance, features: occasion.day.features }
    }

    /// Takes note of what the window was. Comes after [`Self::expect`] of the same window.
    pub fn learn(&mut self, class: &mut ClassEffects, occasion: &Occasion<'_>, value: f64) {
        if value < 0.0 && !self.is_signed && occasion.ground.scale == Scale::Linear {
            self.leave(class);
            self.is_signed = true;
        }
        if occasion.day.features.is_empty() || !value.is_finite() || !occasion.ground.is_firm() {
            return;
        }
        if let Some(memory) = &mut self.memory {
            let distance = Ruler::of(occasion.ground.scale, self.is_signed).distance(&occasion.ground, value);
            memory.add(stretch(occasion), distance);
        }
    }

    /// Whether a special day before `day` is still to be learned.
    #[must_use]
    pub fn has_waiting(&self, day: &Day) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.has_open_day_before(day.number))
    }

    /// Whether the series' values can be negative: its effects are in another unit than those of series that cannot, and
    /// it belongs into a class of its own.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Takes everything that the series contributed out of its class, and forgets it.
    pub fn leave(&mut self, class: &mut ClassEffects) {
        if let Some(memory) = self.memory.take() {
            memory.leave(class);
        }
    }
}

fn stretch(occasion: &Occasion<'_>) -> Stretch {
    let block = occasion.day.time_of_day(occasion.at) / BLOCK_MS;
    let block = usize::try_from(block).unwrap_or_default();
    Stretch { day: occasion.day.number, features: occasion.day.features, block, is_given: occasion.is_given }
}

#[cfg(test)]
mod tests;
