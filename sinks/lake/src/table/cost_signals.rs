//! Columns of `cost_signals`: those of FOCUS, in lower case with underscores.

use super::{Column, column};
use crate::column::Kind::{Money, Number, Text, Time};

pub(super) const COLUMNS: [Column; 12] = [
    column("sub_account_id", "/SubAccountId", Text, "tenant, or __idle__ for what nobody used"),
    column("allocated_resource_id", "/AllocatedResourceId", Text, "the shared resource whose price is divided"),
    column("allocated_method_id", "/AllocatedMethodId", Text, "how it was divided"),
    column("charge_period_start", "/ChargePeriodStart", Time, "start of the period, inclusive"),
    column("charge_period_end", "/ChargePeriodEnd", Time, "end of the period, exclusive"),
    column("charge_category", "/ChargeCategory", Text, "Usage for everything that Tidewatch computes"),
    column("charge_description", "/ChargeDescription", Text, "the charge in one sentence"),
    column("consumed_quantity", "/ConsumedQuantity", Number, "how much was used, in `consumed_unit`"),
    column("consumed_unit", "/ConsumedUnit", Text, "unit of `consumed_quantity`"),
    column("effective_cost", "/EffectiveCost", Money, "what it cost, in `billing_currency`"),
    column("billing_currency", "/BillingCurrency", Text, "ISO 4217 code"),
    column("x_pool", "/x_Pool", Text, "pool of the resource"),
];
