//! Tidewatch's detectors as a judge of a series: observations into windows, windows to the detectors, as in the service.
//!
//! A series is alone in its class and learns nothing from others, unless several are [judged together](Tidewatch::together).

use std::collections::BTreeMap;

use tidewatch_detectors::baseline::channels::Muted;
use tidewatch_detectors::calendar::Today;
use tidewatch_detectors::class::Class;
use tidewatch_detectors::judges::Traced;
use tidewatch_detectors::series::{Around, Identity};
use tidewatch_detectors::silence::Silence;
use tidewatch_detectors::{SeriesState, Settings, Verdicts, judges};
use tidewatch_schemas::finding::DetectorName;
use tidewatch_schemas::{Catalog, Observation, Origin, SeriesKey, Timestamp, Value};

use super::judge::{Judge, Mark};
use super::series::Series;

/// Milliseconds of a day: windows divide it.
const DAY_MS: i64 = 86_400_000;
/// How long windows stay open and how long a level must last to be normal: what the default configuration says.
const LATENESS_MS: i64 = 0;
const ADOPT_AFTER_MS: i64 = 86_400_000;

/// Tidewatch with one setting of the knob.
#[derive(Clone, Copy, Debug)]
pub struct Tidewatch {
    /// Alarms per series and month that are expected by chance.
    pub false_alarms: f64,
    /// Channels left out, to see what each is worth.
    pub muted: Muted,
}

impl Tidewatch {
    /// With so many expected alarms per series and month.
    #[must_use]
    pub fn new(false_alarms: f64) -> Self {
        Self { false_alarms, muted: Muted::default() }
    }

    /// When findings begin, whichever detector they come from, in seconds since 1970 and in order. A finding that goes on
    /// from the window before is none of them.
    #[must_use]
    pub fn begun(&self, series: &Series) -> Vec<i64> {
        let mut ended: BTreeMap<DetectorName, Timestamp> = BTreeMap::new();
        let mut begun = Vec::new();
        for finding in self.verdicts(series).findings {
            let goes_on = ended.insert(finding.detector, finding.window_end) == Some(finding.window_start);
            if !goes_on {
                begun.push(finding.window_start.0 / 1_000);
            }
        }
        begun.sort_unstable();
        begun
    }

    /// What holds for a series with values `spacing` seconds apart: a value is a window.
    #[must_use]
    pub fn settings(&self, spacing: i64) -> Settings {
        let window_ms = window(spacing);
        let mut judges = judges::Settings::new(window_ms, self.false_alarms, ADOPT_AFTER_MS);
        judges.traced = Traced::Everything;
        judges.baseline.muted = self.muted;
        Settings {
            window_ms,
            lateness_ms: LATENESS_MS,
            judges,
            silence: Silence { missed: 5, lateness_ms: LATENESS_MS },
        }
    }

    /// Everything that is concluded about a series, in order.
    #[must_use]
    pub fn verdicts(&self, series: &Series) -> Verdicts {
        let mut watched = Watched::new();
        let settings = self.settings(series.spacing());
        let mut class = Class::default();
        for (time, value) in series.times.iter().zip(&series.values) {
            watched.observe(&settings, &mut class, (*time, *value));
        }
        watched.end(&settings, &mut class);
        watched.found
    }

    /// Everything that is concluded about series of one class with values at the same times, as a service concludes it of a
    /// signal of many tenants.
    #[must_use]
    pub fn together(&self, series: &[Series]) -> Vec<Verdicts> {
        let Some(first) = series.first() else { return Vec::new() };
        let settings = self.settings(first.spacing());
        let mut class = Class::default();
        let mut all: Vec<Watched> = series.iter().map(|_| Watched::new()).collect();
        for (row, time) in first.times.iter().enumerate() {
            for (watched, one) in all.iter_mut().zip(series) {
                watched.observe(&settings, &mut class, (*time, one.values[row]));
            }
        }
        for watched in &mut all {
            watched.end(&settings, &mut class);
        }
        all.into_iter().map(|watched| watched.found).collect()
    }
}

/// A series with all that is remembered and was concluded of it.
struct Watched {
    key: SeriesKey,
    origin: Origin,
    state: SeriesState,
    today: Today,
    end: Timestamp,
    found: Verdicts,
}

impl Watched {
    fn new() -> Self {
        let key = SeriesKey {
            pool: "accuracy".into(),
            tenant: "accuracy".into(),
            resource: "accuracy".into(),
            signal: "value".into(),
            attributes: BTreeMap::new(),
        };
        let origin = Origin { topic: "csv".into(), partition: 0, offset: 0, index: 0 };
        let (state, today) = (SeriesState::default(), Today::default());
        Self { key, origin, state, today, end: Timestamp(0), found: Verdicts::default() }
    }

    fn observe(&mut self, settings: &Settings, class: &mut Class, (time, value): (i64, f64)) {
        let at = Timestamp(time * 1_000);
        let seen = Observation { series: self.key.clone(), unit: "1".to_owned(), at, value: Value::Gauge(value) };
        let _ = self.state.absorb(settings, &seen, &self.origin, at);
        self.judge(settings, class, at);
        self.end = at;
    }

    fn end(&mut self, settings: &Settings, class: &mut Class) {
        self.judge(settings, class, self.end + DAY_MS);
    }

    fn judge(&mut self, settings: &Settings, class: &mut Class, until: Timestamp) {
        let who = Identity { key: &self.key, spec: Catalog.lookup("value"), unit: "1", is_metered: false };
        let around = Around { today: &mut self.today, class };
        let found = self.state.judge(settings, who, around, until);
        self.found.findings.extend(found.findings);
        self.found.judgements.extend(found.judgements);
    }
}

impl Judge for Tidewatch {
    fn judge(&self, series: &Series) -> Vec<Mark> {
        let verdicts = self.verdicts(series);
        let window_ms = window(series.spacing());
        let starts = series.times.iter().map(|time| Timestamp(time * 1_000).floor_to(window_ms));
        let mut marks = vec![Mark::default(); series.times.len()];
        // The window's last row is the one at whose end it is judged.
        let last: BTreeMap<Timestamp, usize> = starts.enumerate().map(|(row, start)| (start, row)).collect();
        for judgement in verdicts.judgements {
            if let Some(mark) = last.get(&judgement.window_start).and_then(|row| marks.get_mut(*row)) {
                let (stands_out, alarm) = (judgement.stands_out, judgement.alarm);
                *mark = Mark { score: judgement.score, threshold: judgement.threshold, stands_out, alarm };
            }
        }
        marks
    }
}

/// The longest window that divides a day and is no longer than the spacing.
fn window(spacing: i64) -> i64 {
    let most = (spacing * 1_000).clamp(1_000, DAY_MS);
    let seconds = (1..=most / 1_000).rev().find(|seconds| DAY_MS % (seconds * 1_000) == 0);
    seconds.unwrap_or(1) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_the_spacing_rounded_down_to_a_part_of_a_day() {
        let cases = [(300, 300_000), (301, 300_000), (60, 60_000), (3_600, 3_600_000), (7, 6_000), (90_000, DAY_MS)];
        for (spacing, expected) in cases {
            assert_eq!(window(spacing), expected, "{spacing}");
        }
    }
}
