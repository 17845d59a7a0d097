//! A judged window: what a series did, and what it was expected to do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Season;
use crate::ids::{PoolId, ResourceId, SeriesId, SignalName, TenantId};
use crate::time::Timestamp;

/// A record of `tidewatch.windows`: one window of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Pool of the series.
    pub pool: PoolId,
    /// Tenant of the series.
    pub tenant: TenantId,
    /// Resource of the series.
    pub resource: ResourceId,
    /// Signal of the series.
    pub signal: SignalName,
    /// Identifier of the series.
    pub series: SeriesId,
    /// Attributes of the series.
    pub attributes: BTreeMap<String, String>,
    /// Unit of `actual`, `expected`, `lower` and `upper`.
    pub unit: String,
    /// Start of the window, inclusive.
    pub window_start: Timestamp,
    /// End of the window, exclusive.
    pub window_end: Timestamp,
    /// What was seen.
    pub actual: f64,
    /// What was expected.
    pub expected: f64,
    /// Lower end of what is usual.
    pub lower: f64,
    /// Upper end of what is usual.
    pub upper: f64,
    /// Which season said so.
    pub season: Season,
    /// Evidence gathered so far, in nats.
    pub score: f64,
    /// Evidence at which a finding begins, in nats.
    pub threshold: f64,
}
