//! What a store holds, for people: which series there are, and what is believed of one.

use std::sync::Arc;

use serde::Serialize;
use tidewatch_detectors::baseline::inspection::Inspection;
use tidewatch_detectors::calendar::Today;
use tidewatch_detectors::series::{Around, Identity};
use tidewatch_detectors::{Class, SeriesState};
use tidewatch_schemas::{Catalog, SeriesId, SeriesKey, Timestamp};

use super::classes::{ClassKey, StoredClass};
use super::processor::{PROGRESS, ProcessorError};
use super::progress::Progress;
use super::settings::Settings;
use super::stored::{self, StoredSeries};
use crate::state::{Family, StateStore};

/// Version of the values in a store that this release reads and writes.
pub const STATE_VERSION: u8 = stored::VERSION;

/// How far the partition of a store has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Offset to read next.
    pub next_offset: u64,
    /// Last number given to an output.
    pub sequence: u64,
    /// Last number given to a note.
    pub note_sequence: u64,
}

/// How far the partition of `store` has come; `None` when it has read nothing.
///
/// # Errors
/// When the store cannot be read, or was written by another release.
pub fn reached(store: &dyn StateStore) -> Result<Option<Reached>, ProcessorError> {
    let Some(bytes) = store.get(Family::Meta, PROGRESS)? else { return Ok(None) };
    let progress: Progress = stored::decode("the progress of a partition", &bytes)?;
    let next_offset = progress.next_offset.and_then(|next| u64::try_from(next).ok());
    let (sequence, note_sequence) = (progress.sequence, progress.note_sequence);
    Ok(next_offset.map(|next_offset| Reached { next_offset, sequence, note_sequence }))
}

/// The series of a store.
#[derive(Debug, Default)]
pub struct Snapshot {
    series: Vec<StoredSeries>,
    classes: Vec<StoredClass>,
}

/// A series by its names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    /// Identifier of the series.
    pub series: SeriesId,
    /// Who it is.
    #[serde(flatten)]
    pub key: SeriesKey,
    /// Unit of its values.
    pub unit: String,
}

/// What is believed of a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Believed {
    /// The series.
    #[serde(flatten)]
    pub named: Named,
    /// What the baseline believes; absent while it has seen no window.
    pub baseline: Option<Inspection>,
}

impl Snapshot {
    /// Adds what `store` holds.
    ///
    /// # Errors
    /// When the store cannot be read, or was written by another release.
    pub fn add(&mut self, store: &dyn StateStore) -> Result<(), ProcessorError> {
        for (_, bytes) in store.scan(Family::Classes)? {
            self.classes.push(stored::decode("a class", &bytes)?);
        }
        for (_, bytes) in store.scan(Family::Series)? {
            let series: StoredSeries = stored::decode("a series", &bytes)?;
            if series.state != SeriesState::default() {
                self.series.push(series);
            }
        }
        Ok(())
    }

    /// How many series there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The series that `query` means: the one with this identifier, or those whose names have every word of it.
    #[must_use]
    pub fn find(&self, query: &str) -> Vec<Named> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<Named> =
            self.series.iter().map(named).filter(|named| is_meant(named, query, &words)).collect();
        found.sort_by(|one, other| one.key.cmp(&other.key));
        found
    }

    /// What is believed of a series about the window at `at`, or about its next one.
    #[must_use]
    pub fn inspect(&self, settings: &Settings, id: SeriesId, at: Option<Timestamp>) -> Option<Believed> {
        let series = self.series.iter().find(|series| series.key.id() == id)?;
        let spec = Catalog.lookup(series.key.signal.as_str());
        let who = Identity { key: &series.key, spec, unit: &series.unit, is_metered: false };
        let mut class = self.class_of(series);
        let mut today = Today::new(settings.calendars.of(&series.key.tenant));
        let around = Around { today: &mut today, class: &mut class };
        let baseline = series.state.inspect(&settings.series, who, around, at);
        Some(Believed { named: named(series), baseline })
    }

    fn class_of(&self, series: &StoredSeries) -> Class {
        let key = ClassKey::of(&series.key, Arc::clone(&series.tenants));
        self.classes.iter().find(|stored| stored.key == key).map(|stored| stored.class.clone()).unwrap_or_default()
    }
}

fn named(series: &StoredSeries) -> Named {
    Named { series: series.key.id(), key: series.key.clone(), unit: series.unit.clone() }
}

fn is_meant(named: &Named, query: &str, words: &[String]) -> bool {
    if named.series.to_string() == query {
        return true;
    }
    let name = named.to_string().to_lowercase();
    !words.is_empty() && words.iter().all(|word| name.contains(word))
}

impl std::fmt::Display for Named {
    /// `signal{attributes} of tenant on resource in pool`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SeriesKey { pool, tenant, resource, signal, attributes } = &self.key;
        let pairs: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let attributes = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        write!(
            out,
            "{}{attributes} of {} on {} in {}",
            signal.as_str(),
            tenant.as_str(),
            resource.as_str(),
            pool.as_str()
        )
    }
}
