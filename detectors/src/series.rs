//! The path of one series: an observation finds its window, a closed window is judged.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Finding, Observation, Origin, SeriesKey, SignalSpec, Timestamp, Value};

use crate::bar::Bar;
use crate::baseline::inspection::Inspection;
use crate::buckets::{Buckets, LastBuckets};
use crate::calendar::Today;
use crate::class::Class;
use crate::counter::Counter;
use crate::detector::{Detector, Moment};
use crate::judgement::Verdicts;
use crate::judges::{self, Bench, Judges};
use crate::ring::{Late, Place, Ring};
use crate::silence::{Rhythm, Silence};
use crate::window::{Closed, Sample};

/// Longest stretch of windows without an event that is judged as zeros; after it a kind of event counts as gone.
const MOST_ZEROS: i64 = 360;
/// A window that its own series did not close is closed when the pool's time passed its end by this many latenesses.
const POOL_PATIENCE: i64 = 3;

/// Milliseconds of the pool's time after which every window of `window_ms` that was over is closed.
#[must_use]
pub fn patience_ms(window_ms: i64, lateness_ms: i64) -> i64 {
    window_ms + POOL_PATIENCE * lateness_ms
}

/// What holds for every series.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Width of a window in milliseconds.
    pub window_ms: i64,
    /// How long a window stays open after its end, in milliseconds of event time.
    pub lateness_ms: i64,
    /// The detectors that look at closed windows.
    pub judges: judges::Settings,
    /// The silence detector.
    pub silence: Silence,
}

/// What is remembered of one series between observations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesState {
    ring: Ring,
    counter: Option<Counter>,
    buckets: Option<LastBuckets>,
    judges: Judges,
    rhythm: Rhythm,
    newest: Option<Timestamp>,
    origin: Option<Origin>,
    counts_events: bool,
    bar: Bar,
}

/// Who a series is, for those who judge it.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The series.
    pub key: &'a SeriesKey,
    /// What the catalog says about its signal.
    pub spec: &'a SignalSpec,
    /// Unit of its values.
    pub unit: &'a str,
    /// Whether what it measures is charged.
    pub is_metered: bool,
}

/// What a series is judged with, beside itself.
#[derive(Debug)]
pub struct Around<'a> {
    /// The calendar of its tenant.
    pub today: &'a mut Today,
    /// What series of its kind have in common.
    pub class: &'a mut Class,
}

impl SeriesState {
    /// Adds an observation that came at `now`, the pool's time, to its window. True when the series had been silent.
    ///
    /// # Errors
    /// When the window of the observation was closed before.
    pub fn absorb(
        &mut self,
        settings: &Settings,
        seen: &Observation,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<bool, Late> {
        let place = Place { at: seen.at, width_ms: settings.window_ms, origin };
        let sample = self.sample(seen);
        if let Some(sample) = sample.filter(is_finite) {
            self.ring.add(place, sample)?;
        }
        self.newest = self.newest.max(Some(seen.at));
        self.origin = Some(origin.clone());
        Ok(!seen.is_event() && self.rhythm.report(seen.at, now))
    }

    /// Takes note that something reported at `now`, the pool's time, without a value to judge. True when it had been silent.
    pub fn reported(&mut self, at: Timestamp, origin: &Origin, now: Timestamp) -> bool {
        self.origin = Some(origin.clone());
        self.rhythm.report(at, now)
    }

    fn sample(&mut self, seen: &Observation) -> Option<Sample> {
        match &seen.value {
            Value::Gauge(level) => Some(Sample::Level(*level)),
            Value::Sum(sum) => {
                let sample = Counter::advance(&mut self.counter, seen.at, sum);
                self.counts_events |= matches!(sample, Some(Sample::Amount(_)));
                sample
            }
            Value::Distribution(distribution) => Buckets::advance(&mut self.buckets, seen.at, distribution),
            Value::Summary(summary) => Buckets::of_summary(summary).map(Sample::Level),
            Value::Log(_) => {
                self.counts_events = true;
                Some(Sample::Event)
            }
        }
    }

    /// Closes and judges every window whose time has come, by the series' own events or by the pool's time.
    pub fn judge(
        &mut self,
        settings: &Settings,
        who: Identity<'_>,
        around: Around<'_>,
        pool_time: Timestamp,
    ) -> Verdicts {
        let Around { today, class } = around;
        let until = self.closable_until(settings, pool_time);
        let judges = self.judged_by(settings, pool_time);
        let mut bench = Bench { settings: &judges, who, today, class, found: Verdicts::default() };
        while let Some(window) = self.ring.close_next(until, settings.window_ms) {
            self.judge_zeros(settings, window.start, &mut bench);
            if let Some(closed) = window.close(settings.window_ms, self.counts_events) {
                self.judges.look(&mut bench, (closed, window.origin()));
            }
        }
        self.judge_zeros(settings, until.floor_to(settings.window_ms), &mut bench);
        bench.found
    }

    /// What is believed of the window at `at`, or of the next one; `None` while nothing was seen.
    #[must_use]
    pub fn inspect(
        &self,
        settings: &Settings,
        who: Identity<'_>,
        around: Around<'_>,
        at: Option<Timestamp>,
    ) -> Option<Inspection> {
        let Around { today, class } = around;
        let mut bench = Bench { settings: &settings.judges, who, today, class, found: Verdicts::default() };
        self.judges.inspect(&mut bench, at)
    }

    fn closable_until(&self, settings: &Settings, pool_time: Timestamp) -> Timestamp {
        let by_pool = pool_time + -(POOL_PATIENCE * settings.lateness_ms);
        self.newest.map_or(by_pool, |newest| by_pool.max(newest + -settings.lateness_ms))
    }

    /// For kinds of events, a window in which none came is a zero.
    fn judge_zeros(&mut self, settings: &Settings, until: Timestamp, bench: &mut Bench<'_>) {
        let Some(last) = self.zeros_end().filter(|_| self.counts_events) else { return };
        let width = settings.window_ms;
        let until = until.min(last + MOST_ZEROS * width);
        let Some(origin) = self.origin.clone() else { return };
        let mut start = self.ring.closed_until().unwrap_or(until);
        while start < until {
            let zero = Closed { start, width_ms: width, value: 0.0, weight: None };
            self.judges.look(bench, (zero, &origin));
            start = start + width;
            self.ring.close_until(start);
        }
    }

    fn zeros_end(&self) -> Option<Timestamp> {
        self.newest.or(self.ring.closed_until())
    }

    /// When [`Self::judge`] has something to do without a new observation, in pool time.
    #[must_use]
    pub fn due(&self, settings: &Settings) -> Option<Timestamp> {
        let next = self.ring.oldest().or_else(|| self.next_zero(settings))?;
        Some(next + settings.window_ms + POOL_PATIENCE * settings.lateness_ms)
    }

    fn next_zero(&self, settings: &Settings) -> Option<Timestamp> {
        let end = self.newest? + MOST_ZEROS * settings.window_ms;
        self.ring.closed_until().filter(|start| self.counts_events && *start < end)
    }

    /// The detectors' parameters for this series, which needs more evidence where people called its findings false.
    fn judged_by<'a>(&self, settings: &'a Settings, now: Timestamp) -> Cow<'a, judges::Settings> {
        if self.bar.height(now) == 0 {
            return Cow::Borrowed(&settings.judges);
        }
        Cow::Owned(settings.judges.with_fewer(self.bar.factor(now)))
    }

    /// Takes note at `now` that what was found in the series was a false alarm.
    pub fn doubt(&mut self, now: Timestamp) {
        self.bar.raise(now);
    }

    /// Makes the level of now the normal one.
    pub fn adopt(&mut self, today: &mut Today) {
        self.judges.adopt(today);
    }

    /// Takes everything that the series contributed out of `class`, and forgets it: it is to belong to another one.
    pub fn leave(&mut self, class: &mut Class) {
        self.judges.leave(class);
    }

    /// When the series would be silent, in pool time.
    #[must_use]
    pub fn silent_from(&self, settings: &Settings) -> Option<Timestamp> {
        settings.silence.due(&self.rhythm)
    }

    /// The rhythm in which it reports.
    #[must_use]
    pub fn rhythm(&self) -> &Rhythm {
        &self.rhythm
    }

    /// Says, once, that the series has gone silent. `resumed` is when the whole pool last went on after a pause.
    pub fn missed(
        &mut self,
        settings: &Settings,
        key: &SeriesKey,
        (now, resumed): (Timestamp, Option<Timestamp>),
    ) -> Option<Finding> {
        let moment = Moment { series: key, origin: self.origin.as_ref()?, now, resumed };
        settings.silence.observe(&mut self.rhythm, &moment)
    }
}

fn is_finite(sample: &Sample) -> bool {
    match sample {
        Sample::Level(amount) | Sample::Amount(amount) | Sample::Increment { amount, .. } => amount.is_finite(),
        Sample::Event | Sample::Values(_) => true,
    }
}

#[cfg(test)]
mod tests;
