//! The ten comparisons that are made of a window, each surprising by its own past, and their one voice.
//!
//! | statistic | weight |
//! |---|---|
//! | distance from what is usual, over the latest windows, up and down, in scales | 0.85 |
//! | distance from what is usual at this time, up and down, in scales | 0.70 |
//! | distance from the slow level, up and down | 0.85 |
//! | mean of the latest windows off the centre of the last days, up and down | 0.85 |
//! | course of the latest windows, against every course seen | 1.00 |
//! | course of the last hours, against the same hours of the days before | 1.00 |
//!
//! What lies within a third of a scale is no news, however calm the series was. Where the business calendar only guesses what
//! is usual, a whole course is off together with the guess: it is heard less, the wider the guess.
//!
//! They are combined by a power mean of their p-values, which holds whatever their dependence, up to a constant (V. Vovk,
//! R. Wang, "Combining p-values via averaging", Biometrika 107, 2020).

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Harm;
use tidewatch_schemas::finding::{Channel, Side};

use super::tail::Tail;
use crate::signal_scale::is_harmful;

/// Comparisons that are made of a window.
pub const COUNT: usize = 10;
/// What each comparison is, to which side, and what its surprise weighs.
pub(super) const KINDS: [(Channel, Option<Side>, f32); COUNT] = [
    (Channel::Lasting, Some(Side::Above), 0.85),
    (Channel::Lasting, Some(Side::Below), 0.85),
    (Channel::Season, Some(Side::Above), 0.70),
    (Channel::Season, Some(Side::Below), 0.70),
    (Channel::Level, Some(Side::Above), 0.85),
    (Channel::Level, Some(Side::Below), 0.85),
    (Channel::Mean, Some(Side::Above), 0.85),
    (Channel::Mean, Some(Side::Below), 0.85),
    (Channel::Shape, None, 1.00),
    (Channel::Recurrence, None, 1.00),
];
/// Surprise of what one window in a hundred exceeds.
pub const ONE_IN_A_HUNDRED: f32 = 4.605_17;
/// Distances up to this many scales are no news.
const NO_NEWS: f32 = 0.3;
/// Surprises this far below the greatest add nothing that matters.
const NEGLIGIBLE: f32 = -4.0;

/// Channels that are left out; for measuring what each is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Muted(u16);

impl Muted {
    /// These, and `channel`.
    #[must_use]
    pub fn with(self, channel: Channel) -> Self {
        Self(self.0 | 1 << channel as u16)
    }

    fn has(self, channel: Channel) -> bool {
        self.0 & 1 << channel as u16 != 0
    }
}

/// What was measured of a window: distances with their sign, and the courses where one was over.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Distance from what is usual, over the latest windows, in scales.
    pub lasting: f32,
    /// Distance from what is usual, in scales.
    pub season: f32,
    /// Distance from the slow level.
    pub level: f32,
    /// Mean of the latest windows off the centre.
    pub mean: f32,
    /// Distance of the latest course from any seen.
    pub shape: Option<f32>,
    /// Distance of the last hours from the same ones of any day before.
    pub recurrence: Option<f32>,
}

/// What the comparisons say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Surprise in nats.
    pub surprise: f32,
    /// The loudest.
    pub channel: Channel,
    /// To which side.
    pub side: Side,
    /// Its share of the surprise.
    pub share: f32,
}

impl Voice {
    /// Of a window that is not compared with anything yet.
    pub fn silent() -> Self {
        Self { surprise: 0.0, channel: Channel::Season, side: Side::Above, share: 1.0 }
    }
}

/// How the comparisons are heard.
#[derive(Clone, Copy, Debug)]
pub struct Hearing<'a> {
    /// Which side is harmful; the other is not heard.
    pub harm: Harm,
    /// Channels left out.
    pub muted: Muted,
    /// Shapes that the tails of the class have.
    pub shapes: &'a [f32; COUNT],
    /// Whether anything is heard yet.
    pub awake: bool,
    /// A scale, in the unit of levels.
    pub spread: f32,
    /// How well it is known what is usual, 0 to 1.
    pub clarity: f32,
}

impl Hearing<'_> {
    /// How much of a channel is heard.
    fn share_of(&self, channel: Channel) -> f32 {
        if matches!(channel, Channel::Shape | Channel::Recurrence) { self.clarity } else { 1.0 }
    }

    /// Up to which statistic a channel has no news.
    fn no_news(&self, channel: Channel) -> f32 {
        if matches!(channel, Channel::Level | Channel::Mean) { NO_NEWS * self.spread } else { NO_NEWS }
    }
}

/// The tails of the comparisons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Channels {
    tails: [Tail; COUNT],
}

impl Measured {
    fn statistics(&self) -> [Option<f32>; COUNT] {
        let Self { lasting, season, level, mean, shape, recurrence } = *self;
        let signed = [lasting, -lasting, season, -season, level, -level, mean, -mean];
        let mut all = [shape; COUNT];
        for (place, value) in all.iter_mut().zip(signed) {
            *place = Some(value);
        }
        if let Some(last) = all.last_mut() {
            *last = recurrence;
        }
        all
    }

    /// The side that a course without a side of its own is on.
    fn side(&self) -> Side {
        if self.lasting >= 0.0 { Side::Above } else { Side::Below }
    }
}

impl Channels {
    /// What the comparisons say of a window; they learn it.
    pub fn step(&mut self, measured: &Measured, hearing: &Hearing<'_>) -> Voice {
        let course_side = measured.side();
        let mut heard = [0.0_f32; COUNT];
        let mut loudest = (0.0_f32, Channel::Season, course_side);
        let statistics = measured.statistics();
        let tails = self.tails.iter_mut().zip(hearing.shapes);
        for ((((tail, shape), statistic), (channel, side, weight)), place) in
            tails.zip(statistics).zip(KINDS).zip(&mut heard)
        {
            let Some(statistic) = statistic else { continue };
            let surprise = weight * hearing.share_of(channel) * tail.step(statistic, *shape, hearing.no_news(channel));
            let side = side.unwrap_or(course_side);
            if !hearing.awake || hearing.muted.has(channel) || !is_harmful(hearing.harm, side) {
                continue;
            }
            *place = surprise;
            if surprise > loudest.0 {
                loudest = (surprise, channel, side);
            }
        }
        combine(&heard, loudest)
    }

    /// How far below and above what is usual a share `exp(-surprise)` of windows lies, in scales.
    pub fn usual_distance(&self, surprise: f32, shapes: &[f32; COUNT]) -> (f32, f32) {
        let ([_, _, above, below, ..], [_, _, shape_above, shape_below, ..]) = (&self.tails, shapes);
        (below.band_at(surprise, *shape_below), above.band_at(surprise, *shape_above))
    }

    /// The statistic that one window in a hundred exceeds, by comparison; infinite while that is unknown.
    pub fn exceeded_by_one_in_a_hundred(&self, shapes: &[f32; COUNT]) -> [f32; COUNT] {
        let mut values = [f32::INFINITY; COUNT];
        for ((value, tail), shape) in values.iter_mut().zip(&self.tails).zip(shapes) {
            *value = tail.value_at(ONE_IN_A_HUNDRED, *shape);
        }
        values
    }

    /// The shapes of the tails, where enough is known.
    pub fn shapes(&self) -> [Option<f32>; COUNT] {
        self.tails.map(|tail| tail.shape())
    }
}

fn combine(heard: &[f32; COUNT], (most, channel, side): (f32, Channel, Side)) -> Voice {
    if most <= 0.0 {
        return Voice { surprise: 0.0, channel, side, share: 1.0 };
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for surprise in heard {
        let less = surprise - most;
        total += surprise;
        if less > NEGLIGIBLE {
            sum += libm::expf(2.0 * less);
        }
    }
    Voice { surprise: most + 0.5 * libm::logf(sum), channel, side, share: most / total }
}

#[cfg(test)]
mod tests {
    use super::super::tail::USUAL_SHAPE;
    use super::*;

    fn measured(lasting: f32, recurrence: f32) -> Measured {
        Measured { lasting, season: 0.0, level: 0.0, mean: 0.0, shape: None, recurrence: Some(recurrence) }
    }

    /// The surprise of a course far from those before, after many near ones, `lasting` scales from what is usual.
    fn surprise(lasting: f32, harm: Harm, clarity: f32) -> f32 {
        let shapes = [USUAL_SHAPE; COUNT];
        let hearing = Hearing { harm, muted: Muted::default(), shapes: &shapes, awake: true, spread: 1.0, clarity };
        let mut channels = Channels::default();
        (0..500_u16).for_each(|turn| {
            channels.step(&measured(0.0, f32::from(turn % 10) / 10.0), &hearing);
        });
        channels.step(&measured(lasting, 9.0), &hearing).surprise
    }

    #[test]
    fn a_course_that_is_better_than_those_before_is_no_trouble() {
        assert!(surprise(1.0, Harm::Rise, 1.0) > 6.0);
        assert_eq!(surprise(-1.0, Harm::Rise, 1.0), 0.0);
        assert!(surprise(-1.0, Harm::Either, 1.0) > 6.0);
    }

    #[test]
    fn a_course_is_heard_less_where_what_is_usual_is_a_guess() {
        assert!(surprise(1.0, Harm::Rise, 0.5) < 0.6 * surprise(1.0, Harm::Rise, 1.0));
    }
}
