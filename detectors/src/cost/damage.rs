//! What those lost who waited because of somebody else.
//!
//! While tenants suffer and somebody is named for it, a victim's requests hold their workers longer than they would: of the work
//! that was going on, the part beyond its usual length is lost. Worker time that is lost in an hour has a price of its own, since
//! behind every request that waits somebody waits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::incident::Loss;
use tidewatch_schemas::{CostKind, CostSignal, Money, PoolId, ResourceId, TenantId, Timestamp};

use super::Cost;
use super::charges::Stretch;
use super::price::month_of;
use crate::contention::Burden;
use crate::number::published;

/// How it is computed, for `AllocatedMethodId`.
pub const METHOD: &str = "waiting-v1";
/// Most pairs of culprit and victim that are followed in a period; further ones are not told.
const MOST: usize = 4_096;
const HOUR_S: f64 = 3_600.0;

/// What was lost in each period that is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Damage {
    /// Seconds of workers by period, victim, culprit and resource.
    lost: BTreeMap<(Timestamp, TenantId, TenantId, ResourceId), f64>,
}

impl Damage {
    /// Adds what is borne for `seconds` up to `at`.
    pub fn add(&mut self, burden: &Burden, (at, seconds): (Timestamp, f64), cost: &Cost) {
        let culprits = burden.culprits.len().max(1) as f64;
        for culprit in burden.culprits.iter().filter(|culprit| **culprit != burden.victim) {
            let key = (cost.period_of(at), burden.victim.clone(), culprit.clone(), burden.resource.clone());
            let is_known = self.lost.contains_key(&key);
            if is_known || self.lost.len() < MOST {
                *self.lost.entry(key).or_default() += burden.lost * seconds / culprits;
            }
        }
    }

    /// Whether nothing was lost that is not charged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// What was lost before the end of the stretch, as signals; it is forgotten.
    pub fn settle(&mut self, cost: &Cost, pool: &PoolId, stretch: Stretch) -> Vec<CostSignal> {
        let mut signals = Vec::new();
        while let Some(entry) = self.lost.first_entry().filter(|entry| entry.key().0 < stretch.until) {
            let ((_, victim, culprit, resource), seconds) = entry.remove_entry();
            signals.push(signal(cost, pool, stretch, (&victim, &culprit, &resource), seconds));
        }
        signals
    }
}

impl Cost {
    /// What an incident's victims lost, with what it is worth.
    #[must_use]
    pub fn loss(&self, worker_seconds: f64) -> Loss {
        let worth = self.waiting_hour.map(|hour| worth(hour, worker_seconds));
        let currency = if worth.is_some() { self.currency.clone() } else { String::new() };
        Loss { worker_seconds: published(worker_seconds), worth, currency }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "hours of waiting times a price: far within an i64")]
fn worth(hour: Money, seconds: f64) -> Money {
    Money((hour.0 as f64 * seconds / HOUR_S).round() as i64)
}

fn signal(
    cost: &Cost,
    pool: &PoolId,
    stretch: Stretch,
    (victim, culprit, resource): (&TenantId, &TenantId, &ResourceId),
    seconds: f64,
) -> CostSignal {
    let lost = published(seconds);
    let (month_start, month_end) = month_of(stretch.from);
    CostSignal {
        kind: CostKind::AtRisk,
        sub_account_id: victim.as_str().to_owned(),
        sub_account_name: victim.as_str().to_owned(),
        resource_id: resource.as_str().to_owned(),
        service_name: resource.as_str().to_owned(),
        service_category: "Other".to_owned(),
        allocated_resource_id: resource.as_str().to_owned(),
        allocated_method_id: METHOD.to_owned(),
        billing_period_start: month_start,
        billing_period_end: month_end,
        charge_period_start: stretch.from,
        charge_period_end: stretch.until,
        charge_category: "Usage".to_owned(),
        charge_description: format!("{victim} waited {lost} s longer for workers because of {culprit} on {resource}"),
        consumed_quantity: lost,
        consumed_unit: "s".to_owned(),
        billed_cost: Money::default(),
        effective_cost: Money::default(),
        billing_currency: cost.currency.clone(),
        pool: pool.as_str().to_owned(),
        entitled_quantity: None,
        culprit: Some(culprit.as_str().to_owned()),
        at_risk_cost: cost.waiting_hour.map(|hour| worth(hour, seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost() -> Cost {
        Cost { waiting_hour: Some("36".parse().unwrap()), ..Cost::nothing() }
    }

    fn burden(victim: &str, culprits: &[&str]) -> Burden {
        let culprits = culprits.iter().map(|name| TenantId::from(*name)).collect();
        Burden { victim: victim.into(), culprits, resource: "pg-main".into(), lost: 2.0 }
    }

    #[test]
    fn what_an_incident_cost_is_told_in_money_where_there_is_a_price() {
        let priced = cost().loss(120.0);
        assert_eq!((priced.worker_seconds, priced.worth), (120.0, Some("1.2".parse().unwrap())));
        assert_eq!(Cost::nothing().loss(120.0), Loss { worker_seconds: 120.0, worth: None, currency: String::new() });
    }

    #[test]
    fn what_is_lost_is_charged_once_to_nobody_and_told_with_its_worth() {
        let mut damage = Damage::default();
        for step in 0..6 {
            damage.add(&burden("delta", &["acme"]), (Timestamp(step * 10_000), 10.0), &cost());
        }
        let stretch = Stretch { from: Timestamp(0), until: Timestamp(3_600_000) };
        let signals = damage.settle(&cost(), &"eu-1".into(), stretch);
        assert_eq!(signals.len(), 1);
        assert_eq!(signals[0].charge_description, "delta waited 120 s longer for workers because of acme on pg-main");
        assert_eq!(signals[0].at_risk_cost.unwrap().to_string(), "1.200000");
        assert_eq!(signals[0].effective_cost, Money(0));
        assert!(damage.is_empty() && damage.settle(&cost(), &"eu-1".into(), stretch).is_empty());
    }

    #[test]
    fn several_culprits_share_and_nobody_is_its_own() {
        let mut damage = Damage::default();
        damage.add(&burden("acme", &["acme", "cobalt"]), (Timestamp(0), 10.0), &cost());
        let stretch = Stretch { from: Timestamp(0), until: Timestamp(3_600_000) };
        let signals = damage.settle(&cost(), &"eu-1".into(), stretch);
        let told: Vec<_> = signals.iter().map(|signal| (signal.culprit.as_deref(), signal.consumed_quantity)).collect();
        assert_eq!(told, [(Some("cobalt"), 10.0)]);
    }
}
