//! The topics that Tidewatch owns, under a prefix that the user may change.

/// The default prefix of all topics that Tidewatch owns.
pub const DEFAULT_PREFIX: &str = "tidewatch";

/// Names of the topics that Tidewatch owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Observations and ticks, keyed by pool.
    pub observations: String,
    /// Incidents, keyed by incident.
    pub incidents: String,
    /// Cost signals, keyed by tenant.
    pub cost_signals: String,
    /// Findings, keyed by series.
    pub findings: String,
    /// Refused inputs, without a key.
    pub rejects: String,
    /// What people do about incidents, keyed by pool.
    pub verdicts: String,
    /// Judged windows of the signals that are asked for, keyed by series.
    pub windows: String,
}

impl Topics {
    /// The topics under `prefix`.
    #[must_use]
    pub fn under(prefix: &str) -> Self {
        Self {
            observations: format!("{prefix}.observations"),
            incidents: format!("{prefix}.incidents"),
            cost_signals: format!("{prefix}.cost-signals"),
            findings: format!("{prefix}.findings"),
            rejects: format!("{prefix}.rejects"),
            verdicts: format!("{prefix}.verdicts"),
            windows: format!("{prefix}.windows"),
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self::under(DEFAULT_PREFIX)
    }
}
