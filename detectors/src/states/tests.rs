use proptest::prelude::*;

use super::*;
use crate::families::{Family, MONTH, Random, stored, told};

const STATES: States = States { false_alarms: 1.0 };

fn found(values: impl IntoIterator<Item = f64>) -> Vec<(usize, Oddity)> {
    let mut state = State::default();
    let told = told(values, |window| STATES.notice(&mut state, window));
    told.into_iter().map(|(place, (oddity, _))| (place, oddity)).collect()
}

/// A series that changes to another of `states` with the chance that is given for the state it is in.
fn chain(seed: u64, leave: &[f64]) -> impl Iterator<Item = f64> {
    let (mut random, mut state) = (Random::new(seed), 0);
    std::iter::repeat_with(move || {
        if random.uniform() < leave[state] {
            state = (state + 1 + random.below(leave.len() - 1)) % leave.len();
        }
        state as f64
    })
}

#[test]
fn the_first_time_down_is_told_once() {
    let values = (0..MONTH).map(|place| if (5_000..5_100).contains(&place) { 0.0 } else { 1.0 });
    assert_eq!(found(values), [(5_001, Oddity::Rare)]);
}

#[test]
fn what_flaps_is_told_once() {
    let values = (0..MONTH).map(|place| if place > 5_000 && place % 20 < 3 { 0.0 } else { 1.0 });
    assert_eq!(found(values).len(), 1);
}

#[test]
fn a_job_that_hangs_is_held_longer_than_ever() {
    // Idle, then running for half an hour, then idle again, four times a day; one run does not end.
    let running = |place: usize| place % 72 < 6 || (5_040..5_100).contains(&place);
    let values = (0..MONTH).map(|place| f64::from(u8::from(running(place))));
    let found = found(values);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1 == Oddity::Held && (5_046..5_060).contains(&found[0].0), "{found:?}");
}

#[test]
fn being_home_is_never_news() {
    let values = (0..6 * MONTH).map(|place| if place < MONTH && place % 50 < 3 { 0.0 } else { 1.0 });
    assert!(found(values).is_empty());
    assert!(found(std::iter::repeat_n(3.0, MONTH)).is_empty());
}

#[test]
fn measurements_have_no_states() {
    for family in Family::ALL.into_iter().filter(|family| !matches!(family, Family::Sparse)) {
        let findings: usize = (0..20).map(|seed| found(family.values(seed).take(3 * MONTH)).len()).sum();
        assert_eq!(findings, 0, "{family:?}");
    }
    let grows = (0..3 * MONTH).map(|place| (place / 400) as f64);
    assert!(found(grows).len() <= 1, "a number that grows now and then");
}

#[test]
fn chains_of_states_keep_the_knob() {
    let chains: [(&str, &[f64]); 4] = [
        ("two, one of them seldom", &[0.001, 0.1]),
        ("two alike", &[0.05, 0.05]),
        ("five", &[0.01, 0.05, 0.1, 0.1, 0.2]),
        ("eight", &[0.01, 0.02, 0.05, 0.1, 0.1, 0.1, 0.2, 0.3]),
    ];
    for (name, leave) in chains {
        let findings: usize = (0..20).map(|seed| found(chain(seed, leave).take(3 * MONTH)).len()).sum();
        assert!(findings <= 120, "{name}: {findings} in sixty months");
    }
}

#[test]
fn averages_between_two_states_are_transitions() {
    let values = (0..MONTH).map(|place| match place % 300 {
        0 | 10 => 0.5,
        1..10 => 0.0,
        _ => 1.0,
    });
    let mut state = State::default();
    told(values, |window| STATES.notice(&mut state, window));
    assert!(state.is_states());
    assert_eq!(state.known.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn storing_and_wild_values_change_nothing(seed in 0_u64..99, cut in 0..MONTH) {
        let values: Vec<f64> = chain(seed, &[0.002, 0.1, 0.1]).take(MONTH).collect();
        let expected = found(values.clone());
        let mut state = State::default();
        let mut places = Vec::new();
        for (place, window) in crate::families::windows(values).enumerate() {
            if place == cut {
                state = stored(&state);
                for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    prop_assert_eq!(STATES.notice(&mut state, &Closed { value, ..window }), None);
                }
            }
            places.extend(STATES.notice(&mut state, &window).map(|(oddity, _)| (place, oddity)));
        }
        prop_assert_eq!(&places, &expected);
    }
}
