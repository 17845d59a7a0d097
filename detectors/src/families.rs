//! Clean series for the laws of detectors: noise of known kinds, the same at every run.

use crate::window::Closed;
use tidewatch_schemas::Timestamp;

/// Five minutes in milliseconds, the width of the windows.
pub const WIDTH: i64 = 300_000;
/// Windows of a day.
pub const DAY: usize = 288;
/// Windows of a month.
pub const MONTH: usize = 30 * DAY;

/// A kind of series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    Gauss,
    Lognormal,
    Counts,
    Autocorrelated,
    Daily,
    Weekly,
    Walk,
    /// One window in a hundred is not zero.
    Sparse,
}

impl Family {
    pub const ALL: [Self; 8] = [
        Self::Gauss,
        Self::Lognormal,
        Self::Counts,
        Self::Autocorrelated,
        Self::Daily,
        Self::Weekly,
        Self::Walk,
        Self::Sparse,
    ];

    /// Its values, without end.
    pub fn values(self, seed: u64) -> impl Iterator<Item = f64> {
        let (mut random, mut level, mut turn) = (Random::new(seed), 0.0, 0_usize);
        std::iter::repeat_with(move || {
            turn += 1;
            let hour = (turn % DAY) as f64 / DAY as f64 * std::f64::consts::TAU;
            let weekend = if (turn / DAY) % 7 >= 5 { -4.0 } else { 0.0 };
            match self {
                Self::Gauss => 10.0 + random.normal(),
                Self::Lognormal => 0.2 * (0.5 * random.normal()).exp(),
                Self::Counts => random.poisson(4.0),
                Self::Autocorrelated => {
                    level = 0.95 * level + random.normal() * 0.312;
                    10.0 + level
                }
                Self::Daily => 10.0 + 3.0 * hour.sin() + random.normal(),
                Self::Weekly => 10.0 + 3.0 * hour.sin() + weekend + random.normal(),
                Self::Walk => {
                    level += random.normal();
                    level
                }
                Self::Sparse if random.uniform() < 0.01 => (1.0 + 3.0 * random.exponential()).round(),
                Self::Sparse => 0.0,
            }
        })
    }
}

/// Repeatable noise.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            random.uniform();
        }
        random
    }

    pub fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        let share = self.uniform();
        (1..most).rev().find(|number| share * most as f64 >= *number as f64).unwrap_or(0)
    }

    /// Normal by the sum of twelve.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    pub fn poisson(&mut self, mean: f64) -> f64 {
        let (mut count, mut product) = (0.0, self.uniform());
        while product > (-mean).exp() {
            (count, product) = (count + 1.0, product * self.uniform());
        }
        count
    }
}

/// The values as windows that follow each other.
pub fn windows(values: impl IntoIterator<Item = f64>) -> impl Iterator<Item = Closed> {
    (0_i64..).zip(values).map(|(place, value)| Closed {
        start: Timestamp(place * WIDTH),
        width_ms: WIDTH,
        value,
        weight: None,
    })
}

/// Windows at which `observe` said something about `values`.
pub fn told<T>(
    values: impl IntoIterator<Item = f64>,
    mut observe: impl FnMut(&Closed) -> Option<T>,
) -> Vec<(usize, T)> {
    windows(values).enumerate().filter_map(|(place, window)| observe(&window).map(|said| (place, said))).collect()
}

/// `state` as it is after it was stored and read.
pub fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T) -> T {
    postcard::from_bytes(&postcard::to_stdvec(state).unwrap()).unwrap()
}
