use proptest::prelude::*;

use super::*;
use crate::families::{DAY, Family, MONTH, Random, stored, told};

const KNOB: Flatline = Flatline { false_alarms: 1.0 };

fn found(values: impl IntoIterator<Item = f64>) -> Vec<usize> {
    let mut state = State::default();
    told(values, |window| KNOB.notice(&mut state, window)).into_iter().map(|(place, _)| place).collect()
}

/// A month of a family, then a flatline of six hours, then a day of the family.
fn stuck(family: Family, seed: u64) -> Vec<f64> {
    let mut values: Vec<f64> = family.values(seed).take(MONTH + 72 + DAY).collect();
    let last = values[MONTH - 1];
    values[MONTH..MONTH + 72].fill(last);
    values
}

#[test]
fn six_hours_of_the_same_value_are_found_once_and_early() {
    for family in
        [Family::Gauss, Family::Lognormal, Family::Autocorrelated, Family::Daily, Family::Walk, Family::Counts]
    {
        for seed in 0..20 {
            let mut places = found(stuck(family, seed));
            places.retain(|place| (MONTH..MONTH + 72).contains(place));
            assert_eq!(places.len(), 1, "{family:?} {seed}: {places:?}");
            let windows = places[0] - MONTH;
            assert!(windows <= 16, "{family:?} {seed}: after {windows} windows");
        }
    }
}

#[test]
fn a_second_flatline_is_found_too() {
    let mut values: Vec<f64> = Family::Gauss.values(3).take(2 * MONTH).collect();
    values[MONTH..MONTH + 72].fill(10.0);
    values[MONTH + 500..MONTH + 572].fill(10.0);
    assert_eq!(found(values).len(), 2);
}

#[test]
fn a_constant_is_no_flatline() {
    assert!(found(std::iter::repeat_n(7.0, 3 * MONTH)).is_empty());
}

#[test]
fn what_is_often_constant_stays_quiet() {
    // Noise from eight to eighteen o'clock on five days a week, else nothing moves.
    let office = Family::Gauss.values(1).take(3 * MONTH).enumerate().map(|(place, value)| {
        let (hour, day) = (place % DAY / 12, place / DAY % 7);
        if (8..18).contains(&hour) && day < 5 { value } else { 5.0 }
    });
    assert!(found(office).is_empty(), "an office rests at night and on weekends");
    let mut random = Random::new(5);
    let mut level = 3.0;
    let rarely = std::iter::repeat_with(|| {
        level += if random.uniform() < 0.02 { 1.0 } else { 0.0 };
        level
    });
    assert!(found(rarely.take(3 * MONTH)).is_empty(), "a size that grows now and then");
}

#[test]
fn steps_of_any_length_keep_the_knob() {
    // Values held for a random time: geometric, and with a heavy tail.
    let held = |seed: u64, heavy: bool| {
        let (mut random, mut left, mut level) = (Random::new(seed), 0.0, 0.0);
        std::iter::repeat_with(move || {
            if left < 1.0 {
                level = random.normal();
                left = if heavy { (1.0 - random.uniform()).powf(-1.0 / 1.5) } else { 1.0 + 4.0 * random.exponential() };
            }
            left -= 1.0;
            level
        })
    };
    for heavy in [false, true] {
        let findings: usize = (0..20).map(|seed| found(held(seed, heavy).take(3 * MONTH)).len()).sum();
        assert!(findings <= 150, "heavy {heavy}: {findings} in sixty months");
    }
}

#[test]
fn clean_series_keep_the_knob() {
    for family in Family::ALL.into_iter().filter(|family| *family != Family::Sparse) {
        let findings: usize = (0..20).map(|seed| found(family.values(seed).take(3 * MONTH)).len()).sum();
        assert!(findings <= 120, "{family:?}: {findings} in sixty months");
    }
}

#[test]
fn the_state_is_small() {
    assert!(size_of::<State>() <= 240, "{}", size_of::<State>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn storing_scaling_and_wild_values_change_nothing(seed in 0_u64..1_000, cut in 0..MONTH, factor in -8_i32..8) {
        let values = stuck(Family::Gauss, seed);
        let expected = found(values.clone());
        let mut state = State::default();
        let mut places = Vec::new();
        for (place, window) in crate::families::windows(values.clone()).enumerate() {
            if place == cut {
                state = stored(&state);
                for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    prop_assert_eq!(KNOB.notice(&mut state, &Closed { value, ..window }), None);
                }
            }
            places.extend(KNOB.notice(&mut state, &window).map(|_| place));
        }
        prop_assert_eq!(&places, &expected);
        let scale = 2_f64.powi(factor);
        prop_assert_eq!(&found(values.iter().map(|value| value * scale)), &expected);
    }
}
