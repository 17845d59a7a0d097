//! What one series remembers of special days, and how a day that is over is learned.

use serde::{Deserialize, Serialize};

use super::belief::{Belief, Company, is_remainder};
use super::block::Block;
use super::class::ClassEffects;
use super::own::{BLOCKS, Own, Seen, Slot};
use super::packed::Packed;
use crate::calendar::{Feature, Features};

/// Variance of a block's median, in variances of a window.
const BLOCK_NOISE: f64 = 0.75;
/// A day moves a mean by at most this many standard deviations of what was believed.
const MOST_MOVE: f64 = 3.0;
/// Days of a slot from which its deviations tell how much occasions differ.
const SETTLED: u8 = 2;

/// A block of a special day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Number of the day.
    pub day: i32,
    pub features: Features,
    pub block: usize,
    /// Whether the unknown is to be expected.
    pub is_given: bool,
}

/// The unit of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    /// Standard deviation of a window.
    pub deviation: f64,
    /// Most variance of an effect of which nothing is known.
    pub broadest: f64,
}

/// Memory of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    own: Own,
    open: Option<Box<Open>>,
}

/// The special day that is going on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    day: i32,
    features: u16,
    block: u8,
    seen: Block,
    outlook: Outlook,
    medians: [Option<Packed>; BLOCKS],
}

/// What is expected of the block that is going on, and with which noise in mind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Outlook {
    effect: f32,
    variance: f32,
    noise: f32,
    broadest: f32,
}

impl Outlook {
    fn pair(self) -> (f64, f64) {
        (f64::from(self.effect), f64::from(self.variance))
    }
}

impl Memory {
    /// Effect and variance at a stretch of a special day.
    pub fn outlook(&mut self, class: &mut ClassEffects, stretch: Stretch, measure: Measure) -> (f64, f64) {
        if !self.open.as_ref().is_some_and(|open| open.is_at(stretch)) {
            self.turn(class, stretch, measure);
        }
        self.open.as_ref().map_or((0.0, 0.0), |open| open.outlook.pair())
    }

    /// The same, without going on to the stretch.
    pub fn foresee(&self, class: &ClassEffects, stretch: Stretch, measure: Measure) -> (f64, f64) {
        self.expected(class, stretch, measure).pair()
    }

    /// Takes a window of the stretch that is going on.
    pub fn add(&mut self, stretch: Stretch, distance: f64) {
        if let Some(open) = self.open.as_mut().filter(|open| open.is_at(stretch)) {
            open.seen.add(distance);
        }
    }

    /// Goes on to the next block, of the same day or of another one.
    fn turn(&mut self, class: &mut ClassEffects, stretch: Stretch, measure: Measure) {
        if self.has_open_day_before(stretch.day) {
            self.end_day(class);
        }
        let outlook = self.expected(class, stretch, measure);
        let medians = self.open.take().map_or([None; BLOCKS], |open| open.with_block_ended());
        let block = u8::try_from(stretch.block).unwrap_or_default();
        let (day, features) = (stretch.day, bits(stretch.features));
        self.open = Some(Box::new(Open { day, features, block, seen: Block::default(), outlook, medians }));
    }

    fn expected(&self, class: &ClassEffects, stretch: Stretch, measure: Measure) -> Outlook {
        let noise = BLOCK_NOISE * measure.deviation * measure.deviation;
        let company = Company { class, own: &self.own, noise, broadest: measure.broadest };
        let (mut effect, mut variance) = (0.0, 0.0);
        let slots = stretch.features.iter().map(|feature| Slot { feature, block: stretch.block });
        let is_known = stretch.is_given || slots.clone().any(|slot| company.knows(slot));
        for slot in slots.filter(|_| is_known) {
            let belief = company.belief(slot);
            effect += belief.mean;
            variance += belief.variance + belief.occasion;
        }
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough of an expectation")]
        let short = |value: f64| value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
        let (noise, broadest) = (short(noise), short(measure.broadest));
        Outlook { effect: short(effect), variance: short(variance), noise, broadest }
    }

    /// Learns the day that is over: what all its features have in common first, what quarters and years add on top after.
    pub fn end_day(&mut self, class: &mut ClassEffects) {
        let Some(open) = self.open.take() else { return };
        let (features, outlook) = (open.features, open.outlook);
        let medians = open.with_block_ended();
        for remainder in [false, true] {
            let mut learned = Vec::new();
            for (block, median) in medians.iter().enumerate() {
                let Some(median) = median else { continue };
                for feature in set(features).filter(|feature| is_remainder(*feature) == remainder) {
                    learned.push(self.lesson(class, Slot { feature, block }, (median.get(), features, outlook)));
                }
            }
            for lesson in learned {
                self.take_in(class, lesson);
            }
        }
    }

    fn lesson(&self, class: &ClassEffects, slot: Slot, day: (f64, u16, Outlook)) -> Lesson {
        let (median, features, outlook) = day;
        let noise = f64::from(outlook.noise);
        let company = Company { class, own: &self.own, noise, broadest: f64::from(outlook.broadest) };
        let others = set(features).filter(|feature| *feature != slot.feature);
        let explained: f64 = others.map(|feature| company.belief(Slot { feature, ..slot }).mean).sum();
        Lesson { slot, remainder: median - explained, believed: company.belief(slot), noise }
    }

    fn take_in(&mut self, class: &mut ClassEffects, lesson: Lesson) {
        let Lesson { slot, remainder, believed, noise } = lesson;
        let before = self.own.seen(slot);
        let distance = remainder - believed.mean;
        if before.days >= SETTLED {
            let usual = libm::sqrt(noise + 0.5 * believed.variance);
            class.note_deviation(slot.feature, distance.abs() / usual);
        }
        let most = MOST_MOVE * libm::sqrt(noise + believed.occasion + believed.variance);
        self.own.add(slot, believed.mean + distance.clamp(-most, most));
        class.replace(slot, before, self.own.seen(slot));
    }

    /// Takes everything that the series contributed out of its class.
    pub fn leave(&self, class: &mut ClassEffects) {
        for (slot, seen) in self.own.slots() {
            class.replace(slot, seen, Seen::default());
        }
    }

    /// Whether a day other than `day` is to be learned.
    pub fn has_open_day_before(&self, day: i32) -> bool {
        self.open.as_ref().is_some_and(|open| open.day != day)
    }
}

/// What a day teaches about one slot.
#[derive(Clone, Copy, Debug)]
struct Lesson {
    slot: Slot,
    remainder: f64,
    believed: Belief,
    noise: f64,
}

impl Open {
    fn is_at(&self, stretch: Stretch) -> bool {
        (self.day, usize::from(self.block)) == (stretch.day, stretch.block)
    }

    /// The medians of the day's blocks, with the one that was going on.
    fn with_block_ended(self) -> [Option<Packed>; BLOCKS] {
        let mut medians = self.medians;
        if let (Some(place), Some(median)) = (medians.get_mut(usize::from(self.block)), self.seen.median()) {
            *place = Some(Packed::new(median));
        }
        medians
    }
}

fn bits(features: Features) -> u16 {
    features.iter().fold(0, |bits, feature| bits | 1 << feature as u8)
}

fn set(bits: u16) -> impl Iterator<Item = Feature> {
    Feature::ALL.into_iter().filter(move |feature| bits & 1 << *feature as u8 != 0)
}
