//! How well the work of some follows what another one takes, and how often chance would do as well.
//!
//! Courses have no trend: a slow drift of both would look like one following the other. Chance is asked by shifting one
//! course in a circle, which keeps how restless it is and takes only its place in time away (a circular shift test).

/// Shifts that are too near to be another place in time.
const NEAR: usize = 2;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dose {
    /// How well each course falls when use rises, -1 to 1.
    pub follows: Vec<f64>,
    /// The share of shifts at which the best is as good, the true place counted among them.
    pub by_chance: f64,
}

/// Holds courses of work against the use of another tenant in the same minutes; `None` of too few minutes or nothing to follow.
pub(super) fn dose(used: &[f64], work: &[Vec<f64>], fewest: usize) -> Option<Dose> {
    if used.len() < fewest || work.is_empty() {
        return None;
    }
    let used = without_trend(used);
    let work: Vec<Vec<f64>> = work.iter().map(|course| without_trend(course)).collect();
    let follows = |shift: usize| -> Vec<f64> { work.iter().map(|course| -correlation(&used, course, shift)).collect() };
    let best = |follows: &[f64]| follows.iter().copied().fold(f64::MIN, f64::max);
    let at_its_place = follows(0);
    let found = best(&at_its_place);
    let shifts = NEAR..used.len() - 1;
    let as_good = shifts.clone().filter(|shift| best(&follows(*shift)) >= found).count();
    Some(Dose { follows: at_its_place, by_chance: (1 + as_good) as f64 / (1 + shifts.len()) as f64 })
}

/// The values without their mean and their straight trend (least squares).
fn without_trend(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let times = || (0..values.len()).map(|at| at as f64 - (count - 1.0) / 2.0);
    let (mut with, mut own) = (0.0, 0.0);
    for (time, value) in times().zip(values) {
        with += time * (value - mean);
        own += time * time;
    }
    let slope = if own > 0.0 { with / own } else { 0.0 };
    times().zip(values).map(|(time, value)| value - mean - slope * time).collect()
}

/// The correlation of one course, shifted in a circle, with another one; zero where one of them does not move.
fn correlation(one: &[f64], other: &[f64], shift: usize) -> f64 {
    let (mut product, mut squares, mut other_squares) = (0.0, 0.0, 0.0);
    for (left, right) in one.iter().cycle().skip(shift).zip(other) {
        product += left * right;
        squares += left * left;
        other_squares += right * right;
    }
    let both = squares * other_squares;
    if both > 0.0 { product / libm::sqrt(both) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A course that looks random and is the same every time.
    fn restless(seed: u64, count: usize) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 33).unwrap()) / f64::from(1_u32 << 31)
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn work_that_falls_with_every_rise_follows_and_chance_does_not_do_as_well() {
        let used = restless(1, 28);
        let work: Vec<f64> = used.iter().zip(restless(2, 28)).map(|(used, noise)| 10.0 - used + 0.2 * noise).collect();
        let found = dose(&used, &[restless(3, 28), work], 22).unwrap();
        assert!(found.follows[1] > 0.9 && found.follows[0].abs() < 0.6 && found.by_chance < 0.05, "{found:?}");
    }

    #[test]
    fn what_drifts_alike_does_not_follow() {
        let used: Vec<f64> = (0..28).zip(restless(4, 28)).map(|(at, noise)| f64::from(at) + noise).collect();
        let work: Vec<f64> = (0..28).zip(restless(5, 28)).map(|(at, noise)| 100.0 - f64::from(at) + noise).collect();
        let found = dose(&used, &[work], 22).unwrap();
        assert!(found.follows[0] < 0.6 && found.by_chance > 0.05, "{found:?}");
    }

    #[test]
    fn too_few_minutes_and_what_does_not_move_say_nothing() {
        assert_eq!(dose(&restless(1, 21), &[restless(2, 21)], 22), None);
        assert_eq!(dose(&restless(1, 28), &[], 22), None);
        let still = dose(&[1.0; 28], &[restless(2, 28)], 22).unwrap();
        assert_eq!((still.follows[0], still.by_chance), (0.0, 1.0));
    }

    #[test]
    fn chance_is_asked_fairly() {
        let chances =
            (0..400).map(|seed| dose(&restless(seed, 28), &[restless(seed + 1_000, 28)], 22).unwrap().by_chance);
        let often = chances.filter(|by_chance| *by_chance <= 0.1).count();
        assert!((20..=60).contains(&often), "{often} of 400 at one in ten");
    }
}
