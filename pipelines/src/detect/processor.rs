//! One partition of `tidewatch.observations`: takes records in offset order and commits them as one batch.
//!
//! A commit writes series, incidents, the next offset, the numbers given out and the outbox together. Only then may
//! the outbox be published, and only what was acknowledged is pruned, with the next commit. A crash anywhere leaves a
//! consistent store: what was not committed is read again, what was not pruned is sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidewatch_detectors::Judgement;
use tidewatch_schemas::wire::{self, WireError};
use tidewatch_schemas::{Content, Observation, Origin, PoolId, Reject, RejectReason, SeriesKey, TenantId, Timestamp};

use super::archive::StoredPast;
use super::attempts::{Attempts, Fate};
use super::classes::StoredClass;
use super::costs::StoredMeter;
use super::folded::Arrival;
use super::loss::{Gap, Losses};
use super::marks::Marks;
use super::outbox::Outbox;
use super::outgoing::{Note, NumberedNote, Output};
use super::pool::{Changes, Pool, Results, Spoken};
use super::progress::Progress;
use super::settings::Settings;
use super::sharing::StoredSharing;
use super::stored::{self, StoredError, StoredPool, StoredSeries};
use super::tenants::StoredTenant;
use crate::config::Clock;
use crate::state::{Batch, Family, StateStore, StoreError};

pub(super) const PROGRESS: &[u8] = b"progress";
pub(super) const EPOCH: &[u8] = b"epoch";
/// More notes than a record gives on average, by far.
const MOST_NOTES: u64 = 1 << 16;

/// A record as it was read from `tidewatch.observations`.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its position; `index` is 0.
    pub origin: &'a Origin,
    /// When the broker got it.
    pub at: Timestamp,
    /// Its bytes.
    pub value: Option<&'a [u8]>,
}

/// A processor could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store holds what this release cannot read.
    #[error(transparent)]
    Stored(#[from] StoredError),
}

/// One partition.
pub struct Processor {
    settings: Arc<Settings>,
    store: Box<dyn StateStore>,
    pools: BTreeMap<PoolId, Pool>,
    progress: Progress,
    outbox: Outbox,
    losses: Losses,
    attempts: Attempts,
    notes: Vec<NumberedNote>,
    judgements: Vec<Judgement>,
}

impl Processor {
    /// Opens a partition where its store left it.
    ///
    /// # Errors
    /// When the store cannot be read, or was written by another release.
    pub fn open(settings: Arc<Settings>, store: Box<dyn StateStore>) -> Result<Self, ProcessorError> {
        let progress = match store.get(Family::Meta, PROGRESS)? {
            Some(bytes) => stored::decode("the progress of a partition", &bytes)?,
            None => Progress::default(),
        };
        let (outbox, losses) = (Outbox::open(&*store)?, Losses::open(&*store)?);
        let attempts = Attempts::open(&*store, settings.set_aside_after)?;
        let pools = restore_pools(&settings, &*store)?;
        let (notes, judgements) = (Vec::new(), Vec::new());
        Ok(Self { settings, store, pools, progress, outbox, losses, attempts, notes, judgements })
    }

    /// The epoch of the last owner whose state this is; 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn epoch(&self) -> Result<u64, ProcessorError> {
        let bytes = self.store.get(Family::Meta, EPOCH)?;
        Ok(bytes.map(|bytes| stored::decode("an epoch", &bytes)).transpose()?.unwrap_or(0))
    }

    /// Writes down which epoch the owner has.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin_epoch(&mut self, epoch: u64) -> Result<(), ProcessorError> {
        let mut batch = Batch::default();
        batch.put(Family::Meta, EPOCH.to_vec(), stored::encode(&epoch)?);
        Ok(self.store.write(&batch)?)
    }

    /// The store, as it was left by the latest commit.
    #[must_use]
    pub fn store(&self) -> &dyn StateStore {
        &*self.store
    }

    /// The offset to read next; `None` when nothing was ever read.
    #[must_use]
    pub fn next_offset(&self) -> Option<i64> {
        self.progress.next_offset
    }

    /// Says which offset to read first.
    pub fn begin_at(&mut self, offset: i64) {
        self.progress.next_offset = Some(offset);
    }

    /// The newest event time of any pool.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.pools.values().map(Pool::time).max()
    }

    /// Every series, with the unit of its values; in no order.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &str)> {
        self.pools.values().flat_map(Pool::series)
    }

    /// Takes in one record. Bad bytes become a reject; nothing stops the stream.
    pub fn process(&mut self, record: &Received<'_>) {
        if self.progress.next_offset.is_some_and(|next| record.origin.offset < next) {
            return;
        }
        self.progress.next_offset = Some(record.origin.offset + 1);
        let mut results = Results::default();
        if self.attempts.begin(&mut *self.store, record.origin.offset) == Fate::SetAside {
            results.outputs.push(set_aside(record));
            return self.number(results, record.origin.offset);
        }
        match wire::decode(record.value.unwrap_or_default()).map(|envelope| envelope.content) {
            Ok(Content::Observations { pool, origin, received, observations }) => {
                if self.progress.is_new(&origin) {
                    self.observe(&pool, &observations, (&origin, received), &mut results);
                }
            }
            Ok(Content::Rejects { origin, rejects, .. }) => {
                if self.progress.is_new(&origin) {
                    results.outputs.extend(rejects.into_iter().map(|reject| Output::Reject(Box::new(reject))));
                }
            }
            Ok(Content::Verdict { origin, received, verdict }) => {
                if self.progress.is_new(&origin) {
                    self.listen(&Spoken { verdict: &verdict, origin: &origin, received }, &mut results);
                }
            }
            Ok(Content::Tick(tick)) => self.pass_time(tick.at, &mut results),
            Err(error) => results.outputs.push(refusal(record, &error)),
        }
        let tenants = || tenants(&self.pools);
        results.outputs.extend(self.losses.pass(record.at, self.settings.grouping.resolve_after_ms, tenants));
        self.number(results, record.origin.offset);
        self.attempts.through(&mut *self.store);
    }

    /// Takes note that a part of the input will never be judged, and goes on after it. What is numbered from here on is
    /// not what a replay would have numbered, so numbers go on above everything that was ever given out: above `given` for
    /// outputs of the outbox, and for notes, which nobody reads back, above what the input until here can have given.
    pub fn lose(&mut self, gap: &Gap, given: u64) {
        let records = u64::try_from(gap.to.max(gap.resume)).unwrap_or(0);
        let notes = records.saturating_mul(MOST_NOTES);
        self.progress.next_offset = Some(gap.resume);
        self.progress.sequence = self.progress.sequence.max(given);
        self.progress.note_sequence = self.progress.note_sequence.max(notes);
        self.losses.add(gap);
    }

    fn observe(
        &mut self,
        pool: &PoolId,
        observations: &[Observation],
        (origin, received): (&Origin, Timestamp),
        results: &mut Results,
    ) {
        let judged = self.pools.entry(pool.clone()).or_insert_with(|| Pool::new(pool.clone()));
        judged.hear(&self.settings, self.progress.tick);
        for observation in observations {
            judged.observe(&self.settings, &Arrival { observation, origin, received }, results);
        }
    }

    fn listen(&mut self, spoken: &Spoken<'_>, results: &mut Results) {
        let id = &spoken.verdict.pool;
        if let Some(pool) = self.pools.get_mut(id) {
            return pool.listen(&self.settings, spoken, results);
        }
        let detail = format!("pool {id} is not known, and neither is an incident of it");
        results.outputs.push(spoken.refusal(RejectReason::UnknownIncident, detail));
    }

    fn pass_time(&mut self, now: Timestamp, results: &mut Results) {
        if self.settings.clock == Clock::Events {
            return;
        }
        let now = self.progress.tick.map_or(now, |before| before.max(now));
        self.progress.tick = Some(now);
        for pool in self.pools.values_mut() {
            pool.tick(&self.settings, now, results);
        }
    }

    fn number(&mut self, results: Results, source_offset: i64) {
        for output in results.outputs {
            self.progress.sequence += 1;
            self.outbox.add(output.numbered(self.progress.sequence, source_offset));
        }
        let findings = results.findings.into_iter().map(|finding| Note::Finding(Box::new(finding)));
        let windows = results.windows.into_iter().map(|window| Note::Window(Box::new(window)));
        for note in findings.chain(windows) {
            self.progress.note_sequence += 1;
            self.notes.push(NumberedNote { sequence: self.progress.note_sequence, source_offset, note });
        }
        self.judgements.extend(results.judgements);
    }

    /// Notes since the last call with their numbers, to be published before the commit that follows.
    pub fn take_notes(&mut self) -> Vec<NumberedNote> {
        std::mem::take(&mut self.notes)
    }

    /// Judged windows since the last call; none unless the settings ask for them, and none where they are published.
    pub fn take_judgements(&mut self) -> Vec<Judgement> {
        std::mem::take(&mut self.judgements)
    }

    /// Writes everything since the last commit as one batch.
    ///
    /// # Errors
    /// When the store fails; the processor must then be dropped and opened again.
    pub fn commit(&mut self) -> Result<(), ProcessorError> {
        let mut batch = Batch::default();
        for pool in self.pools.values_mut() {
            write_pool(pool, &mut batch)?;
        }
        self.outbox.write(&mut batch)?;
        self.losses.write(&mut batch)?;
        self.attempts.commit(&mut batch, self.progress.next_offset.unwrap_or(0));
        batch.put(Family::Meta, PROGRESS.to_vec(), stored::encode(&self.progress)?);
        self.store.write(&batch)?;
        self.outbox.written();
        Ok(())
    }

    /// Outputs on their way.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Takes note of what is published. It leaves the outbox, and with a later commit the store.
    pub fn acknowledge(&mut self, published: &Marks) {
        self.outbox.acknowledge(published);
    }

    /// Takes over what was read back from the topics; returns how many outputs have to be published again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn reconcile(&mut self, found: &Marks) -> Result<usize, ProcessorError> {
        self.outbox.reconcile(found, &*self.store)
    }

    /// Breaks the rule that a replay suppresses what is published, so that tests can show what it is for.
    #[cfg(debug_assertions)]
    pub fn repeat_everything(&mut self) {
        self.outbox.repeat_everything();
    }
}

impl Drop for Processor {
    /// Whoever opens the store next sees that it was left in order, unless it was not.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.attempts.end(&mut *self.store);
        }
    }
}

/// Every customer with a series in any pool, sorted, and the pool when there is only one.
fn tenants(pools: &BTreeMap<PoolId, Pool>) -> (Option<PoolId>, Vec<TenantId>) {
    let keys = pools.values().flat_map(Pool::series).map(|(key, _)| &key.tenant);
    let customers: BTreeSet<&TenantId> = keys.filter(|tenant| tenant.is_customer()).collect();
    let mut ids = pools.keys();
    let only = ids.next().filter(|_| ids.next().is_none());
    (only.cloned(), customers.into_iter().cloned().collect())
}

fn restore_pools(settings: &Settings, store: &dyn StateStore) -> Result<BTreeMap<PoolId, Pool>, ProcessorError> {
    let mut pools = BTreeMap::new();
    for (_, bytes) in store.scan(Family::Pools)? {
        let pool: StoredPool = stored::decode("a pool", &bytes)?;
        pools.insert(pool.id.clone(), Pool::restored(pool));
    }
    for (_, bytes) in store.scan(Family::Classes)? {
        let class: StoredClass = stored::decode("a class", &bytes)?;
        if let Some(pool) = pools.get_mut(&class.key.pool) {
            pool.restore_class(class);
        }
    }
    for (_, bytes) in store.scan(Family::Tenants)? {
        let tenant: StoredTenant = stored::decode("a tenant", &bytes)?;
        if let Some(pool) = pools.get_mut(&tenant.pool) {
            pool.restore_tenant(tenant);
        }
    }
    for (_, bytes) in store.scan(Family::Sharing)? {
        let sharing: StoredSharing = stored::decode("what tenants share", &bytes)?;
        if let Some(pool) = pools.get_mut(&sharing.pool) {
            pool.restore_sharing(sharing);
        }
    }
    for (_, bytes) in store.scan(Family::Meters)? {
        let meter: StoredMeter = stored::decode("a meter", &bytes)?;
        if let Some(pool) = pools.get_mut(&meter.pool) {
            pool.restore_meter(meter);
        }
    }
    for (_, bytes) in store.scan(Family::Archive)? {
        let past: StoredPast = stored::decode("an incident that is over", &bytes)?;
        if let Some(pool) = pools.get_mut(&past.pool) {
            pool.restore_past(past);
        }
    }
    for (_, bytes) in store.scan(Family::Series)? {
        let series: StoredSeries = stored::decode("a series", &bytes)?;
        if let Some(pool) = pools.get_mut(&series.key.pool) {
            pool.restore_series(series, settings);
        }
    }
    Ok(pools)
}

fn write_pool(pool: &mut Pool, batch: &mut Batch) -> Result<(), ProcessorError> {
    let id = pool.id().clone();
    let Changes { pool, classes, series, tenants, sharing, meters, archive } = pool.take_changes();
    if let Some(changed) = pool {
        batch.put(Family::Pools, changed.id.as_str().as_bytes().to_vec(), stored::encode(&changed)?);
    }
    for class in classes {
        batch.put(Family::Classes, class.key.bytes(), stored::encode(&class)?);
    }
    for tenant in tenants {
        batch.put(Family::Tenants, tenant.key(), stored::encode(&tenant)?);
    }
    for number in sharing.over {
        batch.delete(Family::Sharing, StoredSharing::key(&id, number));
    }
    for record in sharing.put {
        batch.put(Family::Sharing, StoredSharing::key(&record.pool, record.number), stored::encode(&record)?);
    }
    for series in meters.over {
        batch.delete(Family::Meters, StoredMeter::key(&id, series));
    }
    for record in meters.put {
        batch.put(Family::Meters, StoredMeter::key(&id, record.series), stored::encode(&record)?);
    }
    for incident in archive.over {
        batch.delete(Family::Archive, StoredPast::key(&id, incident));
    }
    for record in archive.put {
        batch.put(Family::Archive, record.own_key(), stored::encode(&record)?);
    }
    for (id, series) in series {
        batch.put(Family::Series, id.0.to_be_bytes().to_vec(), stored::encode(&series)?);
    }
    Ok(())
}

fn set_aside(record: &Received<'_>) -> Output {
    let detail = "the process ended three times while it judged this record, which is therefore left out".to_owned();
    Output::Reject(Box::new(Reject {
        reason: RejectReason::SetAside,
        detail,
        origin: record.origin.clone(),
        received_at: record.at,
        count: 1,
        excerpt: Reject::excerpt_of(record.value.unwrap_or_default()),
    }))
}

fn refusal(record: &Received<'_>, error: &WireError) -> Output {
    let bytes = record.value.unwrap_or_default();
    let reason = match error {
        WireError::UnknownVersion(_) => RejectReason::UnknownVersion,
        _ if bytes.is_empty() => RejectReason::Empty,
        _ => RejectReason::Malformed,
    };
    Output::Reject(Box::new(Reject {
        reason,
        detail: error.to_string(),
        origin: record.origin.clone(),
        received_at: record.at,
        count: 1,
        excerpt: Reject::excerpt_of(bytes),
    }))
}
