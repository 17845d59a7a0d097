//! Money that is allocated or at risk, with the column names of the FOCUS specification, version 1.3.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Timestamp;

/// What kind of money a cost signal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostKind {
    /// A part of the price of a shared resource. Over a resource and a period these sum up to the bill.
    Allocated,
    /// What others lost because one tenant took too much: no part of any bill.
    AtRisk,
}

/// One charge of one tenant on one resource in one period. Columns of our own carry the prefix `x_`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct CostSignal {
    /// What kind of money it is about.
    #[serde(rename = "x_Kind")]
    pub kind: CostKind,
    /// Tenant, or `__idle__` for what nobody used.
    pub sub_account_id: String,
    /// The same for people.
    pub sub_account_name: String,
    /// The shared resource.
    pub resource_id: String,
    /// What it is an instance of.
    pub service_name: String,
    /// One of the categories of the specification.
    pub service_category: String,
    /// The resource whose price is divided; as `ResourceId`.
    pub allocated_resource_id: String,
    /// How it was divided.
    pub allocated_method_id: String,
    /// Start of the month that the period lies in, inclusive.
    pub billing_period_start: Timestamp,
    /// End of that month, exclusive.
    pub billing_period_end: Timestamp,
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
    /// Unit of `ConsumedQuantity`; what is a level counts by the hour, such as `By.h`.
    pub consumed_unit: String,
    /// What it cost; the same as `EffectiveCost`.
    pub billed_cost: Money,
    /// What it cost; zero where nothing is billed.
    pub effective_cost: Money,
    /// ISO 4217 code.
    pub billing_currency: String,
    /// Pool of the resource.
    #[serde(rename = "x_Pool")]
    pub pool: String,
    /// What the tenant is entitled to in the period, in `ConsumedUnit`; absent where nothing is said about it.
    #[serde(rename = "x_EntitledQuantity")]
    pub entitled_quantity: Option<f64>,
    /// Who caused it, where somebody did.
    #[serde(rename = "x_Culprit")]
    pub culprit: Option<String>,
    /// What the tenant lost, where that has a price.
    #[serde(rename = "x_AtRiskCost")]
    pub at_risk_cost: Option<Money>,
}

impl CostSignal {
    /// The sub-account of what nobody used.
    pub const IDLE: &str = "__idle__";
}
