//! What is usual of a window: three simple forecasts that compete by their recent errors.
//!
//! The slow level, the half-hour of the day and the hour of the week each say what they expect. The one with the least
//! discounted absolute error speaks; a season must beat what is simpler by 3 %. What the very last windows lead to expect is
//! not asked: a trouble that goes on would be its own excuse.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::Season;

use super::pace::Pace;
use super::profile::Usual;

/// How much better a season must be than what is simpler.
const BETTER: f32 = 0.97;
/// An error counts as at most this many of the largest steps: one wild value does not decide which forecast is better.
const WORST: f32 = 30.0;
/// Windows over which the forecasts are compared.
const CONTEST: f32 = 400.0;
/// Windows of the slow level.
const SLOW: f32 = 600.0;
/// Days of the centre.
const CENTRE_DAYS: f32 = 10.0;
/// Windows of the short mean.
const SHORT: f32 = 6.0;

/// Levels of a series at several speeds, and how well each forecast has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    slow: f32,
    base: f32,
    centre: f32,
    short: f32,
    errors: [f32; 3],
}

/// What is expected of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// What is usual at this time.
    pub usual: f32,
    /// Who said so.
    pub season: Season,
    usuals: [f32; 3],
}

/// How a window is learned.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The pace of the series.
    pub pace: &'a Pace,
    /// Steps are cut at this.
    pub most: f32,
    /// What the half-hour of the day adds to the base level.
    pub day: f32,
    /// What gains are multiplied by, 0 to 1.
    pub trust: f32,
}

impl Levels {
    /// Begins with the first value.
    pub fn begin(&mut self, value: f32) {
        *self = Self { slow: value, base: value, centre: value, short: value, errors: [0.0; 3] };
    }

    /// Makes the mean of the latest windows the level, where `profile` is what the time of day adds to it.
    pub fn adopt(&mut self, profile: Usual) {
        (self.slow, self.base, self.centre) = (self.short, self.short - profile.day, self.short);
    }

    /// The slow level.
    pub fn slow(&self) -> f32 {
        self.slow
    }

    /// The level that the profile's differences are added to.
    pub fn base(&self) -> f32 {
        self.base
    }

    /// The mean of the latest windows less the centre of the last days.
    pub fn off_centre(&self) -> f32 {
        self.short - self.centre
    }

    /// Takes the value into the short mean.
    pub fn follow(&mut self, value: f32, pace: &Pace) {
        self.short += (value - self.short) / SHORT.min(pace.seen());
    }

    /// What is expected, given what the profile says.
    pub fn forecast(&self, profile: Usual) -> Forecast {
        let usuals = [self.slow, self.base + profile.day, self.base + profile.day + profile.week];
        let (usual, season) = self.most_usual(usuals);
        Forecast { usual, season, usuals }
    }

    fn most_usual(&self, usuals: [f32; 3]) -> (f32, Season) {
        let [slow, day, week] = self.errors;
        let [level, daily, weekly] = usuals;
        let mut best = (slow, level, Season::Recent);
        for (error, value, season) in [(day, daily, Season::Daily), (week, weekly, Season::Weekly)] {
            if error < BETTER * best.0 {
                best = (error, value, season);
            }
        }
        (best.1, best.2)
    }

    /// Learns a window of which `forecast` was expected.
    pub fn learn(&mut self, value: f32, forecast: &Forecast, step: Step<'_>) {
        let Step { pace, most, day, trust } = step;
        let (seen, a_day) = (pace.seen(), pace.a_day());
        let young = 1.0 / seen;
        let contest = (1.0 / a_day.min(CONTEST)).max(young);
        for (error, usual) in self.errors.iter_mut().zip(forecast.usuals) {
            *error += contest * ((value - usual).abs().min(WORST * most) - *error);
        }
        let young = young.min(0.5);
        self.base += trust * (1.0 / a_day).max(young) * (value - self.base - day).clamp(-most, most);
        self.slow += trust * (1.0 / a_day.min(SLOW)).max(young) * (value - self.slow).clamp(-most, most);
        let centre = (1.0 / (CENTRE_DAYS * a_day)).max(1.0 / seen);
        self.centre += trust * centre * (value - self.centre).clamp(-3.0 * most, 3.0 * most);
    }
}
