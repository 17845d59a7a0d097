//! How the other tenants of the pool do while some are in trouble: whether it is their own or everybody's.
//!
//! Tenants are compared by how much they suffer, each in scales of its own noise, so that a large one and a small one, a
//! busy one and a quiet one are alike as long as nothing is wrong with them. Median and median deviation do not move when a
//! tenant comes, goes or is in trouble itself.

use tidewatch_schemas::TenantId;
use tidewatch_schemas::incident::Peers;

use super::pain::TenantPain;
use super::state::{State, Tenant};
use crate::number::published;

/// Fewest others that tell anything.
const LEAST_OTHERS: usize = 3;
/// From a median deviation to a standard deviation, for normal noise.
pub(super) const NORMAL: f64 = 1.4826;
/// Least spread of the others: less than one of a tenant's own scales is noise.
const LEAST_SPREAD: f64 = 1.0;

impl State {
    /// How those who are not among `tenants` do in the step that was judged last; `None` where too few of them have work that
    /// is measured, or none of `tenants` has.
    #[must_use]
    pub fn peers(&self, tenants: &[TenantId]) -> Option<Peers> {
        let is_judged = |tenant: &&Tenant| tenant.pain.is_known() && tenant.pain.scales.ago(0).is_some();
        let (own, others): (Vec<&Tenant>, Vec<&Tenant>) =
            self.tenants.iter().filter(is_judged).partition(|tenant| tenants.contains(&tenant.id));
        let worst = own.iter().map(|tenant| tenant.pain.smooth()).max_by(f64::total_cmp)?;
        let others: Vec<&TenantPain> = others.into_iter().map(|tenant| &tenant.pain).collect();
        (others.len() >= LEAST_OTHERS).then(|| told(worst, &others))
    }
}

fn told(worst: f64, others: &[&TenantPain]) -> Peers {
    let usual = median(others.iter().map(|pain| pain.smooth()).collect());
    let spread = NORMAL * median(others.iter().map(|pain| (pain.smooth() - usual).abs()).collect());
    let suffering = others.iter().filter(|pain| pain.suffers()).count();
    let count = others.len();
    let reason = match suffering {
        0 => format!("none of the {count} other tenants suffers"),
        1 => format!("1 of the {count} other tenants suffers, too"),
        _ if suffering == count => format!("all {count} other tenants suffer, too"),
        _ => format!("{suffering} of the {count} other tenants suffer, too"),
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let distance = published((worst - usual) / spread.max(LEAST_SPREAD));
    Peers { others: number(count), suffering: number(suffering), distance, reason }
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
    if values.len().is_multiple_of(2) { f64::midpoint(at(half.saturating_sub(1)), at(half)) } else { at(half) }
}

#[cfg(test)]
mod tests {
    use super::super::pain::{PainSeries, Sum};
    use super::*;

    /// A tenant with a hundred ordinary steps, then five that are `worse` by so many natural logarithms.
    fn tenant(name: &str, worse: f64) -> Tenant {
        let (mut series, mut pain) = (PainSeries::new(0, 0, false), TenantPain::default());
        for step in 0..105 {
            let ordinary = [-3.0, -2.6, -2.8][usize::try_from(step).unwrap() % 3];
            let (value, trust) = if step < 100 { (ordinary, 1.0) } else { (ordinary + worse, 0.0) };
            series.take(step, (value, None), trust);
            let mut sum = Sum::default();
            sum.add(&series, step);
            pain.step(sum.pain(), trust);
        }
        Tenant { id: name.into(), pain }
    }

    fn pool(worse: &[f64]) -> State {
        let tenants = worse.iter().enumerate().map(|(number, worse)| tenant(&format!("t{number}"), *worse)).collect();
        let mut state = State::default();
        state.tenants = tenants;
        state
    }

    fn of_first(worse: &[f64]) -> Option<Peers> {
        pool(worse).peers(&["t0".into()])
    }

    #[test]
    fn one_that_suffers_alone_is_far_from_the_others() {
        let peers = of_first(&[2.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!((peers.others, peers.suffering), (4, 0));
        assert!(peers.distance > 3.0, "{peers:?}");
        assert_eq!(peers.reason, "none of the 4 other tenants suffers");
    }

    #[test]
    fn one_that_suffers_with_all_is_like_them() {
        let peers = of_first(&[2.0; 6]).unwrap();
        assert_eq!((peers.others, peers.suffering), (5, 5));
        assert!(peers.distance.abs() < 0.5, "{peers:?}");
        assert_eq!(peers.reason, "all 5 other tenants suffer, too");
    }

    #[test]
    fn one_more_in_trouble_and_one_that_leaves_do_not_move_it() {
        let before = of_first(&[2.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
        let more = of_first(&[2.0, 0.0, 0.0, 0.0, 0.0, 2.0]).unwrap();
        let fewer = of_first(&[2.0, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!(more.suffering, 1);
        assert_eq!(more.reason, "1 of the 5 other tenants suffers, too");
        for other in [more, fewer] {
            assert!((other.distance - before.distance).abs() < 0.5, "{other:?} and {before:?}");
        }
    }

    #[test]
    fn too_few_others_and_unknown_tenants_say_nothing() {
        assert_eq!(of_first(&[2.0, 0.0, 0.0]), None);
        assert_eq!(pool(&[0.0; 6]).peers(&["somebody else".into()]), None);
        let mut pool = pool(&[2.0, 0.0, 0.0, 0.0]);
        pool.tenants.push(Tenant { id: "new".into(), pain: TenantPain::default() });
        assert_eq!(pool.peers(&["t0".into()]).unwrap().others, 3, "of a newcomer nothing is known");
    }
}
