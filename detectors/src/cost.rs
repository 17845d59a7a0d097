//! What tenants cost: the price of a shared resource divided by what each of them used, and what a culprit's excess cost
//! the others.
//!
//! | module | decides |
//! |---|---|
//! | [`price`] | what a resource costs in a period, exactly |
//! | [`split`] | how an amount of money is divided so that nothing is left over |
//! | [`meter`] | how much a series measured in each period |
//! | [`charges`] | who pays which part of a period |
//! | [`damage`] | what those lost who waited because of somebody else |
//!
//! A charge period lies on the clock of UTC, so that every pool and every restart has the same ones. It is charged once
//! every window in it is closed. Over a resource, the charges of a period sum up to its price to the last millionth.

pub mod charges;
pub mod damage;
pub mod meter;
pub mod price;
pub mod split;

use tidewatch_schemas::{Money, PoolId, SeriesKey, Timestamp};

pub use damage::Damage;
pub use meter::Meter;
pub use price::Price;

/// What is charged and how. Parameters only; memory is in [`Meter`] and [`Damage`].
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// ISO 4217 code of every amount.
    pub currency: String,
    /// Length of a charge period in milliseconds; divides a day.
    pub period_ms: i64,
    /// How long after its end a period is waited for, in milliseconds of the pool's time.
    pub patience_ms: i64,
    /// What resources cost.
    pub prices: Vec<Price>,
    /// What an hour is worth in which a worker waits because of another tenant.
    pub waiting_hour: Option<Money>,
}

impl Cost {
    /// Charges nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            currency: "EUR".to_owned(),
            period_ms: 3_600_000,
            patience_ms: 0,
            prices: Vec::new(),
            waiting_hour: None,
        }
    }

    /// Whether what a series measures is charged.
    #[must_use]
    pub fn is_metered(&self, key: &SeriesKey) -> bool {
        key.tenant.is_customer() && self.prices.iter().any(|price| price.is_for(&key.pool, &key.resource, &key.signal))
    }

    /// Whether nothing has a price.
    #[must_use]
    pub fn charges_nothing(&self) -> bool {
        self.prices.is_empty() && self.waiting_hour.is_none()
    }

    /// The prices of a pool's resources.
    pub fn prices_of<'a>(&'a self, pool: &'a PoolId) -> impl Iterator<Item = &'a Price> {
        self.prices.iter().filter(move |price| price.pool.as_ref().is_none_or(|named| named == pool))
    }

    /// The start of the period that `at` lies in.
    #[must_use]
    pub fn period_of(&self, at: Timestamp) -> Timestamp {
        at.floor_to(self.period_ms)
    }

    /// Until when everything can be charged at `now`.
    #[must_use]
    pub fn chargeable_until(&self, now: Timestamp) -> Timestamp {
        self.period_of(now + -self.patience_ms)
    }
}
