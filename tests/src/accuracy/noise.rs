//! Random numbers from a seed: the same on every machine.
//!
//! SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014) turned into the few
//! distributions that made-up series need.

use std::f64::consts::TAU;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Noise {
    state: u64,
}

impl Noise {
    /// The stream with this seed; streams of neighbouring seeds have nothing in common.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut noise = Self { state: seed.wrapping_mul(0xA076_1D64_78BD_642F) };
        noise.bits();
        noise
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and 1, neither included.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// Gaussian with mean 0 and variance 1, by the method of Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// Pareto above 1: exceeds `x` with probability `x` to the power of minus `alpha`.
    pub fn pareto(&mut self, alpha: f64) -> f64 {
        self.uniform().powf(-1.0 / alpha)
    }

    /// A count with this mean, by Knuth's product of uniforms; meant for means up to a few hundred.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0.0);
        while product > limit {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let drawn: Vec<f64> = (0..100_000).map(|_| draw()).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        (mean, drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / drawn.len() as f64)
    }

    #[test]
    fn distributions_have_their_mean_and_variance() {
        let mut noise = Noise::seeded(1);
        let mut other = Noise::seeded(2);
        let mut third = Noise::seeded(3);
        let cases = [
            ("normal", mean_and_variance(|| noise.normal()), (0.0, 1.0)),
            ("poisson", mean_and_variance(|| other.poisson(20.0)), (20.0, 20.0)),
            ("uniform", mean_and_variance(|| third.uniform()), (0.5, 1.0 / 12.0)),
        ];
        for (name, (mean, variance), expected) in cases {
            assert!((mean - expected.0).abs() < 0.02 * (1.0 + expected.1), "{name}: {mean}");
            assert!((variance - expected.1).abs() < 0.03 * (1.0 + expected.1), "{name}: {variance}");
        }
    }

    #[test]
    fn a_seed_always_gives_the_same() {
        let mut noise = Noise::seeded(7);
        let again = Noise::seeded(7).uniform();
        assert_eq!(noise.uniform(), again);
        assert!(Noise::seeded(8).uniform() != again);
    }
}
