//! A series in the hot memory of a pool: who it is, what is remembered of it, and when it wants to be looked at again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tidewatch_detectors::SeriesState;
use tidewatch_detectors::calendar::Today;
use tidewatch_detectors::series::{Identity, Settings};
use tidewatch_schemas::{Catalog, SeriesId, SeriesKey, SignalSpec, TenantId, Timestamp};

use super::classes::ClassIndex;
use super::stored::StoredSeries;

/// What a series has from others: from its tenant and from its class.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub today: Today,
    pub class: ClassIndex,
    /// The class of the tenant.
    pub tenants: Arc<str>,
    /// Whether what it measures is charged.
    pub is_metered: bool,
}

/// One series.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: SeriesKey,
    pub unit: String,
    pub spec: &'static SignalSpec,
    pub state: SeriesState,
    pub today: Today,
    pub class: ClassIndex,
    tenants: Arc<str>,
    is_metered: bool,
    window_due: Option<Timestamp>,
    silent_due: Option<Timestamp>,
    dirty: bool,
}

impl Entry {
    fn fresh(stored: StoredSeries, place: Place) -> Self {
        let StoredSeries { key, unit, state, .. } = stored;
        let Place { today, class, tenants, is_metered } = place;
        let spec = Catalog.lookup(key.signal.as_str());
        Self {
            key,
            unit,
            spec,
            state,
            today,
            class,
            tenants,
            is_metered,
            window_due: None,
            silent_due: None,
            dirty: false,
        }
    }

    /// Who it is, what is remembered of it, and its day.
    pub fn for_judging(&mut self) -> (Identity<'_>, &mut SeriesState, &mut Today) {
        let identity = Identity { key: &self.key, spec: self.spec, unit: &self.unit, is_metered: self.is_metered };
        (identity, &mut self.state, &mut self.today)
    }

    fn stored(&self) -> StoredSeries {
        let tenants = Arc::clone(&self.tenants);
        StoredSeries { key: self.key.clone(), unit: self.unit.clone(), tenants, state: self.state.clone() }
    }
}

/// The series of a pool, and the order in which they want to be looked at. Never iterated in hash order.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    by_id: HashMap<SeriesId, Entry>,
    windows: BTreeSet<(Timestamp, SeriesId)>,
    silences: BTreeSet<(Timestamp, SeriesId)>,
    dirty: Vec<SeriesId>,
}

impl Entries {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn contains(&self, id: SeriesId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub fn get(&self, id: SeriesId) -> Option<&Entry> {
        self.by_id.get(&id)
    }

    pub fn get_mut(&mut self, id: SeriesId) -> Option<&mut Entry> {
        self.by_id.get_mut(&id)
    }

    pub fn insert(&mut self, id: SeriesId, key: SeriesKey, unit: String, place: Place) {
        let stored = StoredSeries { key, unit, tenants: Arc::clone(&place.tenants), state: SeriesState::default() };
        self.by_id.insert(id, Entry::fresh(stored, place));
    }

    pub fn restore(&mut self, stored: StoredSeries, settings: &Settings, place: Place) {
        let id = stored.key.id();
        self.by_id.insert(id, Entry::fresh(stored, place));
        self.schedule(id, settings);
    }

    /// Forgets what is remembered of a series, which begins anew.
    pub fn reset(&mut self, id: SeriesId, settings: &Settings, today: Today) {
        if let Some(entry) = self.by_id.get_mut(&id) {
            (entry.state, entry.today) = (SeriesState::default(), today);
        }
        self.changed(id, settings);
    }

    /// Takes note that a series changed: it is written with the next batch and its deadlines are set anew.
    pub fn changed(&mut self, id: SeriesId, settings: &Settings) {
        if let Some(entry) = self.by_id.get_mut(&id)
            && !std::mem::replace(&mut entry.dirty, true)
        {
            self.dirty.push(id);
        }
        self.schedule(id, settings);
    }

    fn schedule(&mut self, id: SeriesId, settings: &Settings) {
        let Some(entry) = self.by_id.get_mut(&id) else { return };
        let (window, silent) = (entry.state.due(settings), entry.state.silent_from(settings));
        reschedule(&mut self.windows, (&mut entry.window_due, window), id);
        reschedule(&mut self.silences, (&mut entry.silent_due, silent), id);
    }

    /// The next series with a window to close at `now`.
    pub fn next_window(&self, now: Timestamp) -> Option<SeriesId> {
        self.windows.first().filter(|(due, _)| *due <= now).map(|(_, id)| *id)
    }

    /// The series that were due before `now`, the longest overdue first.
    pub fn overdue(&self, now: Timestamp) -> Vec<SeriesId> {
        self.silences.iter().take_while(|(due, _)| *due < now).map(|(_, id)| *id).collect()
    }

    /// The series of a tenant, in no order.
    pub fn of_tenant<'a>(&'a mut self, tenant: &'a TenantId) -> impl Iterator<Item = &'a mut Entry> {
        self.by_id.values_mut().filter(move |entry| entry.key.tenant == *tenant)
    }

    /// Who they are and the units of their values, in no order.
    pub fn keys(&self) -> impl Iterator<Item = (&SeriesKey, &str)> {
        self.by_id.values().map(|entry| (&entry.key, entry.unit.as_str()))
    }

    /// The changed series, in the order they changed.
    pub fn take_dirty(&mut self) -> Vec<(SeriesId, StoredSeries)> {
        let ids = std::mem::take(&mut self.dirty);
        let stored = |id: SeriesId| {
            let entry = self.by_id.get_mut(&id)?;
            entry.dirty = false;
            Some((id, entry.stored()))
        };
        ids.into_iter().filter_map(stored).collect()
    }
}

fn reschedule(
    order: &mut BTreeSet<(Timestamp, SeriesId)>,
    (old, new): (&mut Option<Timestamp>, Option<Timestamp>),
    id: SeriesId,
) {
    if *old == new {
        return;
    }
    if let Some(due) = old.take() {
        order.remove(&(due, id));
    }
    if let Some(due) = new {
        order.insert((due, id));
    }
    *old = new;
}
