//! The section `cost`: what resources cost, and by what their price is divided.

use std::collections::BTreeMap;
use std::time::Duration;

use config::{Value, ValueKind};
use tidewatch_detectors::Cost;
use tidewatch_detectors::cost::price::{Per, Price};
use tidewatch_schemas::{Money, TenantId};

use super::error::Wrong;
use super::section::Section;
use super::value::{origin_of, shown};
use super::{DAY, MINUTE, millis, quantity};

/// Categories of services in the FOCUS specification, by the names that they have in the configuration.
const CATEGORIES: [(&str, &str); 10] = [
    ("analytics", "Analytics"),
    ("business-applications", "Business Applications"),
    ("compute", "Compute"),
    ("databases", "Databases"),
    ("integration", "Integration"),
    ("networking", "Networking"),
    ("other", "Other"),
    ("security", "Security"),
    ("storage", "Storage"),
    ("web", "Web"),
];
/// Amounts of a resource, in its signal's unit.
const AMOUNT: std::ops::RangeInclusive<f64> = 0.0..=1e18;
/// Letters of a currency's code.
const CODE: usize = 3;

pub(super) fn read(section: &mut Section) -> Cost {
    let origin = section.origin("prices");
    let cost = Cost {
        currency: section.parse("currency", String::new(), read_currency),
        period_ms: read_period(section),
        patience_ms: 0,
        prices: section.list("prices", read_price),
        waiting_hour: section.parse("waiting_hour", None, |value| match &value.kind {
            ValueKind::String(text) if text.trim() == "none" => Ok(None),
            _ => money_of(value).map(Some),
        }),
    };
    refuse_twice(section, &cost, &origin);
    cost
}

fn read_price(section: &mut Section) -> Price {
    Price {
        resource: section.text("resource").as_str().into(),
        pool: section.optional_text("pool").map(|pool| pool.as_str().into()),
        amount: section.parse("price", Money::default(), money_of),
        per: section.choice("per", [("hour", Per::Hour), ("month", Per::Month)], Per::Hour),
        by: section.text("by").as_str().into(),
        capacity: section.offers("capacity").then(|| section.number("capacity", AMOUNT)),
        entitled: read_entitled(section),
        entitled_each: section.offers("entitled_each").then(|| section.number("entitled_each", AMOUNT)),
        service: section.optional_text("service").unwrap_or_else(|| "unnamed".to_owned()),
        category: if section.offers("category") { section.choice("category", CATEGORIES, "Other") } else { "Other" },
    }
}

fn read_entitled(section: &mut Section) -> BTreeMap<TenantId, f64> {
    if !section.offers("entitled") {
        return BTreeMap::new();
    }
    let mut entitled = BTreeMap::new();
    for (tenant, value) in section.entries("entitled") {
        match super::section::number_of(&value, &AMOUNT) {
            Ok(amount) => {
                entitled.insert(TenantId::from(tenant.as_str()), amount);
            }
            Err(wrong) => section.refuse(&format!("entitled.{tenant}"), &origin_of(&value), wrong),
        }
    }
    entitled
}

fn read_currency(value: &Value) -> Result<String, Wrong> {
    match &value.kind {
        ValueKind::String(text) if text.len() == CODE && text.bytes().all(|letter| letter.is_ascii_uppercase()) => {
            Ok(text.clone())
        }
        _ => Err(Wrong::new(format!("{} is no code of a currency", shown(value)), "write one of ISO 4217 such as EUR")),
    }
}

/// A day must hold whole periods, or a month would end within one.
fn read_period(section: &mut Section) -> i64 {
    let origin = section.origin("period");
    let period = section.duration("period", MINUTE..=DAY);
    if !DAY.as_millis().is_multiple_of(period.max(Duration::from_millis(1)).as_millis()) {
        let problem = format!("a day does not divide into periods of {}", quantity::show_duration(period));
        section.refuse(
            "period",
            &origin,
            Wrong::new(problem, "write a length that divides a day, such as 15m, 1h or 1d"),
        );
    }
    millis(period)
}

fn money_of(value: &Value) -> Result<Money, Wrong> {
    let text = match &value.kind {
        ValueKind::String(text) => text.trim().to_owned(),
        ValueKind::I64(_) | ValueKind::Float(_) => value.kind.to_string(),
        _ => shown(value),
    };
    let amount = text.parse::<Money>().ok().filter(|amount| amount.0 >= 0);
    let advice = "write an amount that is not negative, with at most six decimals, such as 0.42";
    amount.ok_or_else(|| Wrong::new(format!("{} is no amount of money", shown(value)), advice))
}

/// Whoever prices the same use of a resource twice bills it twice.
fn refuse_twice(section: &mut Section, cost: &Cost, origin: &str) {
    for (at, price) in cost.prices.iter().enumerate() {
        let meets = |other: &Price| {
            let pools = [&price.pool, &other.pool];
            let both = pools.iter().any(|pool| pool.is_none()) || price.pool == other.pool;
            both && other.resource == price.resource && other.by == price.by
        };
        if cost.prices.iter().take(at).any(meets) {
            let problem = format!("{} by {} has a price already", price.resource, price.by);
            section.refuse(
                &format!("prices[{at}]"),
                origin,
                Wrong::new(problem, "leave one of them, or name another pool in each"),
            );
        }
    }
}
