//! Judges the observations of one pool. Everything of a pool is decided here, in the order of its records, whatever
//! else its partition holds: the same records give the same incidents in one partition or in sixty-four.
//!
//! The pool's time is its newest event time. Each time it passes a step, windows that their own series did not close
//! are closed, silences are noticed and calm incidents are resolved.

mod limits;
mod locks;
mod verdicts;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewatch_detectors::calendar::Today;
use tidewatch_detectors::grouping::deployments;
use tidewatch_detectors::series::Around;
use tidewatch_detectors::silence::{self, Rhythm, Silent};
use tidewatch_detectors::{Judgement, grouping};
use tidewatch_schemas::finding::Stopped;
use tidewatch_schemas::{
    Finding, Incident, Observation, Origin, PoolId, RejectReason, SeriesId, SeriesKey, TenantId, Timestamp, Value,
    Window,
};

use super::archive::{Archive, ArchiveChanges, StoredPast};
use super::classes::{ClassKey, Classes, StoredClass};
use super::costs::{Account, MeterChanges, Meters, StoredMeter};
use super::entry::{Entries, Place};
use super::folded::{Arrival, Folded};
use super::neighbours::{Neighbours, REPORTS};
use super::outgoing::Output;
use super::settings::Settings;
use super::sharing::{Sharing, SharingChanges, StoredSharing};
use super::stored::{StoredPool, StoredSeries};
use super::tenants::{OVERFLOW, StoredTenant, Tenants};
use super::undelivered::Undelivered;
pub(super) use verdicts::Spoken;

/// How far the pool's time moves between two looks at its deadlines.
const STEP_MS: i64 = 5_000;
/// How long nothing may arrive for a pool, by ticks, before the pool counts as silent.
const POOL_PATIENCE_MS: i64 = 300_000;

/// One pool: what is stored of it, and its series.
#[derive(Debug)]
pub(super) struct Pool {
    state: StoredPool,
    series: Entries,
    classes: Classes,
    neighbours: Neighbours,
    tenants: Tenants,
    sharing: Sharing,
    meters: Meters,
    archive: Archive,
    changed: bool,
}

/// What changed in a pool.
#[derive(Debug)]
pub(super) struct Changes {
    pub pool: Option<StoredPool>,
    pub classes: Vec<StoredClass>,
    pub series: Vec<(SeriesId, StoredSeries)>,
    pub tenants: Vec<StoredTenant>,
    pub sharing: SharingChanges,
    pub meters: MeterChanges,
    pub archive: ArchiveChanges,
}

/// What judging gave.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub outputs: Vec<Output>,
    pub findings: Vec<Finding>,
    pub windows: Vec<Window>,
    pub judgements: Vec<Judgement>,
}

impl Pool {
    pub fn new(id: PoolId) -> Self {
        let state = StoredPool {
            id,
            time: Timestamp(i64::MIN),
            pulse: Rhythm::default(),
            resumed: None,
            heard_at: None,
            quiet: false,
            cases: grouping::State::default(),
            locks: tidewatch_detectors::locks::State::default(),
            account: Account::default(),
            refused: Folded::default(),
            undelivered: Undelivered::default(),
            last_origin: None,
        };
        Self { changed: true, ..Self::restored(state) }
    }

    pub fn restored(state: StoredPool) -> Self {
        Self {
            state,
            series: Entries::default(),
            classes: Classes::default(),
            neighbours: Neighbours::default(),
            tenants: Tenants::default(),
            sharing: Sharing::default(),
            meters: Meters::default(),
            archive: Archive::default(),
            changed: false,
        }
    }

    /// Takes a stored series in. One whose tenant has been put into another class leaves the one it was in.
    pub fn restore_series(&mut self, mut stored: StoredSeries, settings: &Settings) {
        self.neighbours.restore(&stored.key);
        if stored.key.signal.as_str() != REPORTS {
            self.tenants.count(&stored.key);
        }
        let (id, place) = (stored.key.id(), self.place_of(settings, &stored.key));
        let has_moved = stored.tenants != place.tenants;
        if has_moved {
            let before = self.classes.index(ClassKey::of(&stored.key, Arc::clone(&stored.tenants)));
            self.classes.get_mut(before).into_iter().for_each(|class| stored.state.leave(class));
        }
        self.series.restore(stored, &settings.series, place);
        if has_moved {
            self.series.changed(id, &settings.series);
        }
    }

    /// To be called before the series are restored.
    pub fn restore_tenant(&mut self, stored: StoredTenant) {
        self.tenants.restore(stored);
    }

    /// Records come in the order of their keys.
    pub fn restore_sharing(&mut self, stored: StoredSharing) {
        self.sharing.restore(stored);
    }

    pub fn restore_meter(&mut self, stored: StoredMeter) {
        self.meters.restore(stored);
    }

    pub fn restore_past(&mut self, stored: StoredPast) {
        self.archive.restore(stored);
    }

    pub fn restore_class(&mut self, stored: StoredClass) {
        self.classes.restore(stored);
    }

    /// The calendar and the class of a series, after a restart as at its beginning.
    fn place_of(&mut self, settings: &Settings, key: &SeriesKey) -> Place {
        let tenants = settings.calendars.class(&key.tenant);
        let class = self.classes.index(ClassKey::of(key, Arc::clone(&tenants)));
        let is_metered = settings.cost.is_metered(key);
        Place { today: Today::new(self.calendar_of(settings, &key.tenant)), class, tenants, is_metered }
    }

    /// Which pool it is.
    pub fn id(&self) -> &PoolId {
        &self.state.id
    }

    /// The pool's newest event time.
    pub fn time(&self) -> Timestamp {
        self.state.time
    }

    /// Every series that agents report, with the unit of its values.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &str)> {
        self.series.keys().filter(|(key, _)| key.signal.as_str() != REPORTS)
    }

    /// What changed since the last call, to be written.
    pub fn take_changes(&mut self) -> Changes {
        let changed = std::mem::take(&mut self.changed);
        let pool = changed.then(|| self.state.clone());
        let (classes, series) = (self.classes.take_changed(), self.series.take_dirty());
        let (sharing, meters) = (self.sharing.take_changes(&self.state.id), self.meters.take_changes(&self.state.id));
        let archive = self.archive.take_changes(&self.state.id);
        Changes { pool, classes, series, tenants: self.tenants.take_changed(), sharing, meters, archive }
    }

    /// Judges one observation.
    pub fn observe(&mut self, settings: &Settings, arrival: &Arrival<'_>, results: &mut Results) {
        let Arrival { observation, origin, received } = *arrival;
        self.changed = true;
        self.state.last_origin = Some(origin.clone());
        if let Some(deployment) = deployments::deployment(observation, observation.at.min(received)) {
            let revised = settings.grouping.deployed(&mut self.state.cases, deployment, self.state.time);
            results.outputs.extend(revised.into_iter().map(|incident| self.published(settings, incident)));
        } else if let Some(lock) = locks::event(observation) {
            let seen = locks::seen(&self.state.id, arrival, lock);
            let chain = settings.locks.observe(&mut self.state.locks, &seen);
            self.group(settings, locks::findings(settings.locks, chain), results);
        } else if !self.refuses(arrival)
            && let Some(id) = self.find(settings, arrival)
        {
            self.judge_arrival(settings, id, arrival, results);
        }
        let before = self.state.time.floor_to(STEP_MS);
        // An agent whose clock is ahead must not close the windows of all others: its time counts only as far as the
        // broker's own.
        self.state.time = self.state.time.max(observation.at.min(received));
        if self.state.time.floor_to(STEP_MS) > before {
            self.step(settings, results);
        }
    }

    /// The series of an observation, made where there is room for it.
    fn find(&mut self, settings: &Settings, arrival: &Arrival<'_>) -> Option<SeriesId> {
        let observation = arrival.observation;
        let id = observation.series.id();
        if self.series.contains(id) {
            return Some(id);
        }
        if let Err(beyond) = self.admit(settings, &observation.series) {
            return self.fold(settings, arrival, beyond);
        }
        let place = self.place_of(settings, &observation.series);
        self.series.insert(id, observation.series.clone(), judged_unit(observation), place);
        Some(id)
    }

    /// Adds an observation to its series; judging it, which follows, takes note of the change.
    fn absorb(&mut self, settings: &Settings, id: SeriesId, arrival: &Arrival<'_>) {
        let now = self.state.time;
        let Some(entry) = self.series.get_mut(id) else { return };
        match entry.state.absorb(&settings.series, arrival.observation, arrival.origin, now) {
            Ok(true) => settings.grouping.returned(&mut self.state.cases, id),
            Ok(false) => {}
            Err(late) => {
                let detail = || describe_late(arrival.observation, late.closed_until);
                self.state.refused.add(RejectReason::Late, arrival, detail);
            }
        }
    }

    /// Watches that a tenant's resource is reported on at all, whatever the signal.
    fn note_report(&mut self, settings: &Settings, observation: &Observation, origin: &Origin) {
        if observation.is_event() {
            return;
        }
        let id = self.reports_of(settings, &observation.series);
        let now = self.state.time;
        if self.series.get_mut(id).is_some_and(|entry| entry.state.reported(observation.at, origin, now)) {
            settings.grouping.returned(&mut self.state.cases, id);
        }
        self.series.changed(id, &settings.series);
    }

    fn reports_of(&mut self, settings: &Settings, series: &SeriesKey) -> SeriesId {
        let (id, fresh) = self.neighbours.reports_of(series);
        if let Some(key) = fresh.filter(|_| !self.series.contains(id)) {
            let place = self.place_of(settings, &key);
            self.series.insert(id, key, "s".to_owned(), place);
        }
        id
    }

    fn judge(&mut self, settings: &Settings, id: SeriesId, results: &mut Results) {
        let time = self.state.time;
        let Some(entry) = self.series.get_mut(id) else { return };
        let Some(class) = self.classes.get_mut(entry.class) else { return };
        let (identity, state, today) = entry.for_judging();
        let mut verdicts = state.judge(&settings.series, identity, Around { today, class }, time);
        if !verdicts.metered.is_empty() {
            let (key, unit) = (identity.key, identity.unit);
            self.meters.add(&settings.cost, &mut self.state.account, (key, unit), &verdicts.metered);
        }
        let judged = verdicts.judgements.iter().filter(|_| settings.publishes_windows);
        let mut windows = judged.map(|judgement| judgement.window(identity.key, identity.unit)).collect();
        self.series.changed(id, &settings.series);
        settings.contention.joined(&self.state.id, &mut verdicts.readings);
        self.sharing.absorb(verdicts.readings);
        self.group(settings, verdicts.findings, results);
        if settings.publishes_windows {
            results.windows.append(&mut windows);
        } else {
            results.judgements.extend(verdicts.judgements);
        }
    }

    fn group(&mut self, settings: &Settings, findings: Vec<Finding>, results: &mut Results) {
        for finding in findings {
            let now = self.state.time.max(finding.window_end);
            let incident = settings.grouping.observe(&mut self.state.cases, &finding, now);
            results.outputs.extend(incident.map(|incident| self.published(settings, incident)));
            results.findings.push(finding);
        }
    }

    /// A revision with what only the pool knows: where the time goes that its work takes, and how the others do.
    fn published(&self, settings: &Settings, mut incident: Incident) -> Output {
        incident.bottleneck = self.sharing.bottleneck(&settings.contention, &incident);
        incident.peers = self.sharing.peers(&incident);
        if let Some(loss) = &mut incident.loss {
            *loss = settings.cost.loss(loss.worker_seconds);
        }
        Output::Incident(Box::new(incident))
    }

    /// Looks at every deadline that the pool's time has passed.
    fn step(&mut self, settings: &Settings, results: &mut Results) {
        while let Some(id) = self.series.next_window(self.state.time) {
            self.judge_due(settings, id, results);
        }
        self.compare(settings, results);
        self.settle(settings, results);
        results.findings.extend(self.tenants.tell(self.state.time, settings.tenant_limits));
        self.beat(settings);
        self.notice_silence(settings, results);
        let chains = settings.locks.advance(&mut self.state.locks, self.state.time);
        self.group(settings, locks::findings(settings.locks, chains), results);
        let (changed, past) = settings.grouping.advance(&mut self.state.cases, self.state.time);
        results.outputs.extend(changed.into_iter().map(|incident| self.published(settings, incident)));
        let delivered = self.state.undelivered.advance(self.state.time, settings.grouping.resolve_after_ms);
        results.outputs.extend(delivered.into_iter().map(|incident| Output::Incident(Box::new(incident))));
        for incident in past {
            self.archive.add(incident, self.state.time);
        }
        results.outputs.extend(self.state.refused.take().map(|reject| Output::Reject(Box::new(reject))));
    }

    /// Holds what tenants take against how they feel.
    fn compare(&mut self, settings: &Settings, results: &mut Results) {
        let verdicts = self.sharing.advance(&settings.contention, self.state.time);
        let (burdens, seconds) = self.sharing.burdens();
        self.state.account.bear(&settings.cost, burdens, (self.state.time, seconds));
        settings.grouping.bear(&mut self.state.cases, burdens, seconds);
        let Some(origin) = self.state.last_origin.clone() else { return };
        let findings = verdicts.iter().map(|verdict| verdict.finding(&self.state.id, &origin)).collect();
        self.group(settings, findings, results);
        let outliers = self.sharing.outliers(self.state.time, &settings.calendars);
        // What was always so is no news of this hour, and pages nobody.
        results.findings.extend(outliers.iter().map(|outlier| outlier.finding(&self.state.id, &origin)));
        // Less work may be less demand.
        let followed = self.sharing.take_followed();
        results.findings.extend(followed.iter().map(|followed| followed.finding(&self.state.id, &origin)));
    }

    /// Charges the periods that are over.
    fn settle(&mut self, settings: &Settings, results: &mut Results) {
        let (account, at) = (&mut self.state.account, (&self.state.id, self.state.time));
        let signals = self.meters.settle(&settings.cost, account, at);
        results.outputs.extend(signals.into_iter().map(|signal| Output::Cost(Box::new(signal))));
    }

    /// Takes note that the pool's time moved on, and whether it had stood still.
    fn beat(&mut self, settings: &Settings) {
        let time = self.state.time;
        if settings.series.silence.had_paused(&self.state.pulse, time) {
            self.state.resumed = Some(time);
        }
        self.state.pulse.report(time, time);
    }

    fn notice_silence(&mut self, settings: &Settings, results: &mut Results) {
        let time = (self.state.time, self.state.resumed);
        for id in self.series.overdue(self.state.time) {
            let Some(entry) = self.series.get_mut(id) else { continue };
            let Some(mut finding) = entry.state.missed(&settings.series, &entry.key, time) else { continue };
            if entry.key.resource.as_str() == OVERFLOW {
                // That nothing is beyond the limits any more is no loss.
                self.series.changed(id, &settings.series);
                continue;
            }
            let (key, rhythm) = (entry.key.clone(), *entry.state.rhythm());
            silence::explain(&mut finding, self.neighbours.stopped(&self.series, &key, (&rhythm, time.0)));
            self.series.changed(id, &settings.series);
            self.group(settings, vec![finding], results);
        }
    }

    /// Takes note of the wall clock: a pool for which nothing arrives is silent as a whole.
    pub fn tick(&mut self, settings: &Settings, now: Timestamp, results: &mut Results) {
        let Some(heard_at) = self.state.heard_at else {
            self.state.heard_at = Some(now);
            self.changed = true;
            return;
        };
        if self.state.quiet || now - heard_at <= POOL_PATIENCE_MS {
            return;
        }
        (self.state.quiet, self.changed) = (true, true);
        let finding = self.silence_of_all(heard_at, now);
        self.group(settings, finding.into_iter().collect(), results);
    }

    /// Takes note that something arrived, by the wall clock of the latest tick.
    pub fn hear(&mut self, settings: &Settings, now: Option<Timestamp>) {
        if now.is_some() && self.state.heard_at != now {
            (self.state.heard_at, self.changed) = (now, true);
        }
        if std::mem::take(&mut self.state.quiet) {
            let whole = self.whole().id();
            settings.grouping.returned(&mut self.state.cases, whole);
        }
    }

    fn whole(&self) -> SeriesKey {
        SeriesKey {
            pool: self.state.id.clone(),
            tenant: TenantId::shared(),
            resource: self.state.id.as_str().into(),
            signal: REPORTS.into(),
            attributes: BTreeMap::new(),
        }
    }

    fn silence_of_all(&self, since: Timestamp, now: Timestamp) -> Option<Finding> {
        #[expect(clippy::cast_precision_loss, reason = "a step in milliseconds is far below 2^53")]
        let silent = Silent { since, gap_ms: STEP_MS as f64, confidence: 1.0 };
        let mut finding = silent.finding(&self.whole(), now, self.state.last_origin.as_ref()?);
        silence::explain(&mut finding, Stopped::Pipeline);
        Some(finding)
    }
}

/// The unit of what is judged: totals are judged by their rate.
fn judged_unit(observation: &Observation) -> String {
    match &observation.value {
        Value::Log(_) => "{events}/s".to_owned(),
        Value::Sum(sum) if sum.monotonic => format!("{}/s", observation.unit),
        _ => observation.unit.clone(),
    }
}

fn describe_late(observation: &Observation, closed_until: Timestamp) -> String {
    let series = &observation.series;
    format!("{} of {} at {}: windows are closed until {closed_until}", series.signal, series.tenant, observation.at)
}

#[cfg(test)]
mod tests;
