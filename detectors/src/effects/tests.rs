use proptest::prelude::*;

use super::own::{Own, Slot};
use super::*;
use crate::calendar::Feature;

const HOUR_MS: i64 = 3_600_000;

/// Days of thirty; the last of them is the last of its month.
fn day(number: i64) -> Day {
    let features = match number % 30 {
        29 => Features::default().with(Feature::Last),
        28 => Features::default().with(Feature::SecondLast),
        _ => Features::default(),
    };
    Day { features, ..Day::utc(Timestamp(number * 24 * HOUR_MS)) }
}

/// A series of hours with a level, its noise, and what the last days of a month multiply it by.
#[derive(Clone, Copy)]
struct Sample {
    scale: Scale,
    level: f64,
    spread: f64,
    /// What is added on a last day, in levels or, on a logarithmic scale, as it is.
    effect: f64,
}

impl Sample {
    fn ground(&self) -> Ground {
        Ground { scale: self.scale, base: self.level, level: self.level, deviation: self.spread }
    }

    fn value(&self, hour: i64) -> f64 {
        let effect = if day(hour / 24).features.is_empty() { 0.0 } else { self.effect };
        let noise = f64::from(i32::try_from(hour * 7 % 11).unwrap() - 5) / 5.0 * self.spread;
        self.level + noise + if self.scale == Scale::Linear { effect * self.level } else { effect }
    }

    /// Lets `effects` see hours and returns what was explained of each.
    fn run(&self, (effects, class): (&mut Effects, &mut ClassEffects), hours: std::ops::Range<i64>) -> Vec<Explained> {
        let seen = |hour| {
            let day = day(hour / 24);
            let occasion = Occasion { day: &day, at: Timestamp(hour * HOUR_MS), ground: self.ground(), is_given: true };
            let explained = effects.expect(class, &occasion);
            effects.learn(class, &occasion, self.value(hour));
            explained
        };
        hours.map(seen).collect()
    }

    fn run_fresh(&self, hours: i64) -> Vec<Explained> {
        self.run((&mut Effects::default(), &mut ClassEffects::default()), 0..hours)
    }
}

const LATENCY: Sample = Sample { scale: Scale::Logarithmic, level: -1.5, spread: 0.1, effect: 0.9 };
const LOAD: Sample = Sample { scale: Scale::Linear, level: 40.0, spread: 3.0, effect: 1.5 };
const YEAR: i64 = 24 * 360;
/// Noon of the twelfth last day.
const LAST_NOON: usize = 24 * 359 + 12;

#[test]
fn an_ordinary_day_changes_nothing() {
    let (mut effects, mut class) = (Effects::default(), ClassEffects::default());
    for explained in LATENCY.run((&mut effects, &mut class), 0..24 * 28) {
        assert_eq!(explained, Explained::default());
        assert_eq!(explained.gain(), 1.0);
    }
    assert_eq!((effects, class), (Effects::default(), ClassEffects::default()));
}

#[test]
fn after_some_month_ends_the_next_one_is_expected() {
    for (name, sample, expected) in [("latency", LATENCY, 0.9), ("load", LOAD, 60.0)] {
        let explained = sample.run_fresh(YEAR);
        let (first, last) = (explained[24 * 29 + 12], explained[LAST_NOON]);
        assert!(first.variance > 10.0 * last.variance, "{name}: {first:?} {last:?}");
        assert!((last.effect / expected - 1.0).abs() < 0.15, "{name}: {last:?}");
    }
}

#[test]
fn what_can_be_negative_is_measured_in_its_own_deviations() {
    let balance = Sample { scale: Scale::Linear, level: -20.0, spread: 1.0, effect: 0.5 };
    let (mut effects, mut class) = (Effects::default(), ClassEffects::default());
    let explained = balance.run((&mut effects, &mut class), 0..YEAR);
    assert!(effects.is_signed());
    assert!((explained[LAST_NOON].effect + 10.0).abs() < 1.5, "{:?}", explained[LAST_NOON]);
}

#[test]
fn one_bad_month_end_does_not_become_the_expectation_of_the_next() {
    let (mut effects, mut class) = (Effects::default(), ClassEffects::default());
    LATENCY.run((&mut effects, &mut class), 0..YEAR - 48);
    let bad = Sample { effect: 0.9 + std::f64::consts::LN_2, ..LATENCY };
    bad.run((&mut effects, &mut class), YEAR - 48..YEAR);
    let next = LATENCY.run((&mut effects, &mut class), YEAR..YEAR + 24 * 30);
    assert!((next[24 * 29 + 12].effect - 0.9).abs() < 0.15, "{:?}", next[24 * 29 + 12]);
}

#[test]
fn a_newcomer_expects_what_its_peers_have() {
    let mut class = ClassEffects::default();
    for member in 0..6 {
        let peer = Sample { level: -3.0 + f64::from(member), ..LATENCY };
        peer.run((&mut Effects::default(), &mut class), 0..24 * 91);
    }
    let mut effects = Effects::default();
    let noon = 24 * 29 + 12;
    let first = LATENCY.run((&mut effects, &mut class), 0..noon + 1)[usize::try_from(noon).unwrap()];
    assert!((first.effect - 0.9).abs() < 0.2 && first.variance < 0.2, "{first:?}");
}

#[test]
fn a_series_that_leaves_leaves_no_trace() {
    let mut class = ClassEffects::default();
    LATENCY.run((&mut Effects::default(), &mut class), 0..24 * 91);
    let (mut gone, mut with) = (Effects::default(), class.clone());
    Sample { effect: 0.2, ..LATENCY }.run((&mut gone, &mut with), 0..24 * 31);
    assert_ne!(with, class);
    gone.leave(&mut with);
    assert_eq!((gone, with), (Effects::default(), class));
}

#[test]
fn what_is_no_number_never_enters() {
    let (mut effects, mut class) = (Effects::default(), ClassEffects::default());
    let day = day(29);
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for ground in [LATENCY.ground(), Ground { base: odd, ..LATENCY.ground() }] {
            let occasion = Occasion { day: &day, at: Timestamp(29 * 24 * HOUR_MS), ground, is_given: true };
            let explained = effects.expect(&mut class, &occasion);
            assert!(explained.effect.is_finite() && explained.variance.is_finite());
            effects.learn(&mut class, &occasion, odd);
        }
    }
    LATENCY.run((&mut effects, &mut class), 24 * 30..24 * 31);
    assert_eq!(class, ClassEffects::default(), "nothing was seen of the day");
}

#[test]
fn memory_is_small() {
    assert_eq!(size_of::<Effects>(), 16);
    let mut own = Own::default();
    for feature in Feature::ALL.into_iter().take(8) {
        (0..6).for_each(|block| own.add(Slot { feature, block }, -0.7));
    }
    let bytes = own.bytes() + size_of::<Memory>();
    assert!(bytes < 250, "{bytes}");
    assert!(postcard::to_allocvec(&own).unwrap().len() < 250);
}

proptest! {
    #[test]
    fn a_restart_changes_nothing(at in 0..24 * 95_i64) {
        let (mut effects, mut class) = (Effects::default(), ClassEffects::default());
        let mut straight = LOAD.run((&mut effects, &mut class), 0..24 * 95);
        let (mut before, mut beside) = (Effects::default(), ClassEffects::default());
        let mut found = LOAD.run((&mut before, &mut beside), 0..at);
        let bytes = postcard::to_allocvec(&(&before, &beside)).unwrap();
        let (mut after, mut together) = postcard::from_bytes::<(Effects, ClassEffects)>(&bytes).unwrap();
        found.extend(LOAD.run((&mut after, &mut together), at..24 * 95));
        prop_assert_eq!(straight.split_off(0), found);
        prop_assert_eq!((effects, class), (after, together));
    }

    #[test]
    fn another_level_of_a_logarithmic_signal_changes_nothing(shift in -5.0..5.0) {
        let there = LATENCY.run_fresh(24 * 95);
        let here = Sample { level: LATENCY.level + shift, ..LATENCY }.run_fresh(24 * 95);
        for (one, other) in there.iter().zip(&here) {
            prop_assert!((one.effect - other.effect).abs() < 2e-3, "{:?} {:?}", one, other);
            prop_assert!((one.variance / other.variance.max(1e-9) - 1.0).abs() < 1e-2 || one.variance == other.variance);
        }
    }

    #[test]
    fn another_unit_of_a_linear_signal_is_another_unit_of_its_effects(unit in 1e-4..1e6_f64) {
        let there = LOAD.run_fresh(24 * 95);
        let here = Sample { level: LOAD.level * unit, spread: LOAD.spread * unit, ..LOAD }.run_fresh(24 * 95);
        for (one, other) in there.iter().zip(&here) {
            let off = (one.effect * unit - other.effect).abs();
            prop_assert!(off <= 3e-3 * unit * (LOAD.level + one.effect.abs()), "{:?} {:?}", one, other);
        }
    }
}
