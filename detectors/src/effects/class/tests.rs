use proptest::prelude::*;

use super::*;

const SLOT: Slot = Slot { feature: Feature::Last, block: 2 };
const NOISE: f64 = 0.01;

fn seen(days: u8, mean: f64) -> Seen {
    // As a series keeps it: in two bytes.
    Seen { days, mean: super::super::packed::Packed::new(mean).get() }
}

fn class_of(members: &[Seen]) -> ClassEffects {
    let mut class = ClassEffects::default();
    for member in members {
        class.replace(SLOT, Seen::default(), *member);
    }
    class
}

fn members() -> impl Strategy<Value = Vec<Seen>> {
    prop::collection::vec((1_u8..=8, -5.0..5.0), 1..30)
        .prop_map(|all| all.into_iter().map(|(days, mean)| seen(days, mean)).collect())
}

proptest! {
    #[test]
    fn leaving_one_out_is_a_sum_from_scratch_over_the_others(members in members(), which in any::<prop::sample::Index>()) {
        let which = which.index(members.len());
        let mut others = members.clone();
        let own = others.remove(which);
        let found = class_of(&members).prior(SLOT, own, NOISE);
        prop_assert_eq!(found, class_of(&others).prior(SLOT, Seen::default(), NOISE));
    }

    #[test]
    fn a_member_that_leaves_takes_its_contribution_along(members in members(), updates in members()) {
        let mut class = class_of(&members);
        let mut last = Seen::default();
        for update in updates {
            class.replace(SLOT, last, update);
            last = update;
        }
        class.replace(SLOT, last, Seen::default());
        prop_assert_eq!(class, class_of(&members));
    }

    #[test]
    fn the_prior_is_the_weighted_mean_and_variance(members in prop::collection::vec((1_u8..=8, -5.0..5.0), 4..30)) {
        let members: Vec<Seen> = members.into_iter().map(|(days, mean)| seen(days, mean)).collect();
        let weights: f64 = members.iter().map(|each| f64::from(each.weight())).sum();
        let mean = members.iter().map(|each| f64::from(each.weight()) * each.mean).sum::<f64>() / weights;
        let square = |each: &Seen| f64::from(each.weight()) * (each.mean - mean) * (each.mean - mean);
        let spread = members.iter().map(square).sum::<f64>() / weights;
        let inverse: f64 = members.iter().map(|each| 1.0 / f64::from(each.weight())).sum();
        let variance = (spread - NOISE * inverse / members.len() as f64).max(NOISE);
        let prior = class_of(&members).prior(SLOT, Seen::default(), NOISE).unwrap();
        prop_assert!((prior.mean - mean).abs() < 1e-6, "{prior:?} {mean}");
        prop_assert!((prior.variance - variance).abs() < 1e-5, "{prior:?} {variance}");
    }
}

#[test]
fn fewer_than_four_peers_say_nothing() {
    let own = seen(3, 0.7);
    assert_eq!(class_of(&[own; 4]).prior(SLOT, own, NOISE), None);
    assert!(class_of(&[own; 5]).prior(SLOT, own, NOISE).is_some());
    assert_eq!(class_of(&[own; 5]).prior(Slot { block: 3, ..SLOT }, Seen::default(), NOISE), None);
}

#[test]
fn a_bad_occasion_now_and_then_hardly_moves_what_occasions_differ_by() {
    let mut class = ClassEffects::default();
    let occasion = |class: &ClassEffects| class.occasion(Feature::Last, NOISE);
    let before = occasion(&class);
    for turn in 0..400 {
        class.note_deviation(Feature::Last, if turn % 10 == 0 { 100.0 } else { 0.1 * f64::from(turn % 16) });
    }
    assert!(occasion(&class) < 3.0 * before, "{}", occasion(&class));
    (0..200).for_each(|_| class.note_deviation(Feature::Last, 3.0));
    assert!(occasion(&class) > 5.0 * before, "{}", occasion(&class));
}

#[test]
fn the_sums_stay_exact_at_their_limits() {
    let mut class = class_of(&[seen(8, 1_000.0); 3]);
    for _ in 0..1_000 {
        class.replace(SLOT, Seen::default(), seen(8, -1_000.0));
    }
    for _ in 0..1_000 {
        class.replace(SLOT, seen(8, -1_000.0), Seen::default());
    }
    assert_eq!(class, class_of(&[seen(8, 1_000.0); 3]));
}
