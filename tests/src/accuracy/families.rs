//! Ten kinds of series in which nothing ever happens: whatever a detector says about them is a false alarm.

use std::f64::consts::TAU;

use super::noise::Noise;
use super::series::{DAY, Series};

/// Seconds between values of most families.
const FIVE_MINUTES: i64 = 300;
const HOUR: i64 = 3_600;

/// A kind of series.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What it is.
    pub name: &'static str,
    /// Seconds between two values.
    pub every: i64,
    /// Whether its first month is known to be hard: heavy tails, or next to nothing to learn from.
    pub is_hard: bool,
    draw: fn(&mut Noise, &mut f64, i64) -> f64,
}

/// All of them.
pub const FAMILIES: [Family; 10] = [
    Family { name: "Gauss, 5 min", every: FIVE_MINUTES, is_hard: false, draw: gauss },
    Family { name: "lognormal, 5 min", every: FIVE_MINUTES, is_hard: true, draw: lognormal },
    Family { name: "AR(1) .95, 5 min", every: FIVE_MINUTES, is_hard: false, draw: autoregressive },
    Family { name: "daily + noise, 5 min", every: FIVE_MINUTES, is_hard: false, draw: daily },
    Family { name: "Poisson counts, 5 min", every: FIVE_MINUTES, is_hard: false, draw: counts },
    Family { name: "Pareto 2.5, 5 min", every: FIVE_MINUTES, is_hard: true, draw: pareto },
    Family { name: "Gauss, hourly", every: HOUR, is_hard: false, draw: gauss },
    Family { name: "daily + weekly, hourly", every: HOUR, is_hard: false, draw: weekly },
    Family { name: "random walk, 5 min", every: FIVE_MINUTES, is_hard: false, draw: walk },
    Family { name: "sparse, 1 % non-zero", every: FIVE_MINUTES, is_hard: true, draw: sparse },
];

impl Family {
    /// A series of so many days.
    #[must_use]
    pub fn series(&self, seed: u64, days: i64) -> Series {
        let mut noise = Noise::seeded(seed);
        let mut before = 0.0;
        let values = (0..days * DAY / self.every).map(|row| (self.draw)(&mut noise, &mut before, row * self.every));
        Series::regular(self.name, self.every, values.collect())
    }
}

fn gauss(noise: &mut Noise, _: &mut f64, _: i64) -> f64 {
    10.0 + noise.normal()
}

fn lognormal(noise: &mut Noise, _: &mut f64, _: i64) -> f64 {
    noise.normal().exp()
}

fn autoregressive(noise: &mut Noise, before: &mut f64, _: i64) -> f64 {
    *before = 0.95 * *before + noise.normal();
    20.0 + *before
}

fn daily(noise: &mut Noise, _: &mut f64, at: i64) -> f64 {
    100.0 + 10.0 * (turn(at, DAY)).sin() + 2.0 * noise.normal()
}

fn counts(noise: &mut Noise, _: &mut f64, _: i64) -> f64 {
    noise.poisson(20.0)
}

fn pareto(noise: &mut Noise, _: &mut f64, _: i64) -> f64 {
    noise.pareto(2.5)
}

fn weekly(noise: &mut Noise, _: &mut f64, at: i64) -> f64 {
    let is_weekend = at.rem_euclid(7 * DAY) >= 5 * DAY;
    let level = if is_weekend { 90.0 } else { 100.0 };
    level + 15.0 * turn(at, DAY).sin() + 5.0 * noise.normal()
}

fn walk(noise: &mut Noise, before: &mut f64, _: i64) -> f64 {
    *before += noise.normal();
    1_000.0 + *before
}

fn sparse(noise: &mut Noise, _: &mut f64, _: i64) -> f64 {
    if noise.uniform() < 0.01 { 1.0 + noise.poisson(3.0) } else { 0.0 }
}

fn turn(at: i64, period: i64) -> f64 {
    TAU * at.rem_euclid(period) as f64 / period as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_made_from_its_seed() {
        for family in FAMILIES {
            let series = family.series(1, 3);
            assert_eq!(series, family.series(1, 3), "{}", family.name);
            assert!(series.values != family.series(2, 3).values, "{}", family.name);
            assert_eq!(series.values.len() as f64 * family.every as f64, 3.0 * DAY as f64, "{}", family.name);
        }
    }

    #[test]
    fn the_sparse_one_is_nearly_always_zero() {
        let series = FAMILIES[9].series(1, 30);
        let busy = series.values.iter().filter(|value| **value != 0.0).count() as f64 / series.values.len() as f64;
        assert!((0.007..0.013).contains(&busy), "{busy}");
    }
}
