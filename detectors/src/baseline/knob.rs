//! How much surprise is too much: from the false alarms that are accepted, and from how the series itself behaves.
//!
//! Windows that stand out, one for one trouble, are counted, and how far they stand out is averaged. With an exponential
//! excess their rate above `FLOOR + x` is `rate * exp(-x / mean)`; the threshold is where that is the accepted rate (peaks
//! over threshold). A young series is drawn towards what its class does.

use serde::{Deserialize, Serialize};

use super::channels::COUNT;
use super::fleet::Report;
use super::hold::Hold;
use super::tail::USUAL_SHAPE;

/// Surprise from which a window stands out.
pub const FLOOR: f32 = 5.5;
/// Months that the class counts for.
const MONTHS: f32 = 3.0;
/// Events that the class's mean excess counts for.
const EVENTS: f32 = 100.0;
/// An excess is cut at this many mean ones: what stands out farther is trouble, and says nothing of chance.
const MOST_EXCESS: f32 = 4.0;
/// Events over which the mean excess is kept.
const MEMORY: f32 = 500.0;

/// What series of a class do: how often they stand out, how far, and how heavy their tails are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Windows that stand out in a month.
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
    excess: f32,
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
    /// The surprise above which a window is a finding, so that `accepted` findings are made in a month by chance.
    pub fn threshold(&self, accepted: f32, prior: &Prior) -> f32 {
        let rate = (self.events + prior.events * MONTHS) / (self.months + MONTHS);
        let mean = (self.excess * self.events + prior.excess * EVENTS) / (self.events + EVENTS);
        (FLOOR + mean * libm::logf(rate / accepted.max(1e-6))).max(FLOOR)
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
            let mean = (self.excess * self.events + Prior::default().excess * EVENTS) / (self.events + EVENTS);
            let excess = (surprise - FLOOR).min(MOST_EXCESS * mean);
            self.events += 1.0;
            self.excess += (excess - self.excess) / self.events.min(MEMORY);
            self.untold.events += 1.0;
            self.untold.excess += excess;
        }
        stands_out
    }

    /// What the class is to be told, once each civil day; the shapes are for the caller to add.
    pub fn report(&mut self, day: i32) -> Option<Report> {
        let since = *self.untold.since.get_or_insert(day);
        if day <= since {
            return None;
        }
        let Untold { was_told, events, excess, months, .. } = self.untold;
        self.untold = Untold { since: Some(day), was_told: true, ..Untold::default() };
        Some(Report { is_first: !was_told, months, events, excess, shapes: [None; COUNT] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_accepted_alarms_mean_a_higher_threshold() {
        let record = Record::default();
        let at = |accepted| record.threshold(accepted, &Prior::default());
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
        assert!(wild.threshold(1.0, &Prior::default()) > calm.threshold(1.0, &Prior::default()) + 3.0);
    }
}
