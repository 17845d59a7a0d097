//! Who hurts whom in a pool and what slow work waits for, and how that is stored.
//!
//! What is remembered of a pool's tenants changes once a step and is then written as a whole: some hundred kilobytes where
//! there are hundreds of tenants. Micro-batches are many times shorter than a step. What windows say meanwhile waits until
//! a step is over and is written beside it, a record a reading, so that what the store holds does not depend on where
//! commits were.

use serde::{Deserialize, Serialize};
use tidewatch_detectors::bottleneck;
use tidewatch_detectors::calendar::Calendars;
use tidewatch_detectors::contention::{self, Burden, Contention, Followed, Following, Outlier, Reading, Verdict};
use tidewatch_schemas::incident::{Bottleneck, Kind, Peers};
use tidewatch_schemas::{Incident, PoolId, Timestamp};

/// Most steps for which what is borne at their end counts.
const MOST_BORNE: i64 = 2;

/// What is remembered once a step is judged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Remembered {
    contention: contention::State,
    requests: bottleneck::State,
}

/// What a pool remembers of how its tenants share.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharing {
    remembered: Remembered,
    following: Following,
    /// Whether it is in the store.
    has_written_following: bool,
    /// What the last call of `advance` found of it.
    followed: Vec<Followed>,
    waiting: Vec<Reading>,
    /// Readings that are in the store.
    written: u32,
    judged: bool,
    /// What is borne in the steps that the last call judged, and for how many seconds.
    borne: (Vec<Burden>, f64),
}

/// A record of it in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredSharing {
    pub pool: PoolId,
    /// Its place: 0 is what is remembered, the last one is whom work follows, the others wait.
    pub number: u32,
    content: Content,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Content {
    State(Box<Remembered>),
    Reading(Reading),
    Following(Box<Following>),
}

/// The place of whom work follows.
const FOLLOWING: u32 = u32::MAX;

/// What is to be written: first those that are over are deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct SharingChanges {
    pub over: Vec<u32>,
    pub put: Vec<StoredSharing>,
}

impl Sharing {
    /// Takes in what windows said.
    pub fn absorb(&mut self, readings: Vec<Reading>) {
        self.waiting.extend(readings);
    }

    /// Lets the pool's time pass.
    pub fn advance(&mut self, how: &Contention, now: Timestamp) -> Vec<Verdict> {
        self.borne = (Vec::new(), 0.0);
        let is_empty = self.remembered.contention.judged().is_none() && self.waiting.is_empty();
        if is_empty || !how.is_due(&self.remembered.contention, now) {
            return Vec::new();
        }
        self.judged = true;
        // In whatever order the windows of a step were closed, they say the same.
        let mut readings = std::mem::take(&mut self.waiting);
        readings.sort_by_key(|reading| (reading.at, reading.series));
        let unfelt = self.remembered.contention.unfelt();
        for reading in &readings {
            how.absorb(&mut self.remembered.contention, reading);
            self.remembered.requests.absorb(reading, how.step_ms);
            if unfelt.contains(&reading.resource) {
                self.following.absorb(reading);
            }
        }
        self.remembered.requests.advance(how.over(now));
        let state = &mut self.remembered.contention;
        let before = state.judged();
        let verdicts = how.advance(state, now);
        let steps = before.zip(state.judged()).map_or(1, |(before, after)| after - before);
        let lasted_ms = steps.clamp(0, MOST_BORNE) * how.step_ms;
        self.borne = (state.burdens(), lasted_ms as f64 / 1_000.0);
        let is_over = now + -how.patience_ms;
        self.followed = self.following.advance(is_over, |resource| unfelt.contains(resource));
        verdicts
    }

    /// Whose coming the work of others turned out to follow, in the last call of `advance`.
    pub fn take_followed(&mut self) -> Vec<Followed> {
        std::mem::take(&mut self.followed)
    }

    /// Tenants that are worse than those of their class all the time, when the last call of `advance` judged anything and it
    /// is due to look.
    pub fn outliers(&mut self, now: Timestamp, calendars: &Calendars) -> Vec<Outlier> {
        let (_, judged_seconds) = self.borne;
        if judged_seconds == 0.0 {
            return Vec::new();
        }
        self.remembered.contention.outliers(now, |tenant| calendars.class(tenant))
    }

    /// What is borne in the steps that were judged last, and for how many seconds.
    pub fn burdens(&self) -> (&[Burden], f64) {
        (&self.borne.0, self.borne.1)
    }

    /// Where the time of requests goes that an incident is about; `None` where it is about something else, or nothing is known.
    pub fn bottleneck(&self, how: &Contention, incident: &Incident) -> Option<Bottleneck> {
        let is_about_work = matches!(incident.kind, Kind::Slow | Kind::Failing);
        let requests = Some(&self.remembered.requests).filter(|_| is_about_work)?;
        requests.verdict(&incident.tenants, incident.started_at, how.step_ms)
    }

    /// How the tenants do that an incident is not about; `None` where it is over or not about work, or too few are measured.
    pub fn peers(&self, incident: &Incident) -> Option<Peers> {
        let goes_on = incident.resolved_at.is_none() && matches!(incident.kind, Kind::Slow | Kind::Failing);
        goes_on.then(|| self.remembered.contention.peers(&incident.tenants)).flatten()
    }

    /// Takes in a record; they come in the order of their numbers.
    pub fn restore(&mut self, stored: StoredSharing) {
        match stored.content {
            Content::State(remembered) => self.remembered = *remembered,
            Content::Following(following) => {
                (self.following, self.has_written_following) = (*following, true);
            }
            Content::Reading(reading) => {
                self.waiting.push(reading);
                self.written = stored.number;
            }
        }
    }

    /// What changed since the last call, to be written.
    pub fn take_changes(&mut self, pool: &PoolId) -> SharingChanges {
        let mut changes = SharingChanges::default();
        let mut put = |number, content| changes.put.push(StoredSharing { pool: pool.clone(), number, content });
        if std::mem::take(&mut self.judged) {
            changes.over = (1..=self.written).collect();
            self.written = 0;
            put(0, Content::State(Box::new(self.remembered.clone())));
            if !self.following.is_blank() {
                put(FOLLOWING, Content::Following(Box::new(self.following.clone())));
                self.has_written_following = true;
            } else if std::mem::take(&mut self.has_written_following) {
                changes.over.push(FOLLOWING);
            }
        }
        for (number, reading) in (1..).zip(&self.waiting).skip(self.written as usize) {
            put(number, Content::Reading(reading.clone()));
            self.written = number;
        }
        changes
    }
}

impl StoredSharing {
    /// The bytes under which a record is stored: those of a pool lie together, in the order of their numbers.
    pub fn key(pool: &PoolId, number: u32) -> Vec<u8> {
        [pool.as_str().as_bytes(), &[0], &number.to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tidewatch_schemas::{Catalog, SeriesKey};

    use super::*;
    use crate::detect::stored;

    fn reading(tenant: &str, step: i64, amount: f64) -> Reading {
        let key = SeriesKey {
            pool: "eu-1".into(),
            tenant: tenant.into(),
            resource: "db-1".into(),
            signal: "container.cpu.usage".into(),
            attributes: BTreeMap::new(),
        };
        let spec = Catalog.lookup(key.signal.as_str());
        Reading::of(&key, spec, (Timestamp(step * 10_000), amount), None).unwrap()
    }

    /// Writes what changed into a store that is a map, as the processor does.
    fn write(sharing: &mut Sharing, store: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
        let pool = PoolId::from("eu-1");
        let SharingChanges { over, put } = sharing.take_changes(&pool);
        for number in over {
            store.remove(&StoredSharing::key(&pool, number));
        }
        for record in put {
            store.insert(StoredSharing::key(&pool, record.number), stored::encode(&record).unwrap());
        }
    }

    fn restored(store: &BTreeMap<Vec<u8>, Vec<u8>>) -> Sharing {
        let mut sharing = Sharing::default();
        for bytes in store.values() {
            sharing.restore(stored::decode("a sharing", bytes).unwrap());
        }
        sharing
    }

    /// The store after 300 turns of two seconds with commits after every so many turns, restarted at each.
    fn store(commit_every: i64) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let how = Contention::new(10_000, 10_000, 86_400_000);
        let (mut sharing, mut store) = (Sharing::default(), BTreeMap::new());
        for turn in 0..300_i64 {
            // Three of them, whose work nobody feels.
            let readings =
                ["acme", "borealis", "cobalt"].map(|tenant| reading(tenant, turn / 5, 0.5 + (turn % 7) as f64));
            sharing.absorb(readings.to_vec());
            sharing.advance(&how, Timestamp(turn * 2_000));
            if turn % commit_every == commit_every - 1 {
                write(&mut sharing, &mut store);
                sharing = restored(&store);
            }
        }
        store
    }

    #[test]
    fn what_is_stored_depends_neither_on_commits_nor_on_restarts() {
        let once = store(300);
        assert!(once.len() > 2, "something waits");
        assert!(once.contains_key(&StoredSharing::key(&PoolId::from("eu-1"), FOLLOWING)), "work is watched");
        for commit_every in [1, 2, 3, 4, 50] {
            assert!(store(commit_every) == once, "commits every {commit_every} turns");
        }
    }
}
