//! What lines say about locks, handed to who puts it together. Such a line is no series: its number counts nothing.

use tidewatch_detectors::locks::{Chain, Locks, Seen};
use tidewatch_schemas::{Finding, LockEvent, Observation, PoolId, Value};

use super::Arrival;

/// What an observation says about a lock.
pub(super) fn event(observation: &Observation) -> Option<&LockEvent> {
    match &observation.value {
        Value::Log(event) => event.lock.as_deref(),
        _ => None,
    }
}

/// The lock with whose it is and where it came from. A clock that is ahead counts as far as the broker's.
pub(super) fn seen<'a>(pool: &'a PoolId, arrival: &Arrival<'a>, event: &'a LockEvent) -> Seen<'a> {
    let series = &arrival.observation.series;
    let at = arrival.observation.at.min(arrival.received);
    Seen { pool, tenant: &series.tenant, resource: &series.resource, at, event, origin: arrival.origin }
}

/// Chains as findings.
pub(super) fn findings(locks: Locks, chains: impl IntoIterator<Item = Chain>) -> Vec<Finding> {
    chains.into_iter().map(|chain| chain.finding(locks.tell_after_ms)).collect()
}
