//! What a detector concluded about a window, with the numbers that made it conclude that.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::Mechanism;
use crate::ids::{PoolId, ResourceId, SeriesId, SignalName, TenantId};
use crate::origin::Origin;
use crate::time::Timestamp;

/// Which detector concluded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetectorName {
    /// The window is not what the series does at this time.
    Baseline,
    /// The level has changed and stays changed.
    Shift,
    /// A value that usually changes has stopped changing.
    Flatline,
    /// An event that comes now and then came too early, too late, or in another size.
    Sparse,
    /// A state that is entered seldom has been entered, or one is held longer than ever.
    State,
    /// The series should have reported and did not.
    Silence,
    /// The tenant sends more series than it may have.
    Limit,
    /// Sessions wait for a lock, and one holds them up.
    Locks,
    /// Tenants suffer together on what they share: because of one of them, of all of them, or of none.
    Contention,
    /// The tenant is worse than those of its class all the time.
    Peers,
    /// The work of some tenants follows what another one takes, and nobody measures how slow it is.
    Following,
}

/// On which side of the band the value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// More than usual.
    Above,
    /// Less than usual.
    Below,
}

/// Which season said what to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Season {
    /// The recent level.
    Recent,
    /// The usual level at this time of day.
    Daily,
    /// The usual level at this hour of this weekday.
    Weekly,
    /// The usual level so many business days from a period end, or on a named event.
    Calendar,
}

/// What about the series spoke loudest: which comparison the evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The distance from what is usual at this time, over the latest windows.
    Lasting,
    /// The distance from what is usual at this time.
    Season,
    /// The distance from the slow level.
    Level,
    /// The mean of the latest windows against the centre of the last ten days.
    Mean,
    /// The course of the latest windows against every course seen before.
    Shape,
    /// The course of the last three hours against the same hours of the days before.
    Recurrence,
    /// The sum of deviations that last.
    Sum,
}

/// What has stopped, when something is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The series alone; others of its tenant on its resource go on.
    Series,
    /// Everything on the resource: its agent is dead.
    Agent,
    /// Everything of the tenant, while others on its resources go on: it is suspended.
    Tenant,
    /// Everything of the pool: what carries it here is late.
    Pipeline,
}

/// Whose fault it is that tenants suffer together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guilt {
    /// Of those who are named.
    Culprits,
    /// Nobody's: all take more than usual.
    Collective,
    /// Nobody's: nobody takes more than usual. Less capacity, or something outside.
    Nobody,
}

/// Who hurts whom on a shared resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contention {
    /// Whose fault it is.
    pub guilt: Guilt,
    /// Who takes more than usual, the heaviest first; empty when nobody is guilty.
    pub culprits: Vec<TenantId>,
    /// Who suffers, sorted; a culprit that suffers from itself as well is among them.
    pub victims: Vec<TenantId>,
    /// What of the resource the culprits take.
    pub mechanism: Option<Mechanism>,
    /// The signal in which it shows best.
    pub signal: Option<SignalName>,
    /// The culprits' excess as a part of everything that is taken, 0 to 1.
    pub dose: f64,
    /// The culprits' part of what is taken beyond usual, 0 to 1.
    pub share: f64,
    /// How far the pain follows the culprits' use in time, 0 to 1.
    pub follows: f64,
    /// When the culprits began to take more.
    pub began: Option<Timestamp>,
    /// How many times longer things take for the victims, in the median.
    pub times: f64,
    /// Whether the victims' work fails rather than being slow.
    pub fails: bool,
    /// What would help; empty when nobody is guilty.
    pub advice: String,
}

/// What a detector concluded about one window of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which detector concluded it.
    pub detector: DetectorName,
    /// Pool of the series.
    pub pool: PoolId,
    /// Tenant of the series, or `_shared` or `_unassigned`.
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
    /// Start of the first window that did not fit.
    pub since: Timestamp,
    /// Start of the window, inclusive.
    pub window_start: Timestamp,
    /// End of the window, exclusive.
    pub window_end: Timestamp,
    /// What was seen; absent for silence.
    pub actual: Option<f64>,
    /// What was expected.
    pub expected: f64,
    /// Lower end of what is usual.
    pub lower: f64,
    /// Upper end of what is usual.
    pub upper: f64,
    /// Which season said so.
    pub season: Season,
    /// On which side it lies.
    pub side: Side,
    /// Which comparison spoke loudest; absent where the detector makes only one.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// What has stopped; only of silence.
    #[serde(default)]
    pub silence: Option<Stopped>,
    /// Who hurts whom; only of contention.
    #[serde(default)]
    pub contention: Option<Box<Contention>>,
    /// Evidence gathered so far, in nats.
    pub score: f64,
    /// Share of the evidence that the channel brings, 0 to 1; 1 where there is only one.
    #[serde(default = "whole")]
    pub share: f64,
    /// How far the baseline itself can be trusted, 0 to 1: it grows with the history behind it.
    pub confidence: f64,
    /// The finding in one sentence.
    pub summary: String,
    /// The newest input that went into the window.
    pub origin: Origin,
}

fn whole() -> f64 {
    1.0
}
