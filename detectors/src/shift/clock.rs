//! The hours of the latest day beside what the same hours usually are.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;

const HOUR_MS: i64 = 3_600_000;
const HOURS: usize = 24;
/// Hours that are looked at together.
const RECENT: i32 = 12;
/// Of which this many of four have to agree.
const AGREEING: usize = 3;
/// An hour agrees when it lies this share of the move away.
const AGREES: f64 = 1.0 / 3.0;
/// Days that make up what is usual.
const DAYS: u32 = 7;
/// Windows are cut at this many usual deviations from their hour.
const MOST_DEVIATION: f64 = 4.0;
/// Mean absolute deviation of a normal distribution times this is its standard deviation.
const TO_DEVIATION: f64 = 1.253_314;
/// Windows over which the usual deviation is learned.
const MEMORY: u32 = 2_000;

/// Twenty-four hours, each with its usual mean and its latest one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Clock {
    /// What all means are stored less, so that seven digits suffice.
    origin: f64,
    usual: [f32; HOURS],
    latest: [f32; HOURS],
    /// Hours since 1970 in which the latest means were taken; 0 for none.
    taken: [i32; HOURS],
    days: u32,
    open: Option<Hour>,
    /// Mean of the last hour as it was, without cuts.
    last: f64,
    error: f64,
    windows: u32,
}

/// An hour that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Hour {
    number: i32,
    count: u32,
    sum: f64,
    /// The sum with wild values cut.
    cut: f64,
}

impl Clock {
    /// Takes in a value; the start of the hour that has ended, if one did.
    pub fn add(&mut self, at: Timestamp, value: f64, learns: bool) -> Option<Timestamp> {
        let number = i32::try_from(at.0.div_euclid(HOUR_MS)).unwrap_or(i32::MAX);
        let ended = self.open.take_if(|hour| hour.number != number);
        if let Some(hour) = ended {
            self.close(hour, learns);
        }
        let cut = self.cut(number, value);
        let hour = self.open.get_or_insert(Hour { number, count: 0, sum: 0.0, cut: 0.0 });
        hour.count += 1;
        hour.sum += value;
        hour.cut += cut;
        ended.map(|hour| Timestamp(i64::from(hour.number) * HOUR_MS))
    }

    /// The value, brought near to what is usual at the hour, from whose distance the usual deviation is learned.
    fn cut(&mut self, number: i32, value: f64) -> f64 {
        let Some(usual) = self.usual_at(number) else { return value };
        let most = if self.windows < DAYS { f64::INFINITY } else { MOST_DEVIATION * self.deviation() };
        let off = (value - usual).clamp(-most, most);
        self.windows = self.windows.saturating_add(1);
        self.error += (off.abs() - self.error) / f64::from(self.windows.min(MEMORY));
        usual + off
    }

    fn usual_at(&self, number: i32) -> Option<f64> {
        let slot = slot(number);
        let known = self.taken.get(slot).is_some_and(|taken| *taken != 0);
        self.usual.get(slot).filter(|_| known).map(|usual| f64::from(*usual) + self.origin)
    }

    /// The usual level moves towards the hour of a day ago, not towards the one that has just ended: what is judged must
    /// not already be part of what it is judged against.
    #[expect(clippy::cast_possible_truncation, reason = "means are stored less an origin near to them")]
    fn close(&mut self, hour: Hour, learns: bool) {
        let count = f64::from(hour.count.max(1));
        self.last = hour.sum / count;
        if self.taken.iter().all(|taken| *taken == 0) {
            self.origin = self.last;
        }
        let slot = slot(hour.number);
        if learns && self.newest().is_none_or(|newest| newest.div_euclid(24) != hour.number.div_euclid(24)) {
            self.days = self.days.saturating_add(1);
        }
        let mean = (hour.cut / count - self.origin) as f32;
        let (Some(usual), Some(latest), Some(taken)) =
            (self.usual.get_mut(slot), self.latest.get_mut(slot), self.taken.get_mut(slot))
        else {
            return;
        };
        if *taken == 0 {
            *usual = mean;
        } else if learns {
            *usual += (*latest - *usual) / self.days.clamp(1, DAYS) as f32;
        }
        (*latest, *taken) = (mean, hour.number);
    }

    /// What the latest half day has moved by; `None` in the first two days and after a gap.
    pub fn moved(&self) -> Option<f64> {
        let (count, sum) = self.recent().fold((0_u32, 0.0), |(count, sum), off| (count + 1, sum + off));
        let hours = self.taken.iter().filter(|taken| **taken != 0).count();
        let enough = self.days > 2 && 2 * count as usize >= hours.max(1);
        enough.then(|| sum / f64::from(count))
    }

    /// Whether nearly all of the latest half day has moved to the side of `moved`.
    pub fn agrees(&self, moved: f64) -> bool {
        let count = self.recent().count();
        let agreeing = self.recent().filter(|off| off * moved.signum() >= AGREES * moved.abs()).count();
        4 * agreeing >= AGREEING * count
    }

    /// How far each of the latest hours is from what is usual.
    fn recent(&self) -> impl Iterator<Item = f64> {
        let newest = self.newest().unwrap_or(0);
        let hours = self.usual.iter().zip(&self.latest).zip(&self.taken);
        let recent = hours.filter(move |(_, taken)| **taken != 0 && newest.saturating_sub(**taken) < RECENT);
        recent.map(|((usual, latest), _)| f64::from(*latest) - f64::from(*usual))
    }

    fn newest(&self) -> Option<i32> {
        self.taken.iter().copied().filter(|taken| *taken != 0).max()
    }

    /// The usual deviation of single windows from their hour.
    pub fn deviation(&self) -> f64 {
        TO_DEVIATION * self.error
    }

    /// What the hour that ended last usually is.
    pub fn usual(&self) -> f64 {
        self.newest().and_then(|newest| self.usual_at(newest)).unwrap_or(self.last)
    }

    /// The hour that ended last.
    pub fn latest(&self) -> f64 {
        self.last
    }

    /// Forgets the hours, not the deviation.
    pub fn start_over(&mut self) {
        *self = Self { error: self.error, windows: self.windows, ..Self::default() };
    }
}

fn slot(number: i32) -> usize {
    number.rem_euclid(24).unsigned_abs() as usize
}
