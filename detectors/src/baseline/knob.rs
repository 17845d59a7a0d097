//! How much surprise is too much: from the false alarms that are accepted, and from how the series itself behaves.
//!
//! Windows that stand out, one for one trouble, are counted. With an exponential excess of a mean that is the class's their
//! rate above `FLOOR + x` is `rate * exp(-x / mean)`; the threshold is where that is the accepted rate (peaks over
//! threshold). How far the windows of this one series stood out is left aside: far ones are trouble, and trouble must not
//! make the next one harder to see. A young series is drawn towards the rate of its class, which is kept for a pace of five
//! minutes: who looks more often stands out more often by chance, though not in proportion, since windows near each other
//! are alike.

use serde::{Deserialize, Serialize};

use super::channels::COUNT;
use super::fleet::Report;
use super::hold::Hold;
use super::tail::USUAL_SHAPE;

/// Surprise from which a window stands out.
pub const FLOOR: f32 = 5.5;
/// Months that the class counts for.
const MONTHS: f32 = 3.0;
/// An excess is cut at this many nats before the class is told: what stands out farther is trouble, and says nothing of chance.
const MOST_EXCESS: f32 = 4.8;
/// Windows a day for which rates of classes are kept.
const COMMON_PACE: f32 = 288.0;

/// What series of a class do: how often they stand out, how far, and how heavy their tails are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Windows that stand out in a month of 288 windows a day.
    pub events: f32,
    /// By how many nats they do so beyond the floor.
    pub excess: f32,
    /// Shapes of the tails, by comparison.
    pub shapes: [f32; COUNT],
}

impl Default for Prior {
    fn default() -> Self {
        Self { events: 6.0, excess: 1.2, shapes: [USUAL_SHAPE; COUNT] }
    }
}

/// What one series did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    hold: Hold,
    events: f32,
    months: f32,
    untold: Untold,
}

/// What the class has not been told yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Untold {
    since: Option<i32>,
    was_told: bool,
    events: f32,
    excess: f32,
    months: f32,
}

impl Record {
    /// The surprise above which a window, one of `a_day`, is a finding, so that `accepted` findings are made in a month by
    /// chance.
    pub fn threshold(&self, accepted: f32, prior: &Prior, a_day: f32) -> f32 {
        let rate = (self.events + prior.events * pace_factor(a_day) * MONTHS) / (self.months + MONTHS);
        (FLOOR + prior.excess * libm::logf(rate / accepted.max(1e-6))).max(FLOOR)
    }

    /// Months watched, and windows that stood out.
    pub fn watched(&self) -> (f32, f32) {
        (self.months, self.events)
    }

    /// Counts a window, one of `a_day`, before which `months` were watched; true when it stands out.
    pub fn step(&mut self, surprise: f32, months: f32, a_day: f32) -> bool {
        self.months += months;
        self.untold.months += months;
        let stands_out = self.hold.step(surprise, FLOOR, a_day);
        if stands_out {
            self.events += 1.0;
            self.untold.events += 1.0;
            self.untold.excess += (surprise - FLOOR).min(MOST_EXCESS);
        }
        stands_out
    }

    /// What the class is to be told of a series of `a_day` windows a day, once each civil day; the shapes are for the caller to
    /// add.
    pub fn report(&mut self, day: i32, a_day: f32) -> Option<Report> {
        let since = *self.untold.since.get_or_insert(day);
        if day <= since {
            return None;
        }
        let Untold { was_told, events, excess, months, .. } = self.untold;
        self.untold = Untold { since: Some(day), was_told: true, ..Untold::default() };
        let months = months * pace_factor(a_day);
        Some(Report { is_first: !was_told, months, events, excess, shapes: [None; COUNT] })
    }
}

/// How often chance makes a series of `a_day` windows a day stand out, against the common pace: measured on clean series of
/// five minutes and of an hour.
fn pace_factor(a_day: f32) -> f32 {
    libm::sqrtf(a_day / COMMON_PACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_accepted_alarms_mean_a_higher_threshold() {
        let record = Record::default();
        let at = |accepted| record.threshold(accepted, &Prior::default(), 288.0);
        assert!(at(0.5) > at(1.0) && at(1.0) > at(4.0));
        assert_eq!(at(100.0), FLOOR);
    }

    #[test]
    fn a_series_that_often_stands_out_needs_more() {
        let (mut calm, mut wild) = (Record::default(), Record::default());
        for turn in 0..100_000 {
            calm.step(1.0, 1e-4, 288.0);
            wild.step(if turn % 400 == 0 { 12.0 } else { 0.0 }, 1e-4, 288.0);
        }
        assert!(wild.threshold(1.0, &Prior::default(), 288.0) > calm.threshold(1.0, &Prior::default(), 288.0) + 3.0);
    }
}
