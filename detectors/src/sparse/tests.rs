use proptest::prelude::*;

use super::*;
use crate::families::{DAY, Family, MONTH, Random, stored, told};

const SPARSE_KNOB: Sparse = Sparse { false_alarms: 1.0 };

fn found(values: impl IntoIterator<Item = f64>) -> Vec<(usize, Oddity)> {
    let mut state = State::default();
    let told = told(values, |window| SPARSE_KNOB.notice(&mut state, window));
    told.into_iter().map(|(place, (oddity, _))| (place, oddity)).collect()
}

/// Events after `gap`, a function of the turn and of chance, of size `size`.
fn events(seed: u64, gap: impl Fn(&mut Random) -> f64, size: impl Fn(&mut Random) -> f64) -> impl Iterator<Item = f64> {
    let (mut random, mut left) = (Random::new(seed), 0.0);
    std::iter::repeat_with(move || {
        if left >= 1.0 {
            left -= 1.0;
            return 0.0;
        }
        left += gap(&mut random) - 1.0;
        size(&mut random)
    })
}

/// A job that runs every night within the same hour and handles about as much.
fn nightly(seed: u64) -> impl Iterator<Item = f64> {
    let mut random = Random::new(seed);
    let mut due = 0;
    (0..).map(move |place: usize| {
        if place.is_multiple_of(DAY) {
            due = place + 24 + random.below(12);
        }
        if place == due { 100.0 * (0.1 * random.normal()).exp() } else { 0.0 }
    })
}

fn among(found: &[(usize, Oddity)], oddity: Oddity, places: std::ops::Range<usize>) -> bool {
    found.iter().any(|(place, what)| *what == oddity && places.contains(place))
}

#[test]
fn a_nightly_job_that_stays_away_is_missed_the_next_day() {
    let values =
        nightly(1).take(2 * MONTH).enumerate().map(|(place, value)| if place < 45 * DAY { value } else { 0.0 });
    let found = found(values);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(among(&found, Oddity::Missing, 45 * DAY..48 * DAY), "{found:?}");
}

#[test]
fn a_nightly_job_that_handles_ten_times_as_much_is_noticed() {
    let values = nightly(2).take(2 * MONTH).enumerate();
    let values = values.map(|(place, value)| if place / DAY == 45 { value * 10.0 } else { value });
    let found = found(values);
    assert!(found.len() == 1 && among(&found, Oddity::Size, 45 * DAY..46 * DAY), "{found:?}");
}

#[test]
fn events_that_crowd_together_are_noticed() {
    for seed in 0..20 {
        let mut random = Random::new(seed + 100);
        let crowd = |place: usize| (45 * DAY..46 * DAY).contains(&place);
        let values: Vec<f64> = Family::Sparse
            .values(seed)
            .take(2 * MONTH)
            .enumerate()
            .map(|(place, value)| if crowd(place) && random.uniform() < 0.2 { 3.0 } else { value })
            .collect();
        let found = found(values);
        assert!(among(&found, Oddity::Frequent, 45 * DAY..46 * DAY), "{seed}: {found:?}");
    }
}

#[test]
fn one_early_event_is_no_crowd() {
    let values = nightly(3).take(2 * MONTH).enumerate();
    let found = found(values.map(|(place, value)| if place == 45 * DAY + 150 { 100.0 } else { value }));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn rare_events_of_any_rhythm_keep_the_knob() {
    let exponential: fn(&mut Random) -> f64 = |random| 1.0 + 99.0 * random.exponential();
    let heavy: fn(&mut Random) -> f64 = |random| 20.0 * (1.0 - random.uniform()).powf(-1.0 / 1.3);
    let clustered: fn(&mut Random) -> f64 =
        |random| if random.uniform() < 0.5 { 1.0 } else { 1.0 + 200.0 * random.exponential() };
    let one: fn(&mut Random) -> f64 = |_| 1.0;
    let lognormal: fn(&mut Random) -> f64 = |random| random.normal().exp();
    let pareto: fn(&mut Random) -> f64 = |random| (1.0 - random.uniform()).powf(-1.0 / 2.5);
    let gaps = [("exponential", exponential), ("heavy", heavy), ("clustered", clustered)];
    for (gap_name, gap) in gaps {
        for (size_name, size) in [("one", one), ("lognormal", lognormal), ("pareto", pareto)] {
            let runs = (0..20).map(|seed| found(events(seed, gap, size).take(3 * MONTH)));
            let all: Vec<_> = runs.flatten().collect();
            assert!(all.len() <= 150, "{gap_name} gaps, {size_name} sizes: {} in sixty months", all.len());
        }
    }
}

#[test]
fn what_is_not_sparse_is_not_judged() {
    for family in Family::ALL {
        let findings: usize = (0..20).map(|seed| found(family.values(seed).take(3 * MONTH)).len()).sum();
        assert!(findings <= if family == Family::Sparse { 120 } else { 0 }, "{family:?}: {findings}");
    }
    assert!(found(std::iter::repeat_n(0.0, 3 * MONTH)).is_empty());
}

#[test]
fn the_state_is_small() {
    assert_eq!(size_of::<State>(), 256);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn storing_scaling_and_wild_values_change_nothing(seed in 0_u64..99, cut in 0..2 * MONTH, factor in -8_i32..8) {
        let values: Vec<f64> = nightly(seed).take(2 * MONTH).enumerate()
            .map(|(place, value)| if place / DAY == 45 { value * 9.0 } else { value }).collect();
        let expected = found(values.clone());
        let mut state = State::default();
        let mut places = Vec::new();
        for (place, window) in crate::families::windows(values.clone()).enumerate() {
            if place == cut {
                state = stored(&state);
                for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    prop_assert_eq!(SPARSE_KNOB.notice(&mut state, &Closed { value, ..window }), None);
                }
            }
            places.extend(SPARSE_KNOB.notice(&mut state, &window).map(|(oddity, _)| (place, oddity)));
        }
        prop_assert_eq!(&places, &expected);
        let scale = 2_f64.powi(factor);
        prop_assert_eq!(&found(values.iter().map(|value| value * scale)), &expected);
    }
}
