//! The time for which somebody takes much more: when it came, when it has gone, and when it is judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::TenantId;
use tidewatch_schemas::catalog::Mechanism;

use super::change::{AFTER, Rise};
use super::dose::dose;
use super::telling::Follower;
use super::{Course, MINUTES, Use};

/// Minutes for which a coming may still turn out to be later than it seemed.
const COMING: i64 = 10;
/// Minutes around the last sign of coming in which use began to be high.
const EARLIEST: i64 = 3;
/// Minutes of a stay that are not looked at, at its beginning and at its end.
const EDGE: i64 = 2;
/// Minutes without much use that end a stay.
const GONE: i64 = 3;
/// Minutes after which a stay that goes on is judged, and the fewest that say anything.
const JUDGED_AFTER: i64 = 32;
const FEWEST: usize = 22;
/// How often chance may do as well, and how well the work of two must follow.
const BY_CHANCE: f64 = 0.05;
const FOLLOWS: f64 = 0.7;
/// High use: half as much again as before, and a tenth of the rise.
const OF_BASE: f64 = 1.5;
const OF_RISE: f64 = 0.1;

/// One stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stay {
    /// What counts as high use.
    high: f64,
    /// The minute after which it looked like coming, at last.
    came: i64,
    /// The first minute of high use.
    from: i64,
    /// Whose work fell.
    fell: Vec<Use>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Goes,
    /// It goes on and has been judged.
    Judged,
    Over,
}

/// Minutes of a stay that are looked at: how many ago the first and the last one are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    first_ago: usize,
    last_ago: usize,
}

impl Stay {
    /// Of somebody who begins to take more.
    pub fn new(rise: Rise) -> Self {
        let high = (OF_BASE * rise.base).max(rise.base + OF_RISE * (rise.top - rise.base));
        Self { high, came: i64::MIN, from: i64::MIN, fell: Vec::new(), state: State::Goes }
    }

    /// Takes note of a sign of coming that was seen at `minute`: of several in a row the last one counts, and the one with
    /// which most work fell.
    pub fn note(&mut self, rise: Rise, fell: Vec<Use>, course: &Course, minute: i64) {
        let came = minute - i64::try_from(AFTER).unwrap_or(0);
        if self.came != i64::MIN && came > self.from + COMING {
            return;
        }
        if self.came == i64::MIN {
            self.high = Self::new(rise).high;
        }
        let is_high = |at: &i64| course.ago(ago(minute, *at)).is_some_and(|used| used > self.high);
        self.from = (came - EARLIEST..=minute).find(is_high).unwrap_or(came);
        self.came = came;
        if fell.len() > self.fell.len() {
            self.fell = fell;
        }
    }

    /// Lets a minute pass; the minutes to be judged, once.
    pub fn step(&mut self, course: &Course, minute: i64) -> Option<Window> {
        let is_low = |at: i64| course.ago(ago(minute, at)).is_none_or(|used| used <= self.high);
        let has_gone = minute - self.from >= GONE && (minute - GONE + 1..=minute).all(is_low);
        let was_judged = self.state == State::Judged;
        let last = if has_gone { minute - GONE - EDGE } else { minute };
        if has_gone {
            self.state = State::Over;
        } else if minute - self.from >= JUDGED_AFTER {
            self.state = State::Judged;
        }
        let first = self.from + EDGE;
        let is_due = !was_judged && self.state != State::Goes && last > first;
        is_due.then(|| Window { first_ago: ago(minute, first), last_ago: ago(minute, last) })
    }

    /// Whose work follows, the best first; `None` unless that of two tenants does, and chance seldom does as well.
    pub fn followers(
        &self,
        course: &Course,
        courses: &BTreeMap<Use, (Mechanism, Course)>,
        window: Window,
        minute: i64,
    ) -> Option<Vec<Follower>> {
        let used: Vec<f64> = window.of(course, Some(0.0))?;
        let mut known: Vec<(&Use, &Course)> = Vec::new();
        let mut series: Vec<Vec<f64>> = Vec::new();
        for key in &self.fell {
            let Some((_, own)) = courses.get(key) else { continue };
            let Some(values) = window.of(own, None) else { continue };
            known.push((key, own));
            series.push(values);
        }
        let found = dose(&used, &series, FEWEST).filter(|found| found.by_chance <= BY_CHANCE)?;
        let mut best: BTreeMap<&TenantId, Follower> = BTreeMap::new();
        for ((key, own), follows) in known.into_iter().zip(found.follows) {
            let (signal, tenant) = key;
            let is_better = best.get(tenant).is_none_or(|known| follows > known.follows);
            if follows >= FOLLOWS && is_better {
                let fell = self.fell_by(own, minute);
                best.insert(tenant, Follower { tenant: tenant.clone(), signal: signal.clone(), follows, fell });
            }
        }
        let mut followers: Vec<Follower> = best.into_values().collect();
        followers.sort_by(|one, other| other.follows.total_cmp(&one.follows));
        (followers.len() >= 2).then_some(followers)
    }

    /// The share by which work is less in the minutes after the coming than before it, where they are still remembered.
    fn fell_by(&self, own: &Course, minute: i64) -> Option<f64> {
        let mean = |range: std::ops::Range<i64>| {
            let values: Option<Vec<f64>> = range.map(|at| own.ago(ago(minute, at))).collect();
            values.map(|values| values.iter().sum::<f64>() / values.len().max(1) as f64)
        };
        let before = mean(self.from - 8..self.from)?;
        let after = mean(self.from + 1..self.from + 5)?;
        (before > 0.0).then(|| 1.0 - after / before)
    }

    /// Told by another signal: what goes on is not judged any more.
    pub fn settle(&mut self) {
        if self.state == State::Goes {
            self.state = State::Judged;
        }
    }

    /// The minute in which it came.
    pub fn began(&self) -> i64 {
        self.from
    }

    /// Whether it has gone.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }
}

impl Window {
    /// The values of a course, the oldest first; `None` where `absent` does not say what is missing.
    fn of(self, course: &Course, absent: Option<f64>) -> Option<Vec<f64>> {
        (self.last_ago..=self.first_ago).rev().map(|ago| course.ago(ago).or(absent)).collect()
    }
}

/// How many minutes ago a minute was; beyond what is remembered for those to come.
fn ago(now: i64, at: i64) -> usize {
    usize::try_from(now - at).unwrap_or(MINUTES)
}
