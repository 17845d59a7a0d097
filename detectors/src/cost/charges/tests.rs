use proptest::prelude::*;
use tidewatch_schemas::SeriesKey;

use super::*;
use crate::cost::price::Per;
use crate::window::Closed;

const HOUR: i64 = 3_600_000;
/// 2026-11-25 07:00 UTC.
const START: Timestamp = Timestamp(1_795_590_000_000);

fn price(capacity: Option<f64>) -> Price {
    Price {
        resource: "pg-main".into(),
        pool: None,
        amount: "0.42".parse().unwrap(),
        per: Per::Hour,
        by: "container.cpu.usage".into(),
        capacity,
        entitled: BTreeMap::from([("delta".into(), 1.0)]),
        entitled_each: None,
        service: "PostgreSQL".to_owned(),
        category: "Databases",
    }
}

fn cost(capacity: Option<f64>) -> Cost {
    Cost { period_ms: HOUR, patience_ms: 60_000, prices: vec![price(capacity)], ..Cost::nothing() }
}

fn meter(tenant: &str, level: f64) -> Meter {
    let key = SeriesKey {
        pool: "eu-1".into(),
        tenant: tenant.into(),
        resource: "pg-main".into(),
        signal: "container.cpu.usage".into(),
        attributes: BTreeMap::new(),
    };
    let mut meter = Meter::new(&key, "1");
    for minute in 0..60 {
        let start = START + minute * 60_000;
        meter.add(&Closed { start, width_ms: 60_000, value: level, weight: None }, HOUR, START);
    }
    meter
}

fn charged(cost: &Cost, meters: &[Meter]) -> Vec<(String, String, f64)> {
    let stretch = cost.next_stretch(START, START + HOUR + 60_000, meters.iter()).unwrap();
    assert_eq!(stretch, Stretch { from: START, until: START + HOUR });
    let charges = cost.charges((&"eu-1".into(), &cost.prices[0]), stretch, meters.iter());
    let of = |charge: CostSignal| (charge.sub_account_id, charge.effective_cost.to_string(), charge.consumed_quantity);
    charges.into_iter().map(of).collect()
}

fn row(account: &str, cost: &str, quantity: f64) -> (String, String, f64) {
    (account.to_owned(), cost.to_owned(), quantity)
}

#[test]
fn with_a_capacity_what_nobody_used_is_idle() {
    let charges = charged(&cost(Some(4.0)), &[meter("acme", 1.5), meter("borealis", 0.5)]);
    assert_eq!(
        charges,
        [row("acme", "0.157500", 1.5), row("borealis", "0.052500", 0.5), row("__idle__", "0.210000", 2.0)]
    );
}

#[test]
fn what_is_kept_free_for_a_tenant_is_paid_by_it() {
    let charges = charged(&cost(Some(4.0)), &[meter("acme", 1.0), meter("delta", 0.2)]);
    assert_eq!(
        charges,
        [row("acme", "0.105000", 1.0), row("delta", "0.105000", 0.2), row("__idle__", "0.210000", 2.0)]
    );
}

#[test]
fn without_a_capacity_or_beyond_it_everything_is_divided() {
    let meters = [meter("acme", 6.0), meter("borealis", 2.0)];
    for capacity in [None, Some(4.0)] {
        let charges = charged(&cost(capacity), &meters);
        assert_eq!(charges, [row("acme", "0.315000", 6.0), row("borealis", "0.105000", 2.0)], "{capacity:?}");
    }
}

#[test]
fn an_hour_in_which_nothing_was_used_is_idle_as_a_whole() {
    let charges = charged(&cost(None), &[meter("acme", 0.0)]);
    assert_eq!(charges, [row("acme", "0.000000", 0.0), row("__idle__", "0.420000", 0.0)]);
}

#[test]
fn hours_in_which_nothing_was_measured_are_one_charge_and_end_with_the_month() {
    let (cost, meters) = (cost(Some(4.0)), [meter("acme", 1.0)]);
    let after = START + HOUR;
    let stretch = cost.next_stretch(after, START + 3 * HOUR + 60_000, meters.iter()).unwrap();
    assert_eq!(stretch, Stretch { from: after, until: START + 3 * HOUR });
    let december = Timestamp(1_796_083_200_000);
    let stretch = cost.next_stretch(after, START + 400 * HOUR, meters.iter()).unwrap();
    assert_eq!(stretch, Stretch { from: after, until: december });
    assert_eq!(cost.next_stretch(after, START + 2 * HOUR + 59_999, meters.iter()), None, "not over yet");
}

#[test]
fn a_pool_without_the_resource_pays_nothing() {
    let (cost, stretch) = (cost(None), Stretch { from: START, until: START + HOUR });
    assert_eq!(cost.charges((&"eu-1".into(), &cost.prices[0]), stretch, [].iter()), []);
    let named = Price { pool: Some("eu-1".into()), ..price(Some(2.0)) };
    let charges = cost.charges((&"eu-1".into(), &named), stretch, [].iter());
    let accounts: Vec<&str> = charges.iter().map(|charge| charge.sub_account_id.as_str()).collect();
    assert_eq!(accounts, ["delta", "__idle__"], "a pool that the price names pays, and so does who is entitled in it");
}

#[test]
fn counts_add_up_and_levels_count_by_the_hour() {
    for (unit, told, quantity) in [("By/s", "By", 3_600.0), ("By", "By.h", 1.0), ("1", "h", 1.0), ("s/s", "s", 3_600.0)]
    {
        let mut meters = [meter("acme", 1.0)];
        unit.clone_into(&mut meters[0].unit);
        let stretch = Stretch { from: START, until: START + HOUR };
        let cost = cost(None);
        let charges = cost.charges((&"eu-1".into(), &cost.prices[0]), stretch, meters.iter());
        assert_eq!((charges[0].consumed_unit.as_str(), charges[0].consumed_quantity), (told, quantity), "{unit}");
    }
}

proptest! {
    #[test]
    fn the_charges_of_an_hour_are_its_price(
        levels in proptest::collection::vec(0.0..8.0_f64, 0..12),
        capacity in proptest::option::of(0.5..16.0_f64),
        cents in 1..100_000_i64,
    ) {
        let meters: Vec<Meter> =
            levels.iter().enumerate().map(|(at, level)| meter(&format!("t{at}"), *level)).collect();
        let mut cost = cost(capacity);
        cost.prices[0].amount = Money(cents * 10_000);
        cost.prices[0].pool = Some("eu-1".into());
        let stretch = Stretch { from: START, until: START + HOUR };
        let charges = cost.charges((&"eu-1".into(), &cost.prices[0]), stretch, meters.iter());
        let sum: Money = charges.iter().map(|charge| charge.effective_cost).sum();
        prop_assert_eq!(sum, cost.prices[0].amount);
    }
}
