//! Columns of `cost_signals`: those of FOCUS, in lower case with underscores.

use super::{Column, column};
use crate::column::Kind::{Money, Number, Text, Time};

pub(super) const COLUMNS: [Column; 23] = [
    column(
        "x_kind",
        "/x_Kind",
        Text,
        "allocated: a part of the price of a resource; at_risk: lost because of somebody",
    ),
    column("sub_account_id", "/SubAccountId", Text, "tenant, or __idle__ for what nobody used"),
    column("sub_account_name", "/SubAccountName", Text, "the same for people"),
    column("resource_id", "/ResourceId", Text, "the shared resource"),
    column("service_name", "/ServiceName", Text, "what it is an instance of"),
    column("service_category", "/ServiceCategory", Text, "one of the categories of FOCUS"),
    column("allocated_resource_id", "/AllocatedResourceId", Text, "the shared resource whose price is divided"),
    column("allocated_method_id", "/AllocatedMethodId", Text, "how it was divided"),
    column("billing_period_start", "/BillingPeriodStart", Time, "start of the month of the period, inclusive"),
    column("billing_period_end", "/BillingPeriodEnd", Time, "end of that month, exclusive"),
    column("charge_period_start", "/ChargePeriodStart", Time, "start of the period, inclusive"),
    column("charge_period_end", "/ChargePeriodEnd", Time, "end of the period, exclusive"),
    column("charge_category", "/ChargeCategory", Text, "Usage for everything that Tidewatch computes"),
    column("charge_description", "/ChargeDescription", Text, "the charge in one sentence"),
    column("consumed_quantity", "/ConsumedQuantity", Number, "how much was used, in `consumed_unit`"),
    column("consumed_unit", "/ConsumedUnit", Text, "unit of `consumed_quantity`"),
    column("billed_cost", "/BilledCost", Money, "the same as `effective_cost`"),
    column("effective_cost", "/EffectiveCost", Money, "what it cost, in `billing_currency`; zero where it is at risk"),
    column("billing_currency", "/BillingCurrency", Text, "ISO 4217 code"),
    column("x_pool", "/x_Pool", Text, "pool of the resource"),
    column("x_entitled_quantity", "/x_EntitledQuantity", Number, "what the tenant is entitled to, in `consumed_unit`"),
    column("x_culprit", "/x_Culprit", Text, "who caused it, where somebody did"),
    column("x_at_risk_cost", "/x_AtRiskCost", Money, "what was lost, in `billing_currency`, where waiting has a price"),
];
