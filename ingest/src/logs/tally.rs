//! The facts of one record as observations: one per series and second, however many lines it took.
//!
//! A busy server writes thousands of lines a second, and an observation for each number in them would cost more than the
//! lines themselves. What lies within a second of one series is one amount, or one distribution.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tidewatch_schemas::observation::LogEvent;
use tidewatch_schemas::observation::{Distribution, Sum, Temporality, Value};
use tidewatch_schemas::{PoolId, ResourceId, TenantId, Timestamp};

use super::{Derived, Fact, LockPart, Manner, Reading};
use crate::batch::{Batch, Draft};
use crate::point::Refusal;
use crate::signal::Signal;

const SECOND_MS: i64 = 1_000;
/// Most events of locks that one record gives; more of them say no more.
const MOST_LOCKS: usize = 100;
/// The signal of events of locks.
const LOCK_SIGNAL: &str = "postgresql.lock.events";
/// OpenTelemetry's number for `INFO`.
const INFO: u8 = 9;

/// Whose a fact is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) pool: PoolId,
    pub(crate) tenant: TenantId,
    pub(crate) resource: ResourceId,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    owner: Owner,
    signal: &'static str,
    label: Cow<'static, str>,
    second: Timestamp,
}

/// What several facts of one key come to.
#[derive(Clone, Copy, Debug)]
struct Total {
    of: &'static Derived,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    newest: Timestamp,
    /// Number of the first log record that is in it.
    first: u32,
}

/// The facts of one record.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    totals: BTreeMap<Key, Total>,
    locks: Vec<Lock>,
}

/// What lines that follow each other say about one lock.
#[derive(Debug)]
struct Lock {
    owner: Owner,
    at: Timestamp,
    part: LockPart,
    index: u32,
}

impl Tally {
    /// Adds what log record `index`, of the time `at`, says.
    pub(crate) fn add(&mut self, owner: Owner, at: Timestamp, reading: Reading, index: u32) {
        self.count(&owner, at, reading.facts, index);
        let Some(part) = reading.lock else { return };
        if !part.goes_on {
            if self.locks.len() < MOST_LOCKS {
                self.locks.push(Lock { owner, at, part, index });
            }
        } else if let Some(last) = self.locks.last_mut().filter(|last| last.owner == owner) {
            last.part.add(part.event);
        }
    }

    fn count(&mut self, owner: &Owner, at: Timestamp, facts: Vec<Fact>, index: u32) {
        for Fact { of, label, value } in facts {
            let key = Key { owner: owner.clone(), signal: of.name, label, second: at.floor_to(SECOND_MS) };
            let empty = Total { of, count: 0, sum: 0.0, min: value, max: value, newest: at, first: index };
            let total = self.totals.entry(key).or_insert(empty);
            total.count += 1;
            total.sum += value;
            total.min = total.min.min(value);
            total.max = total.max.max(value);
            total.newest = total.newest.max(at);
        }
    }

    /// Hands everything to `batch`, in the order of its keys; names longer than `most` bytes are cut. Gives what was
    /// refused, with the number of its first log record.
    pub(crate) fn admit(self, batch: &mut Batch<'_>, most: usize) -> Vec<(u32, Refusal)> {
        let mut refused = Vec::new();
        let signal = Signal::new(LOCK_SIGNAL, "", most);
        for Lock { owner: Owner { pool, tenant, resource }, at, part, index } in self.locks {
            let event = LogEvent { severity: INFO, body: String::new(), lock: Some(Box::new(part.event)) };
            let (attributes, value) = (BTreeMap::new(), Value::Log(event));
            let taken = batch.admit(Draft { signal: &signal, pool, tenant, resource, attributes, at, value });
            refused.extend(taken.err().map(|refusal| (index, refusal)));
        }
        for (key, total) in self.totals {
            let signal = Signal::new(key.signal, total.of.unit, most);
            let Owner { pool, tenant, resource } = key.owner;
            let label = crate::text::cut(&key.label, most);
            let is_labelled = !label.is_empty() && !total.of.label.is_empty();
            let attributes = is_labelled.then(|| (total.of.label.to_owned(), label.to_owned())).into_iter().collect();
            let at = total.newest;
            let draft = Draft { signal: &signal, pool, tenant, resource, attributes, at, value: total.value() };
            if let Err(refusal) = batch.admit(draft) {
                let detail = format!("{} of a log record: {}", key.signal, refusal.detail);
                refused.push((total.first, Refusal { detail, ..refusal }));
            }
        }
        refused
    }
}

impl Total {
    /// Begun in the moment of its own time: that is how an observation says that it tells of events.
    fn value(self) -> Value {
        let start = Some(self.newest);
        match self.of.manner {
            Manner::Amount => {
                Value::Sum(Sum { value: self.sum, temporality: Temporality::Delta, monotonic: true, start })
            }
            Manner::Value => Value::Distribution(Distribution {
                count: self.count,
                sum: Some(self.sum),
                min: Some(self.min),
                max: Some(self.max),
                bounds: Vec::new(),
                counts: Vec::new(),
                temporality: Temporality::Delta,
                start,
            }),
        }
    }
}
