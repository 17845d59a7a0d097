use proptest::prelude::*;

use super::*;

const NOISE: f64 = 0.01;

fn slot(feature: Feature, block: usize) -> Slot {
    Slot { feature, block }
}

fn company<'a>(class: &'a ClassEffects, own: &'a Own) -> Company<'a> {
    Company { class, own, noise: NOISE, broadest: 1.0 }
}

/// Ten members whose last day is 0.5 to 1.4, and the day before half of that.
fn peers() -> ClassEffects {
    let mut class = ClassEffects::default();
    for member in 0..10 {
        let size = 0.5 + 0.1 * f64::from(member);
        for (feature, effect) in [(Feature::Last, size), (Feature::SecondLast, 0.5 * size)] {
            for block in 0..6 {
                class.replace(slot(feature, block), Seen::default(), Seen { days: 3, mean: effect });
            }
        }
    }
    class
}

/// The series sees one more day, as a member of its class.
fn see((class, own): (&mut ClassEffects, &mut Own), slot: Slot, effect: f64) {
    let before = own.seen(slot);
    own.add(slot, effect);
    class.replace(slot, before, own.seen(slot));
}

#[test]
fn without_peers_and_past_nothing_is_expected_and_anything_is_possible() {
    let (class, own) = (ClassEffects::default(), Own::default());
    let belief = company(&class, &own).belief(slot(Feature::Last, 2));
    assert_eq!((belief.mean, belief.variance), (0.0, 1.0));
    let remainder = company(&class, &own).belief(slot(Feature::YearEnd, 2));
    assert!((remainder.variance - 0.09).abs() < 1e-12, "{remainder:?}");
}

#[test]
fn a_newcomer_is_expected_to_be_like_its_peers() {
    let (class, own) = (peers(), Own::default());
    let belief = company(&class, &own).belief(slot(Feature::Last, 2));
    assert!((belief.mean - 0.95).abs() < 1e-3, "{belief:?}");
    assert!((0.05..0.12).contains(&belief.variance), "{belief:?}");
}

#[test]
fn a_big_day_before_announces_a_big_last_day() {
    let (mut class, mut own) = (peers(), Own::default());
    let before = company(&class, &own).belief(slot(Feature::Last, 2));
    see((&mut class, &mut own), slot(Feature::SecondLast, 2), 0.8);
    let after = company(&class, &own).belief(slot(Feature::Last, 2));
    assert!(after.mean > before.mean + 0.1 && after.variance < 0.85 * before.variance, "{before:?} {after:?}");
}

#[test]
fn holidays_and_month_ends_say_nothing_about_each_other() {
    let (mut class, mut own) = (peers(), Own::default());
    let before = company(&class, &own).belief(slot(Feature::Last, 2));
    see((&mut class, &mut own), slot(Feature::Holiday, 2), 4.0);
    assert_eq!(company(&class, &own).belief(slot(Feature::Last, 2)), before);
}

#[test]
fn with_many_occasions_the_series_own_past_decides() {
    let (mut class, mut own) = (peers(), Own::default());
    (0..8).for_each(|_| see((&mut class, &mut own), slot(Feature::Last, 2), 2.0));
    let belief = company(&class, &own).belief(slot(Feature::Last, 2));
    assert!((belief.mean - 2.0).abs() < 0.1 && belief.variance < NOISE, "{belief:?}");
}

proptest! {
    #[test]
    fn what_is_seen_never_makes_a_belief_less_certain_and_never_breaks_it(
        seen in prop::collection::vec((0_usize..12, 0_usize..6, -8.0..8.0), 0..80),
        noise in 1e-9..4.0,
    ) {
        let (mut class, mut own) = (peers(), Own::default());
        let target = slot(Feature::Last, 3);
        let before = Company { class: &class, own: &own, noise, broadest: 1.0 }.belief(target);
        for (feature, block, effect) in seen {
            see((&mut class, &mut own), slot(Feature::ALL[feature], block), effect);
        }
        let after = Company { class: &class, own: &own, noise, broadest: 1.0 }.belief(target);
        prop_assert!(after.mean.is_finite() && after.variance >= 0.0);
        prop_assert!(after.variance <= before.variance * (1.0 + 1e-9), "{:?} {:?}", before, after);
    }
}
