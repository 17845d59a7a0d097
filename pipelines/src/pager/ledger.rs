//! All deliveries of one partition of incidents.
//!
//! Pure but for its store, which is written in whole batches: what was read together with the offset after it, an attempt
//! before it begins, and what came of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidewatch_delivery::pager::{Answer, Channel};
use tidewatch_delivery::{Numbered, SequenceFilter};
use tidewatch_schemas::incident::{Severity, State};
use tidewatch_schemas::{Incident, IncidentId, Timestamp};

use super::delivery::{Change, Delivery, Outcome};
use super::digest::{self, Backlog};
use super::routes::{self, Route};
use crate::detect::stored::{self, StoredError};
use crate::state::{Batch, Family, StateStore, StoreError};

const PROGRESS: &[u8] = b"progress";

/// A ledger could not go on.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store holds what this release cannot read.
    #[error(transparent)]
    Stored(#[from] StoredError),
}

/// A channel by its name, and what it is.
pub type Named = BTreeMap<String, Channel>;

/// How far a partition of incidents was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    next_offset: Option<i64>,
    /// Last number of each source partition.
    seen: BTreeMap<i32, u64>,
}

/// Which delivery: a channel by name, and an incident.
pub type Key = (String, IncidentId);

/// All deliveries of one partition.
pub struct Ledger {
    store: Box<dyn StateStore>,
    progress: Progress,
    filter: SequenceFilter,
    deliveries: BTreeMap<Key, Delivery>,
    changed: BTreeSet<Key>,
    /// Whether anything was read since the last commit.
    has_read: bool,
    /// Changes before this offset were told before, by whoever had the partition then.
    told_until: i64,
}

/// A record of incidents.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its offset.
    pub offset: i64,
    /// Its number.
    pub numbered: Option<Numbered>,
    /// What it says; `None` where the incident was forgotten or the record cannot be read.
    pub incident: Option<Incident>,
}

/// Whose turn it is: the least goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    comes_after_digest: bool,
    severity: Reverse<Severity>,
    due_ms: i64,
}

/// What is known of channels and routes.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Channels.
    pub channels: &'a Named,
    /// Routes.
    pub routes: &'a [Route],
}

impl Ledger {
    /// Opens the ledger where its store left it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open(store: Box<dyn StateStore>) -> Result<Self, LedgerError> {
        let progress: Progress = match store.get(Family::Meta, PROGRESS)? {
            Some(bytes) => stored::decode("the progress of a ledger", &bytes)?,
            None => Progress::default(),
        };
        let mut deliveries = BTreeMap::new();
        for (_, bytes) in store.scan(Family::Outbox)? {
            let (key, delivery): (Key, Delivery) = stored::decode("a delivery", &bytes)?;
            deliveries.insert(key, delivery);
        }
        let filter = SequenceFilter::resume(progress.seen.clone());
        Ok(Self { store, progress, filter, deliveries, changed: BTreeSet::new(), has_read: false, told_until: 0 })
    }

    /// The offset to read next; `None` when nothing was ever read.
    #[must_use]
    pub fn next_offset(&self) -> Option<i64> {
        self.progress.next_offset
    }

    /// Forgets everything: somebody else has had the partition since, and what stands before `told_until` in it was told.
    pub fn begin_anew(&mut self, told_until: i64) {
        self.changed.extend(std::mem::take(&mut self.deliveries).into_keys());
        (self.progress, self.filter) = (Progress::default(), SequenceFilter::default());
        self.told_until = told_until;
    }

    /// Takes a record in.
    pub fn take(&mut self, plan: Plan<'_>, revision: Revision, now_ms: i64) {
        (self.progress.next_offset, self.has_read) = (Some(revision.offset + 1), true);
        if !self.filter.admits(revision.numbered) {
            return;
        }
        let Some(incident) = revision.incident else { return };
        let mut names: BTreeSet<String> =
            routes::channels(plan.routes, &incident).into_iter().map(str::to_owned).collect();
        // Who was told of the beginning is told of the end, whatever the routes say meanwhile.
        let is_known = |name: &&String| self.deliveries.contains_key(&((*name).clone(), incident.incident_id));
        let known: Vec<String> = plan.channels.keys().filter(is_known).cloned().collect();
        if incident.response.silenced_by.is_some() {
            // Whoever was told before the silence hears that it is over; nobody hears anything else of it.
            names.clear();
            names.extend(known.into_iter().filter(|_| incident.state == State::Resolved));
        } else {
            names.extend(known);
        }
        for name in names {
            let Some(channel) = plan.channels.get(&name) else { continue };
            let key = (name, incident.incident_id);
            let delivery = self.deliveries.entry(key.clone()).or_default();
            if revision.offset < self.told_until {
                delivery.remember(incident.clone(), channel.repeat_after_ms(&incident, now_ms).map(|_| now_ms));
            } else {
                delivery.add(Change { offset: revision.offset, incident: incident.clone() }, now_ms);
            }
            self.settle(key);
        }
    }

    /// What `channel` is to be told next, when anything is due: the worst, and of the equally bad what has waited longest.
    #[must_use]
    pub fn due(&self, channel: &str, now_ms: i64) -> Option<(Key, Turn)> {
        let due = self.of_channel(channel).filter_map(|(key, delivery)| {
            let due_ms = delivery.due_ms().filter(|at| *at <= now_ms)?;
            let (incident, _) = delivery.next()?;
            let is_digest = incident.signal.as_str() == digest::SIGNAL;
            Some((Turn { comes_after_digest: !is_digest, severity: Reverse(incident.severity), due_ms }, key))
        });
        due.min().map(|(turn, key)| (key.clone(), turn))
    }

    fn of_channel(&self, channel: &str) -> impl Iterator<Item = (&Key, &Delivery)> {
        let first = (channel.to_owned(), IncidentId(0));
        self.deliveries.range(first..).take_while(move |((name, _), _)| name == channel)
    }

    /// Adds what waits for `channel` here.
    pub fn count(&self, channel: &str, backlog: &mut Backlog) {
        for (_, delivery) in self.of_channel(channel) {
            let is_message = |incident: &&Incident| incident.signal.as_str() != digest::SIGNAL;
            if let Some(latest) = delivery.latest().filter(is_message).filter(|_| delivery.waiting() > 0) {
                backlog.add(latest, delivery.waiting());
            }
        }
    }

    /// Has `channel` told of its `backlog`, when it may hear of no more than one change (`is_spent`), and that there is
    /// none, once that is so. What is told is kept with `partition`, which this is.
    pub fn sum_up(&mut self, channel: &str, partition: i32, backlog: &Backlog, (is_spent, now_ms): (bool, i64)) {
        let key = (channel.to_owned(), digest::identity(channel, partition));
        let told = self.deliveries.get(&key).and_then(Delivery::latest);
        let is_over = backlog.is_empty() && told.is_some_and(|told| told.state != State::Resolved);
        let is_due = is_over || is_spent && backlog.is_worth_telling(told);
        if !is_due {
            return;
        }
        let incident = backlog.message(channel, partition, told, Timestamp(now_ms));
        let offset = self.progress.next_offset.unwrap_or(0);
        self.deliveries.entry(key.clone()).or_default().add(Change { offset, incident }, now_ms);
        self.settle(key);
    }

    /// What is to be told in a delivery, and what the channel knows; takes note that it is about to be.
    pub fn begin(&mut self, key: &Key) -> Option<(Incident, Option<Incident>)> {
        let delivery = self.deliveries.get_mut(key)?;
        delivery.begin();
        let (told, known) = delivery.next()?;
        let found = (told.clone(), known.cloned());
        self.changed.insert(key.clone());
        Some(found)
    }

    /// Takes note of an answer; `None` when the delivery is not there any more.
    pub fn answered(&mut self, key: &Key, revision: u32, answer: Answer, times: (i64, Option<i64>)) -> Option<Outcome> {
        let delivery = self.deliveries.get_mut(key)?;
        let spread = [key.0.as_bytes(), &key.1.0.to_be_bytes()].concat();
        let outcome = delivery.answered(revision, answer, times, &spread);
        self.settle(key.clone());
        Some(outcome)
    }

    /// Takes note of a change of a delivery, and forgets it where it is done.
    fn settle(&mut self, key: Key) {
        if self.deliveries.get(&key).is_some_and(Delivery::is_done) {
            self.deliveries.remove(&key);
        }
        self.changed.insert(key);
    }

    /// Whether records were read that are not written yet.
    #[must_use]
    pub fn has_read(&self) -> bool {
        self.has_read
    }

    /// Writes everything that changed as one batch; nothing where nothing did.
    ///
    /// # Errors
    /// When the store fails; the ledger must then be opened again.
    pub fn commit(&mut self) -> Result<(), LedgerError> {
        if !std::mem::take(&mut self.has_read) && self.changed.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        for key in std::mem::take(&mut self.changed) {
            let place = [key.0.as_bytes(), b"/", &key.1.0.to_be_bytes()].concat();
            match self.deliveries.get(&key) {
                Some(delivery) => batch.put(Family::Outbox, place, stored::encode(&(&key, delivery))?),
                None => batch.delete(Family::Outbox, place),
            }
        }
        self.progress.seen.clone_from(self.filter.last());
        batch.put(Family::Meta, PROGRESS.to_vec(), stored::encode(&self.progress)?);
        Ok(self.store.write(&batch)?)
    }

    /// The offset up to which everything was told.
    #[must_use]
    pub fn told_until(&self) -> Option<i64> {
        let oldest = self.deliveries.values().filter_map(Delivery::oldest).min();
        oldest.or(self.progress.next_offset)
    }

    /// Changes that wait to be told.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.deliveries.values().map(Delivery::waiting).sum()
    }
}

#[cfg(test)]
pub(super) mod tests;
