use proptest::prelude::*;

use super::*;
use crate::families::{DAY, Family, MONTH, stored, told};

const SHIFT: Shift = Shift { false_alarms: 1.0, settle_ms: 7 * 86_400_000 };

fn found(values: impl IntoIterator<Item = f64>) -> Vec<(usize, Notice)> {
    let mut state = State::default();
    told(values, |window| SHIFT.notice(&mut state, window, 0.0))
}

/// A month of a family, then `change` added as a function of the windows since.
fn changed(family: Family, seed: u64, days: usize, change: impl Fn(usize) -> f64) -> Vec<(usize, Notice)> {
    let values = family.values(seed).take(MONTH + days * DAY).enumerate();
    found(values.map(|(place, value)| value + place.checked_sub(MONTH).map_or(0.0, &change)))
}

/// Hours from the change to the finding in each of twenty runs that found it in time, in order.
fn delays(family: Family, days: usize, change: impl Fn(usize) -> f64 + Copy) -> Vec<usize> {
    let first = |seed| {
        let places = changed(family, seed, days, change);
        places.iter().find(|(place, _)| *place >= MONTH).map(|(place, _)| (place - MONTH) / 12)
    };
    let mut delays: Vec<usize> = (0..20).filter_map(first).collect();
    delays.sort_unstable();
    delays
}

#[test]
fn a_slow_drift_is_found_on_its_way() {
    let drift = |windows: usize| 4.0 * windows as f64 / (7 * DAY) as f64;
    for family in [Family::Gauss, Family::Daily] {
        let delays = delays(family, 7, drift);
        assert!(delays.len() == 20 && delays[10] <= 30, "{family:?}: hours {delays:?}");
    }
}

#[test]
fn a_step_is_found_within_a_day() {
    for (family, size) in [(Family::Gauss, 1.5), (Family::Gauss, -3.0), (Family::Daily, 1.5), (Family::Daily, 3.0)] {
        let delays = delays(family, 3, |_| size);
        assert!(delays.len() == 20 && delays[19] <= 24, "{family:?} {size}: hours {delays:?}");
    }
}

#[test]
fn a_change_is_told_once_and_is_normal_after_its_settle_time() {
    let findings = changed(Family::Gauss, 1, 30, |_| 3.0);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let (_, notice) = findings[0];
    assert!((9.5..10.5).contains(&notice.expected) && (12.5..13.5).contains(&notice.actual), "{notice:?}");
    assert!(notice.side == Side::Above && notice.upper < notice.actual);
    let twice = changed(Family::Gauss, 1, 30, |windows| if windows < 10 * DAY { 3.0 } else { 6.0 });
    assert_eq!(twice.len(), 2, "the level after the settle time is one that can change");
}

#[test]
fn coming_back_is_no_news() {
    assert_eq!(changed(Family::Gauss, 2, 30, |windows| if windows < 3 * DAY { 3.0 } else { 0.0 }).len(), 1);
}

#[test]
fn an_adopted_level_is_normal_at_once() {
    let mut state = State::default();
    let values = Family::Gauss.values(4).take(2 * MONTH).enumerate();
    let values = values.map(|(place, value)| if place < MONTH { value } else { value + 5.0 });
    let places = told(values, |window| {
        let notice = SHIFT.notice(&mut state, window, 0.0);
        if notice.is_some() {
            assert!(state.is_changed());
            state.adopt();
        }
        notice
    });
    assert_eq!(places.len(), 1);
    assert!(!state.is_changed());
}

#[test]
fn a_burst_of_some_hours_is_no_shift() {
    for size in [4.0, 50.0, 1e6] {
        let burst = changed(Family::Gauss, 3, 10, |windows| if windows < 72 { size } else { 0.0 });
        assert!(burst.is_empty(), "{size}: {burst:?}");
    }
}

#[test]
fn a_constant_never_shifts() {
    assert!(found(std::iter::repeat_n(5.0, 2 * MONTH)).is_empty());
}

#[test]
fn clean_series_keep_the_knob() {
    for family in Family::ALL {
        let findings: usize = (0..20).map(|seed| found(family.values(seed).take(3 * MONTH)).len()).sum();
        assert!(findings <= 120, "{family:?}: {findings} in sixty months");
    }
}

#[test]
fn a_gap_of_days_is_survived() {
    let mut state = State::default();
    let windows = crate::families::windows(Family::Daily.values(6).take(2 * MONTH));
    let findings = windows.enumerate().filter(|(place, _)| !(MONTH..MONTH + 3 * DAY + 7).contains(place));
    assert_eq!(findings.filter_map(|(_, window)| SHIFT.notice(&mut state, &window, 0.0)).count(), 0);
}

#[test]
fn the_state_is_small() {
    assert_eq!(size_of::<State>(), 408);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn storing_moving_scaling_and_wild_values_change_nothing(
        seed in 0_u64..1_000, cut in 0..MONTH, factor in -8_i32..8, offset in -1e6..1e6,
    ) {
        let values: Vec<f64> =
            Family::Daily.values(seed).take(MONTH + DAY).enumerate().map(|(place, value)| if place < MONTH { value } else { value + 3.0 }).collect();
        let places = |values: &[f64]| found(values.iter().copied()).iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let expected = places(&values);
        let mut state = State::default();
        let mut stored_places = Vec::new();
        for (place, window) in crate::families::windows(values.clone()).enumerate() {
            if place == cut {
                state = stored(&state);
                for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    prop_assert_eq!(SHIFT.notice(&mut state, &Closed { value, ..window }, 0.0), None);
                }
            }
            stored_places.extend(SHIFT.notice(&mut state, &window, 0.0).map(|_| place));
        }
        prop_assert_eq!(&stored_places, &expected);
        let scaled: Vec<f64> = values.iter().map(|value| value * 2_f64.powi(factor)).collect();
        prop_assert_eq!(&places(&scaled), &expected);
        let moved: Vec<f64> = values.iter().map(|value| value + offset).collect();
        prop_assert_eq!(&places(&moved), &expected);
    }
}
