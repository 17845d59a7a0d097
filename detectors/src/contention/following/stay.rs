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
    /// Whose work fell, and by which share.
    fell: Vec<(Use, f64)>,
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
    pub fn note(&mut self, fell: Vec<(Use, f64)>, course: &Course, minute: i64) {
        let came = minute - i64::try_from(AFTER).unwrap_or(0);
        if self.came != i64::MIN && came > self.from + COMING {
            return;
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
    ) -> Option<Vec<Follower>> {
        let used: Vec<f64> = window.of(course, Some(0.0))?;
        let (mut known, mut series): (Vec<&(Use, f64)>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        for each in &self.fell {
            if let Some(values) = courses.get(&each.0).and_then(|(_, own)| window.of(own, None)) {
                known.push(each);
                series.push(values);
            }
        }
        let found = dose(&used, &series, FEWEST).filter(|found| found.by_chance <= BY_CHANCE)?;
        let mut best: BTreeMap<TenantId, Follower> = BTreeMap::new();
        for (((signal, tenant), fell), follows) in known.into_iter().zip(found.follows) {
            let is_better = best.get(tenant).is_none_or(|known| follows > known.follows);
            if follows >= FOLLOWS && is_better {
                let (tenant, signal) = (tenant.clone(), signal.clone());
                best.insert(tenant.clone(), Follower { tenant, signal, follows, fell: *fell });
            }
        }
        let mut followers: Vec<Follower> = best.into_values().collect();
        followers.sort_by(|one, other| other.follows.total_cmp(&one.follows));
        (followers.len() >= 2).then_some(followers)
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
