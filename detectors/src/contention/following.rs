//! Whose coming the work of others follows, where nobody measures how slow work is.
//!
//! On a node whose containers only report what they take, no pain is known. What is left is work: bytes that are read,
//! written, sent and received. When a tenant comes and takes much, the work of two others falls, and while it is there their work
//! falls whenever it takes more, then it holds them up. Falling when it comes is not enough: less work can be less
//! demand, and at six in the evening everybody goes home. So the second half decides, by a test that asks how often chance
//! would do as well: the tenant's use is shifted in a circle, and the work of others must follow no shifted one so well.
//!
//! Such a conclusion comes late, after half an hour or when the tenant has gone, and is a finding of low confidence and no
//! incident. Minutes are looked at: in steps of ten seconds work is too restless.
//!
//! | module | decides |
//! |---|---|
//! | [`change`] | whether something rose or fell at a minute |
//! | [`dose`] | how well work follows, and how often chance would do as well |
//! | [`stay`] | when somebody came, when it has gone, and when it is judged |
//! | [`telling`] | the finding |

mod change;
mod dose;
mod stay;
mod telling;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Mechanism;
use tidewatch_schemas::{ResourceId, SeriesId, SignalName, TenantId, Timestamp};

use super::reading::{Reading, Says};
use super::ring::Ring;
use stay::Stay;
pub use telling::{Followed, Follower};

/// Minutes that are remembered.
pub(super) const MINUTES: usize = 48;
/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// Fewest and most tenants of a resource that is watched so: with fewer nothing follows, and where there are more, somebody
/// measures how slow work is.
const TENANTS: std::ops::RangeInclusive<usize> = 3..=64;
/// Most uses of all resources that are watched so.
const MOST_USES: usize = 4_096;
/// Minutes by which a reading may be ahead.
const MOST_AHEAD: i64 = 64;

/// What the minutes of one use were, in the signal's unit.
type Course = Ring<MINUTES>;
/// A signal of a tenant.
type Use = (SignalName, TenantId);

/// What is remembered of a pool whose tenants' work is not felt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Following {
    /// The last minute that is over.
    minute: Option<i64>,
    pending: BTreeMap<i64, BTreeMap<ResourceId, Minute>>,
    resources: BTreeMap<ResourceId, Watched>,
}

/// What was seen of a resource in a minute: sums and counts of its series.
type Minute = BTreeMap<Use, (Mechanism, BTreeMap<SeriesId, (f64, u32)>)>;

/// One resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Watched {
    courses: BTreeMap<Use, (Mechanism, Course)>,
    stays: BTreeMap<Use, Stay>,
}

impl Following {
    /// Whether a resource with so many tenants, of which it is known of so many how slow their work is, is watched so.
    #[must_use]
    pub fn watches(tenants: usize, felt: usize) -> bool {
        TENANTS.contains(&tenants) && felt * 2 < tenants
    }

    /// Takes in what a closed window says of the use of a resource that is watched.
    pub fn absorb(&mut self, reading: &Reading) {
        let Says::Takes { mechanism, is_held: false, amount, .. } = reading.says else { return };
        let minute = reading.at.0.div_euclid(MINUTE_MS);
        let is_out = self.minute.is_some_and(|over| minute <= over || minute > over + MOST_AHEAD);
        if is_out || !amount.is_finite() {
            return;
        }
        let resources = self.pending.entry(minute).or_default();
        let uses = resources.entry(reading.resource.clone()).or_default();
        let key = (reading.signal.clone(), reading.tenant.clone());
        let (_, series) = uses.entry(key).or_insert_with(|| (mechanism, BTreeMap::new()));
        let (sum, count) = series.entry(reading.series).or_default();
        *sum += amount;
        *count += 1;
    }

    /// Judges the minutes that are over at `now`, of the resources that are watched.
    pub fn advance(&mut self, now: Timestamp, is_watched: impl Fn(&ResourceId) -> bool) -> Vec<Followed> {
        let over = now.0.div_euclid(MINUTE_MS) - 1;
        let Some(first) = self.minute.map(|minute| minute + 1).or_else(|| self.pending.keys().next().copied()) else {
            return Vec::new();
        };
        let kept = i64::try_from(MINUTES).unwrap_or(i64::MAX);
        let mut told = Vec::new();
        for minute in first.max(over.saturating_sub(kept))..=over {
            let later = self.pending.split_off(&(minute + 1));
            let seen = std::mem::replace(&mut self.pending, later).remove(&minute).unwrap_or_default();
            told.extend(self.close(minute, &seen, &is_watched));
        }
        if self.is_blank() {
            self.minute = None;
        }
        told
    }

    fn close(
        &mut self,
        minute: i64,
        seen: &BTreeMap<ResourceId, Minute>,
        is_watched: &impl Fn(&ResourceId) -> bool,
    ) -> Vec<Followed> {
        self.minute = Some(minute);
        self.resources.retain(|resource, watched| is_watched(resource) && !watched.is_blank());
        let mut room = MOST_USES.saturating_sub(self.resources.values().map(|watched| watched.courses.len()).sum());
        for (resource, uses) in seen.iter().filter(|(resource, _)| is_watched(resource)) {
            let watched = self.resources.entry(resource.clone()).or_default();
            for (key, (mechanism, _)) in uses {
                if room > 0 && !watched.courses.contains_key(key) {
                    watched.courses.insert(key.clone(), (*mechanism, Course::default()));
                    room -= 1;
                }
            }
        }
        let mut told = Vec::new();
        for (resource, watched) in &mut self.resources {
            watched.push(seen.get(resource));
            told.extend(watched.judge(resource, minute));
        }
        told
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.pending.is_empty() && self.resources.is_empty()
    }
}

impl Watched {
    fn push(&mut self, seen: Option<&Minute>) {
        for (key, (_, course)) in &mut self.courses {
            let series = seen.and_then(|seen| seen.get(key));
            // The mean of each series, so that one that reports more often does not count for more.
            course.push(series.map(|(_, series)| series.values().map(|(sum, count)| sum / f64::from(*count)).sum()));
        }
        self.courses.retain(|_, (_, course)| !course.is_blank());
    }

    fn is_blank(&self) -> bool {
        self.courses.is_empty()
    }

    fn judge(&mut self, resource: &ResourceId, minute: i64) -> Vec<Followed> {
        let tenants: BTreeSet<&TenantId> = self.courses.keys().map(|(_, tenant)| tenant).collect();
        if !TENANTS.contains(&tenants.len()) {
            self.stays.clear();
            return Vec::new();
        }
        let needed = (tenants.len().div_ceil(5)).max(2);
        self.note_comings(minute, needed);
        let mut told: Vec<Followed> = Vec::new();
        for (key, stay) in &mut self.stays {
            let Some((mechanism, course)) = self.courses.get(key) else { continue };
            let Some(window) = stay.step(course, minute) else { continue };
            if let Some(followers) = stay.followers(course, &self.courses, window) {
                let (signal, culprit) = key.clone();
                let (came, until) = (stay.began(), minute + 1);
                let at = |minute: i64| Timestamp(minute * MINUTE_MS);
                let (resource, mechanism) = (resource.clone(), *mechanism);
                let (came, until) = (at(came), at(until));
                told.push(Followed { culprit, resource, signal, mechanism, came, until, followers });
            }
        }
        self.stays.retain(|_, stay| !stay.is_over());
        // However many signals show it, it is told once.
        for followed in &told {
            let of_culprit = self.stays.iter_mut().filter(|((_, tenant), _)| *tenant == followed.culprit);
            of_culprit.for_each(|(_, stay)| stay.settle());
        }
        told.sort_by(|one, other| one.culprit.cmp(&other.culprit).then(other.best().total_cmp(&one.best())));
        told.dedup_by(|one, other| one.culprit == other.culprit);
        told
    }

    /// Notes who came a few minutes ago, and whose work fell then.
    fn note_comings(&mut self, minute: i64, needed: usize) {
        let work = self.courses.iter().filter(|(_, (mechanism, _))| is_work(*mechanism));
        let fell: Vec<(Use, f64)> =
            work.filter_map(|(key, (_, course))| Some((key.clone(), change::fall(course)?))).collect();
        let those_who_fell: BTreeSet<&TenantId> = fell.iter().map(|((_, tenant), _)| tenant).collect();
        for (key, (_, course)) in &self.courses {
            let (signal, tenant) = key;
            if those_who_fell.iter().filter(|other| **other != tenant).count() < needed {
                continue;
            }
            let of_signal = self.courses.iter().filter(|((name, _), _)| name == signal).map(|(_, (_, course))| course);
            let Some(rise) = change::rise(course, of_signal) else { continue };
            let of_others = fell.iter().filter(|((_, other), _)| other != tenant).cloned().collect();
            let stay = self.stays.entry(key.clone()).or_insert_with(|| Stay::new(rise));
            stay.note(of_others, course, minute);
        }
    }
}

/// Whether what a tenant takes of this is its work: processor time is spent by whoever waits, too.
fn is_work(mechanism: Mechanism) -> bool {
    matches!(mechanism, Mechanism::Io | Mechanism::Network)
}
