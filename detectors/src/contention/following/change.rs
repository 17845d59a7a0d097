//! Whether something rose or fell a few minutes ago: four minutes after, against eight before.

use super::Course;

/// Minutes after a change that are looked at, and before it.
pub(super) const AFTER: usize = 4;
const BEFORE: usize = 8;
/// Scales by which both must move.
const FAR: f64 = 3.0;
/// Least fall, as a logarithm, and the least scale of work.
const LEAST_FALL: f64 = 0.1;
const LEAST_SCALE: f64 = 0.03;
/// Least rise: of all that is taken, and of what the tenant took itself.
const OF_ALL: f64 = 0.2;
const OF_OWN: f64 = 0.5;
/// A median deviation as a standard deviation, of a normal distribution.
const NORMAL: f64 = 1.4826;

/// How much somebody takes more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rise {
    /// What was taken before.
    pub base: f64,
    /// What is taken since.
    pub top: f64,
}

/// What was before and after the minute in between, the oldest first; `None` where `absent` does not say what is missing.
fn around(course: &Course, absent: Option<f64>) -> Option<(Vec<f64>, Vec<f64>)> {
    let value = |ago: usize| course.ago(ago).or(absent);
    let after: Option<Vec<f64>> = (0..AFTER).rev().map(value).collect();
    let before: Option<Vec<f64>> = (AFTER + 1..=AFTER + BEFORE).rev().map(value).collect();
    before.zip(after)
}

/// The share by which work fell; `None` when it did not fall, or is not known.
pub(super) fn fall(course: &Course) -> Option<f64> {
    let (before, after) = around(course, None)?;
    if before.iter().chain(&after).any(|value| *value <= 0.0) {
        return None;
    }
    let logarithms = |values: Vec<f64>| values.into_iter().map(libm::log).collect::<Vec<_>>();
    let (before, after) = (logarithms(before), logarithms(after));
    let middle = median(before.clone());
    let scale = deviation(&before, middle).max(LEAST_SCALE);
    let moved = median(after) - middle;
    (moved <= -LEAST_FALL && moved / scale <= -FAR).then(|| 1.0 - libm::exp(moved))
}

/// How much somebody takes more, if it is much of what all of `all` took; what is missing counts as nothing.
pub(super) fn rise<'a>(course: &Course, all: impl Iterator<Item = &'a Course>) -> Option<Rise> {
    let (before, after) = around(course, Some(0.0))?;
    let base = median(before.clone());
    let top = median(after);
    let together: Vec<Vec<f64>> = all.filter_map(|each| around(each, Some(0.0))).map(|(before, _)| before).collect();
    let sum = |at: usize| together.iter().filter_map(|each| each.get(at)).sum::<f64>();
    let of_all = median((0..BEFORE).map(sum).collect());
    let rise = top - base;
    let is_rise =
        rise > 0.0 && rise >= OF_ALL * of_all && rise >= FAR * deviation(&before, base) && rise >= OF_OWN * base;
    is_rise.then_some(Rise { base, top })
}

fn deviation(values: &[f64], middle: f64) -> f64 {
    NORMAL * median(values.iter().map(|value| (value - middle).abs()).collect())
}

/// The median; zero of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = |at: usize| values.get(at).copied().unwrap_or(0.0);
    let count = values.len();
    0.5 * (middle(count / 2) + middle(count.saturating_sub(1) / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(values: &[f64]) -> Course {
        let mut course = Course::default();
        for value in values {
            course.push(Some(*value));
        }
        course
    }

    const CALM: [f64; 8] = [100.0, 98.0, 103.0, 101.0, 99.0, 102.0, 100.0, 97.0];

    #[test]
    fn work_that_falls_by_a_fifth_fell_and_what_strays_as_far_did_not() {
        let fell = course(&[&CALM[..], &[90.0, 80.0, 79.0, 81.0, 80.0]].concat());
        assert!((fall(&fell).unwrap() - 0.2).abs() < 0.02);
        assert_eq!(fall(&course(&[&CALM[..], &[90.0, 97.0, 99.0, 101.0, 100.0]].concat())), None);
        let restless = [100.0, 60.0, 130.0, 80.0, 140.0, 70.0, 110.0, 90.0];
        assert_eq!(fall(&course(&[&restless[..], &[90.0, 80.0, 79.0, 81.0, 80.0]].concat())), None);
    }

    #[test]
    fn what_stood_still_or_is_missing_did_not_fall() {
        assert_eq!(fall(&course(&[&CALM[..], &[90.0, 0.0, 0.0, 0.0, 0.0]].concat())), None);
        assert_eq!(fall(&course(&CALM)), None);
    }

    #[test]
    fn who_was_not_there_before_took_nothing_and_much_is_measured_by_all() {
        let new = course(&[50.0, 60.0, 60.0, 60.0, 60.0]);
        let others = [course(&[&CALM[..], &CALM[..5]].concat()), new.clone()];
        assert_eq!(rise(&new, others.iter()), Some(Rise { base: 0.0, top: 60.0 }));
        let little = course(&[10.0, 10.0, 10.0, 10.0, 10.0]);
        assert_eq!(rise(&little, [others[0].clone(), little.clone()].iter()), None);
        assert_eq!(rise(&others[0], others.iter()), None);
    }
}
