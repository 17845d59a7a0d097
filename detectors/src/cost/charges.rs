//! Who pays which part of a period.
//!
//! A tenant pays for what it used, and for what it is entitled to where that is more, since it is kept free for it. What is left
//! of the capacity is nobody's and is charged to [`CostSignal::IDLE`]. Where more was used than there is by the price's own account,
//! or no capacity is named, the whole price is divided.

use std::collections::BTreeMap;

use tidewatch_schemas::{CostKind, CostSignal, Money, PoolId, TenantId, Timestamp};

use super::price::{Price, month_of};
use super::split::split;
use super::{Cost, Meter};
use crate::number::published;

/// How prices are divided, for `AllocatedMethodId`.
pub const METHOD: &str = "usage-share-v1";
const HOUR_MS: f64 = 3_600_000.0;

/// A stretch of time that is charged at once: one period, or several in which nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive; never beyond the month that `from` lies in.
    pub until: Timestamp,
}

/// The unit in which a quantity is told, and how it comes from value times milliseconds: what is counted per second adds up, a
/// level counts by the hour.
struct Measure {
    unit: String,
    divisor: f64,
}

impl Measure {
    fn of(unit: &str) -> Self {
        match unit.strip_suffix("/s") {
            Some(total) => Self { unit: total.to_owned(), divisor: 1_000.0 },
            // Seconds per second are as much a rate, and are called 1.
            None => Self { unit: if unit == "1" { "h".to_owned() } else { format!("{unit}.h") }, divisor: HOUR_MS },
        }
    }
}

/// One tenant's part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Part {
    used: f64,
    entitled: Option<f64>,
}

impl Part {
    fn weight(&self) -> f64 {
        self.used.max(self.entitled.unwrap_or(0.0))
    }
}

impl Cost {
    /// The stretch that is to be charged next, where `open` is the first period that was not; `None` while it is not over.
    #[must_use]
    pub fn next_stretch<'m>(
        &self,
        open: Timestamp,
        now: Timestamp,
        meters: impl Iterator<Item = &'m Meter>,
    ) -> Option<Stretch> {
        let limit = self.chargeable_until(now).min(month_of(open).1);
        if limit <= open {
            return None;
        }
        let next = meters.filter_map(|meter| meter.next_period(open)).min().unwrap_or(limit);
        let until = if next == open { open + self.period_ms } else { next };
        Some(Stretch { from: open, until: until.min(limit) })
    }

    /// The charges of a stretch for one price, tenants sorted and what is idle last. Nothing where the pool has no such resource:
    /// when no meter is for it and the price does not name the pool.
    #[must_use]
    pub fn charges<'m>(
        &self,
        (pool, price): (&PoolId, &Price),
        stretch: Stretch,
        meters: impl Iterator<Item = &'m Meter>,
    ) -> Vec<CostSignal> {
        let (parts, unit) = parts(price, stretch, meters);
        if parts.is_empty() && price.pool.is_none() {
            return Vec::new();
        }
        let length = (stretch.until - stretch.from) as f64;
        let taken: f64 = parts.values().map(Part::weight).sum();
        let idle = price.capacity.map_or(0.0, |capacity| (capacity * length - taken).max(0.0));
        let idle = if taken + idle > 0.0 { idle } else { 1.0 };
        let weights: Vec<f64> = parts.values().map(Part::weight).chain([idle]).collect();
        let bill = price.bill(stretch.from, stretch.until);
        let amounts = split(bill, &weights);
        let measure = Measure::of(unit.unwrap_or("1"));
        let whole = taken + idle;
        let of_tenants = parts.iter().zip(&amounts).map(|((tenant, part), amount)| {
            self.charge((pool, price, &measure), stretch, (tenant.as_str(), *part, part.weight() / whole), *amount)
        });
        let mut charges: Vec<CostSignal> = of_tenants.collect();
        if idle > 0.0 {
            let part = Part { used: if price.capacity.is_some() { idle } else { 0.0 }, entitled: None };
            let amount = amounts.last().copied().unwrap_or_default();
            charges.push(self.charge((pool, price, &measure), stretch, (CostSignal::IDLE, part, idle / whole), amount));
        }
        charges
    }

    fn charge(
        &self,
        (pool, price, measure): (&PoolId, &Price, &Measure),
        stretch: Stretch,
        (account, part, share): (&str, Part, f64),
        amount: Money,
    ) -> CostSignal {
        let quantity = published(part.used / measure.divisor);
        let (resource, unit) = (price.resource.as_str().to_owned(), &measure.unit);
        let percent = (share * 1000.0).round() / 10.0;
        let description = if account == CostSignal::IDLE {
            format!("what nobody used of {resource}, {percent} % of its price")
        } else {
            let kept =
                if part.entitled.is_some_and(|entitled| entitled > part.used) { " or had kept free" } else { "" };
            format!("{account} used{kept} {percent} % of {resource} by {}: {quantity} {unit}", price.by)
        };
        let (month_start, month_end) = month_of(stretch.from);
        CostSignal {
            kind: CostKind::Allocated,
            sub_account_id: account.to_owned(),
            sub_account_name: account.to_owned(),
            resource_id: resource.clone(),
            service_name: price.service.clone(),
            service_category: price.category.to_owned(),
            allocated_resource_id: resource,
            allocated_method_id: METHOD.to_owned(),
            billing_period_start: month_start,
            billing_period_end: month_end,
            charge_period_start: stretch.from,
            charge_period_end: stretch.until,
            charge_category: "Usage".to_owned(),
            charge_description: description,
            consumed_quantity: quantity,
            consumed_unit: unit.clone(),
            billed_cost: amount,
            effective_cost: amount,
            billing_currency: self.currency.clone(),
            pool: pool.as_str().to_owned(),
            entitled_quantity: part.entitled.map(|entitled| published(entitled / measure.divisor)),
            culprit: None,
            at_risk_cost: None,
        }
    }
}

/// What each tenant used and is entitled to, in value times milliseconds, and the unit of the value.
fn parts<'m>(
    price: &Price,
    stretch: Stretch,
    meters: impl Iterator<Item = &'m Meter>,
) -> (BTreeMap<TenantId, Part>, Option<&'m str>) {
    let mut parts: BTreeMap<TenantId, Part> = BTreeMap::new();
    let mut unit = None;
    for meter in meters.filter(|meter| meter.resource == price.resource && meter.signal == price.by) {
        unit = unit.or(Some(meter.unit.as_str()));
        parts.entry(meter.tenant.clone()).or_default().used += meter.amount(stretch.from);
    }
    if price.pool.is_some() {
        price.entitled.keys().for_each(|tenant| {
            parts.entry(tenant.clone()).or_default();
        });
    }
    let length = (stretch.until - stretch.from) as f64;
    for (tenant, part) in &mut parts {
        part.entitled = price.entitlement(tenant).map(|entitled| entitled * length);
    }
    (parts, unit)
}

#[cfg(test)]
mod tests;
