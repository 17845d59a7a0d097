//! Money that is allocated, wasted or at risk, with the column names of the FOCUS specification, version 1.3.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Timestamp;

/// One charge of one tenant on one resource in one period. Columns of our own carry the prefix `x_`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct CostSignal {
    /// Tenant, or `__idle__` for what nobody used.
    pub sub_account_id: String,
    /// The shared resource whose price is divided.
    pub allocated_resource_id: String,
    /// How it was divided.
    pub allocated_method_id: String,
    /// Start of the period, inclusive.
    pub charge_period_start: Timestamp,
    /// End of the period, exclusive.
    pub charge_period_end: Timestamp,
    /// `Usage` for everything that Tidewatch computes.
    pub charge_category: String,
    /// The charge in one sentence.
    pub charge_description: String,
    /// How much was used.
    pub consumed_quantity: f64,
    /// Unit of `ConsumedQuantity`.
    pub consumed_unit: String,
    /// What it cost.
    pub effective_cost: Money,
    /// ISO 4217 code.
    pub billing_currency: String,
    /// Pool of the resource.
    #[serde(rename = "x_Pool")]
    pub pool: String,
}
