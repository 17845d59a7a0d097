//! What the series of a class have in common, so that a young one need not begin from nothing.
//!
//! Once a civil day each series tells its class how long it was watched, how often its windows stood out and how far, and
//! how heavy its tails are. A class of a few series answers with what they did on average. A day on which one series
//! stood out many times counts as a few: that was trouble, and trouble is not what is usual.

use serde::{Deserialize, Serialize};

use super::channels::COUNT;
use super::knob::Prior;
use super::tail::USUAL_SHAPE;

/// Series from which a class speaks for itself.
const FEWEST: u32 = 4;
/// Most events that one series tells of one day.
const MOST_EVENTS: f64 = 3.0;
/// Series-months after which what is old counts half.
const MEMORY: f64 = 240.0;
/// Months, events and days that the usual answer counts for.
const WEIGHT: (f64, f64, f32) = (3.0, 100.0, 20.0);
/// Reports over which the shapes are kept.
const SHAPE_MEMORY: f32 = 200.0;

/// What the series of one class told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    members: u32,
    months: f64,
    events: f64,
    excess: f64,
    shapes: [f32; COUNT],
    told: [f32; COUNT],
}

/// What one series tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Whether it is its first.
    pub is_first: bool,
    /// Months watched since the one before, as many as they would be at the common pace.
    pub months: f32,
    /// Windows that stood out.
    pub events: f32,
    /// By how many nats beyond the floor, in all.
    pub excess: f32,
    /// Shapes of its tails; `None` where too little is known.
    pub shapes: [Option<f32>; COUNT],
}

impl Default for Fleet {
    fn default() -> Self {
        let (shapes, told) = ([USUAL_SHAPE; COUNT], [0.0; COUNT]);
        Self { members: 0, months: 0.0, events: 0.0, excess: 0.0, shapes, told }
    }
}

impl Fleet {
    /// Takes in what a series tells.
    pub fn hear(&mut self, report: &Report) {
        self.members = self.members.saturating_add(u32::from(report.is_first));
        let events = f64::from(report.events);
        let share = if events > MOST_EVENTS { MOST_EVENTS / events } else { 1.0 };
        self.months += f64::from(report.months);
        self.events += share * events;
        self.excess += share * f64::from(report.excess);
        if self.months > MEMORY {
            (self.months, self.events, self.excess) = (self.months / 2.0, self.events / 2.0, self.excess / 2.0);
        }
        for ((shape, told), own) in self.shapes.iter_mut().zip(&mut self.told).zip(report.shapes) {
            let Some(own) = own else { continue };
            *told = (*told + 1.0).min(SHAPE_MEMORY);
            *shape += (own - *shape) / (*told + WEIGHT.2).min(SHAPE_MEMORY);
        }
    }

    /// What is to be expected of a series of the class.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "averages, of which seven digits are plenty")]
    pub fn prior(&self) -> Prior {
        let usual = Prior::default();
        if self.members < FEWEST {
            return usual;
        }
        let (months, events, _) = WEIGHT;
        Prior {
            events: ((self.events + f64::from(usual.events) * months) / (self.months + months)) as f32,
            excess: ((self.excess + f64::from(usual.excess) * events) / (self.events + events)) as f32,
            shapes: self.shapes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(members: u32, days: u32, events: f32) -> Fleet {
        let mut fleet = Fleet::default();
        for day in 0..days {
            for _ in 0..members {
                let report = Report {
                    is_first: day == 0,
                    months: 1.0 / 30.0,
                    events,
                    excess: events,
                    shapes: [Some(0.4); COUNT],
                };
                fleet.hear(&report);
            }
        }
        fleet
    }

    #[test]
    fn a_few_series_are_no_class() {
        assert_eq!(told(3, 100, 2.0).prior(), Prior::default());
    }

    #[test]
    fn a_class_answers_with_its_average() {
        let prior = told(20, 90, 1.0).prior();
        assert!((27.0..31.0).contains(&prior.events), "{prior:?}");
        assert!(prior.shapes.iter().all(|shape| (0.35..=0.4).contains(shape)), "{prior:?}");
    }

    #[test]
    fn a_day_of_trouble_counts_as_a_few_events() {
        let (mut calm, mut struck) = (told(10, 30, 0.0), told(10, 30, 0.0));
        calm.hear(&Report { events: 3.0, excess: 3.0, ..Report::default() });
        struck.hear(&Report { events: 200.0, excess: 200.0, ..Report::default() });
        assert_eq!(calm.prior(), struck.prior());
    }
}
