//! Findings of one tenant that wait for others to say the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Role;
use tidewatch_schemas::{Finding, Timestamp};

use super::{Grouping, is_silence};

/// Most findings of one tenant that wait; the weakest gives way.
const MOST_WAITING: usize = 32;

/// The latest finding of each series that waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Waiting(Vec<Finding>);

impl Waiting {
    /// Adds a finding in place of the older one of its series; forgets findings that ended before `horizon`.
    pub fn add(&mut self, finding: &Finding, horizon: Timestamp) {
        self.0.retain(|other| other.series != finding.series);
        self.forget_before(horizon);
        self.0.push(finding.clone());
        if self.0.len() > MOST_WAITING {
            let weakest = (0_usize..).zip(&self.0).min_by(|one, other| one.1.score.total_cmp(&other.1.score));
            if let Some((position, _)) = weakest {
                self.0.remove(position);
            }
        }
    }

    /// Drops findings that ended before `horizon`; whether any is left.
    pub fn forget_before(&mut self, horizon: Timestamp) -> bool {
        self.0.retain(|finding| finding.window_end >= horizon);
        !self.0.is_empty()
    }

    /// Whether the findings carry an incident: two series that people feel, two different signals, one felt series that
    /// lasts as long as it takes to resolve an incident, or the silence of something that people feel.
    pub fn is_corroborated(&self, grouping: &Grouping) -> bool {
        let felt = || self.0.iter().filter(|finding| grouping.role(finding) == Role::Symptom);
        let signals: BTreeSet<_> = self.0.iter().map(|finding| &finding.signal).collect();
        let lasting = |finding: &Finding| finding.window_end - finding.since >= grouping.resolve_after_ms;
        felt().count() >= 2 || signals.len() >= 2 || felt().any(|finding| lasting(finding) || is_silence(finding))
    }

    pub fn into_findings(self) -> Vec<Finding> {
        self.0
    }
}
