//! Refusals of one pool, folded: one record a reason and step says how many inputs were refused and shows the first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Observation, Origin, Reject, RejectReason, Timestamp};

/// Refusals since the last step of the pool's time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Folded {
    refused: BTreeMap<RejectReason, Reject>,
}

/// An observation with where and when it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub observation: &'a Observation,
    pub origin: &'a Origin,
    pub received: Timestamp,
}

impl Folded {
    /// Counts a refusal; the first of its reason is the one that is shown.
    pub fn add(&mut self, reason: RejectReason, arrival: &Arrival<'_>, detail: impl FnOnce() -> String) {
        self.add_of(reason, (arrival.origin, arrival.received), detail);
    }

    /// Counts a refusal of what came from `origin` and was received then.
    pub fn add_of(
        &mut self,
        reason: RejectReason,
        (origin, received): (&Origin, Timestamp),
        detail: impl FnOnce() -> String,
    ) {
        let first = || Reject {
            reason,
            detail: detail(),
            origin: origin.clone(),
            received_at: received,
            count: 0,
            excerpt: String::new(),
        };
        self.refused.entry(reason).or_insert_with(first).count += 1;
    }

    /// What was refused since the last call.
    pub fn take(&mut self) -> impl Iterator<Item = Reject> + use<> {
        std::mem::take(&mut self.refused).into_values()
    }
}
