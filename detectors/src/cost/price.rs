//! What a resource costs in a period. Amounts are what has accrued by the end minus what had accrued by the start, so that
//! the periods of a month sum up to the month's price, whatever their length.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use tidewatch_schemas::{Money, PoolId, ResourceId, SignalName, TenantId, Timestamp};

const HOUR_MS: i64 = 3_600_000;

/// What an amount is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Every hour.
    Hour,
    /// Every calendar month in UTC, whatever its length.
    Month,
}

/// The price of a resource, and by which signal it is divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// The resource.
    pub resource: ResourceId,
    /// Its pool; every pool that has such a resource pays when left out.
    pub pool: Option<PoolId>,
    /// How much it costs.
    pub amount: Money,
    /// For how long.
    pub per: Per,
    /// The signal of use.
    pub by: SignalName,
    /// How much there is of it, in the signal's unit (of a total, per second); what is not used of it is idle. Without it
    /// everything is divided among those who use it.
    pub capacity: Option<f64>,
    /// What each tenant is entitled to, in the same unit.
    pub entitled: BTreeMap<TenantId, f64>,
    /// What a tenant that is not named is entitled to.
    pub entitled_each: Option<f64>,
    /// What the resource is an instance of.
    pub service: String,
    /// Its category in the FOCUS specification.
    pub category: &'static str,
}

impl Price {
    /// Whether the price is for this signal of this resource.
    #[must_use]
    pub fn is_for(&self, pool: &PoolId, resource: &ResourceId, signal: &SignalName) -> bool {
        self.resource == *resource && self.by == *signal && self.pool.as_ref().is_none_or(|named| named == pool)
    }

    /// What a tenant is entitled to; `None` where nothing is said about it.
    #[must_use]
    pub fn entitlement(&self, tenant: &TenantId) -> Option<f64> {
        self.entitled.get(tenant).copied().or(self.entitled_each)
    }

    /// What the resource costs from `from` until `until`.
    #[must_use]
    pub fn bill(&self, from: Timestamp, until: Timestamp) -> Money {
        match self.per {
            Per::Hour => Money(accrued(self.amount, until.0, HOUR_MS) - accrued(self.amount, from.0, HOUR_MS)),
            Per::Month => self.monthly(from, until),
        }
    }

    fn monthly(&self, from: Timestamp, until: Timestamp) -> Money {
        let (mut total, mut at) = (0, from);
        while at < until {
            let (start, end) = month_of(at);
            let stop = end.min(until);
            let by = |moment: Timestamp| accrued(self.amount, moment - start, end - start);
            total += by(stop) - by(at);
            at = stop;
        }
        Money(total)
    }
}

/// The part of `amount` that has accrued after `elapsed` of `whole` milliseconds, rounded down.
fn accrued(amount: Money, elapsed: i64, whole: i64) -> i64 {
    let exact = i128::from(amount.0) * i128::from(elapsed);
    i64::try_from(exact.div_euclid(i128::from(whole.max(1)))).unwrap_or(i64::MAX)
}

/// Start and end of the calendar month in UTC that holds a moment. What no calendar holds is a month of its own.
#[must_use]
pub fn month_of(at: Timestamp) -> (Timestamp, Timestamp) {
    bounds(at).unwrap_or((at, at + HOUR_MS))
}

fn bounds(at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let moment = jiff::Timestamp::from_millisecond(at.0).ok()?;
    let first = moment.to_zoned(TimeZone::UTC).date().first_of_month();
    let start = |date: jiff::civil::Date| date.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp().as_millisecond());
    let next = first.checked_add(1.month()).ok()?;
    Some((Timestamp(start(first)?), Timestamp(start(next)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(amount: &str, per: Per) -> Price {
        Price {
            resource: "pg-main".into(),
            pool: None,
            amount: amount.parse().unwrap(),
            per,
            by: "container.cpu.usage".into(),
            capacity: None,
            entitled: BTreeMap::new(),
            entitled_each: None,
            service: "PostgreSQL".to_owned(),
            category: "Databases",
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn the_periods_of_a_month_sum_up_to_its_price() {
        for (from, until) in [
            ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            for period_ms in [60_000, 7_200_000, 86_400_000] {
                let (mut at, end, price) = (at(from), at(until), price("310.01", Per::Month));
                let mut sum = 0;
                while at < end {
                    sum += price.bill(at, at + period_ms).0;
                    at = at + period_ms;
                }
                assert_eq!(Money(sum), price.amount, "{from}, periods of {period_ms} ms");
            }
        }
    }

    #[test]
    fn a_price_by_the_hour_is_the_same_every_day() {
        let price = price("0.42", Per::Hour);
        assert_eq!(price.bill(at("2026-11-25T07:00:00Z"), at("2026-11-26T07:00:00Z")).to_string(), "10.080000");
    }

    #[test]
    fn a_period_over_two_months_pays_a_part_of_each() {
        let price = price("310", Per::Month);
        let bill = price.bill(at("2026-10-31T00:00:00Z"), at("2026-11-02T00:00:00Z"));
        assert_eq!(bill.to_string(), "20.333333", "a 31st and a 30th of it");
    }
}
