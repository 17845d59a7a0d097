//! Whether deviations of short windows last.
//!
//! Two forecasts compete: the recent level, and what the [`baseline`](crate::baseline) knows of the season. The one with the
//! smaller recent error says what is expected. Location follows by clipped steps and scale by clipped absolute errors, so
//! that a wild value moves neither far. The deviation in scales becomes surprise ([`crate::surprise`]); surprise that lasts
//! becomes a finding. The more evidence has gathered, the less the recent level learns, and while a finding lasts it does not
//! learn at all, until the level has lasted so long that it is the new normal. Values that are not finite are ignored.

mod level;
mod memory;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Scale;
use tidewatch_schemas::finding::{Channel, DetectorName, Side};
use tidewatch_schemas::{Finding, SignalSpec, Timestamp};

use crate::detector::{Detector, Judged};
use crate::number::{published, saturating_share};
use crate::signal_scale::{from_scale, is_harmful, possible, to_scale};
use crate::surprise;
use crate::wording;
use level::Forecast;
use memory::{Learning, Memory};

/// Windows that are watched before the first verdict.
pub const WARM_UP: u32 = 30;
/// Windows of history at which the baseline is trusted by one half.
const HALF_CONFIDENCE: u32 = 60;
/// Share of ordinary windows outside the band that findings show.
const OUTSIDE_BAND: f64 = 0.02;
/// Least scale on a logarithmic signal: differences under a tenth are never news.
const LEAST_LOG_SCALE: f64 = 0.1;

/// Judges windows against the recent level and the time of day.
#[derive(Clone, Debug)]
pub struct Cusum {
    threshold: f64,
    band: f64,
    adopt_after_ms: i64,
}

/// What the baseline remembers of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    memory: Memory,
    rise: Evidence,
    fall: Evidence,
}

/// Evidence towards one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Evidence {
    sum: f64,
    since: Option<Timestamp>,
    alarming: bool,
}

impl State {
    /// Whether short windows of the series are watched, and not only its first one was taken for such.
    #[must_use]
    pub fn is_watching(&self) -> bool {
        self.memory.windows() >= WARM_UP
    }

    /// Makes the level of now the normal one.
    pub fn adopt(&mut self) {
        self.memory.start_over();
        (self.rise, self.fall) = (Evidence::default(), Evidence::default());
    }
}

impl Cusum {
    /// A baseline with `false_alarms` expected findings by chance per series and month, over windows of `width_ms`.
    #[must_use]
    pub fn new(width_ms: i64, false_alarms: f64, adopt_after_ms: i64) -> Self {
        Self {
            threshold: surprise::threshold(width_ms, false_alarms),
            band: surprise::deviation_exceeded_by(OUTSIDE_BAND),
            adopt_after_ms,
        }
    }

    /// The same, which makes so many times as many findings by chance.
    #[must_use]
    pub fn with_fewer(&self, factor: f64) -> Self {
        Self { threshold: surprise::rarer(self.threshold, factor), ..self.clone() }
    }

    fn weigh(&self, evidence: &mut Evidence, at: Timestamp, surprise: f64) {
        let before = evidence.sum;
        evidence.sum = surprise::accumulate(before, surprise, self.threshold);
        if evidence.sum <= 0.0 {
            *evidence = Evidence::default();
        } else if before <= 0.0 {
            evidence.since = Some(at);
        }
        evidence.alarming |= evidence.sum > self.threshold;
    }

    fn adopt_if_settled(&self, state: &mut State, at: Timestamp) {
        let oldest = [&state.rise, &state.fall].into_iter().filter(|side| side.alarming).filter_map(|side| side.since);
        if oldest.min().is_some_and(|since| at - since > self.adopt_after_ms) {
            state.adopt();
        }
    }
}

impl Detector for Cusum {
    type State = State;
    type Input<'a> = Judged<'a>;

    fn observe(&self, state: &mut State, judged: &Judged<'_>) -> Option<Finding> {
        let spec = judged.spec;
        let value = to_scale(spec, judged.window.value);
        if !value.is_finite() {
            return None;
        }
        let start = judged.window.start;
        let (least, width_ms, usual) = (least_scale(spec, value), judged.window.width_ms, judged.usual);
        let learning = Learning { least, width_ms, usual, trust: 1.0 };
        let ready = state.memory.windows() >= WARM_UP;
        let Some(forecast) = state.memory.forecast(usual, least).filter(|_| ready) else {
            state.memory.learn(value, learning);
            return None;
        };
        let z = (value - forecast.location) / forecast.scale;
        let ordinary = state.memory.usual_surprise();
        let rise = watched(spec, Side::Above) * surprise::surprise(z) / ordinary;
        let fall = watched(spec, Side::Below) * surprise::surprise(-z) / ordinary;
        self.weigh(&mut state.rise, start, rise);
        self.weigh(&mut state.fall, start, fall);
        let (side, evidence, surprise) = if state.rise.sum >= state.fall.sum {
            (Side::Above, state.rise, rise)
        } else {
            (Side::Below, state.fall, fall)
        };
        if state.rise.alarming || state.fall.alarming {
            state.memory.watch(value, learning);
            self.adopt_if_settled(state, start);
        } else {
            state.memory.calibrate(surprise::surprise(z.abs()));
            let trust = 1.0 / (1.0 + state.rise.sum.max(state.fall.sum));
            state.memory.learn(value, Learning { trust, ..learning });
        }
        // A calm window between bad ones is no finding, although the evidence of the bad ones still stands.
        let is_finding = evidence.sum > self.threshold && surprise > surprise::ALLOWANCE;
        is_finding.then(|| self.finding(state, judged, &Verdict { forecast, side, evidence }))
    }
}

/// What was concluded, before it is put into words and units.
struct Verdict {
    forecast: Forecast,
    side: Side,
    evidence: Evidence,
}

impl Cusum {
    fn finding(&self, state: &State, judged: &Judged<'_>, verdict: &Verdict) -> Finding {
        let Verdict { forecast, side, evidence } = *verdict;
        let spec = judged.spec;
        let half_band = self.band * forecast.scale;
        let mut finding = Finding {
            detector: DetectorName::Baseline,
            pool: judged.series.pool.clone(),
            tenant: judged.series.tenant.clone(),
            resource: judged.series.resource.clone(),
            signal: judged.series.signal.clone(),
            series: judged.series.id(),
            attributes: judged.series.attributes.clone(),
            unit: judged.unit.to_owned(),
            since: evidence.since.unwrap_or(judged.window.start),
            window_start: judged.window.start,
            window_end: judged.window.end(),
            actual: Some(published(judged.window.value)),
            expected: published(from_scale(spec, forecast.location)),
            lower: published(possible(spec, judged.window.value, from_scale(spec, forecast.location - half_band))),
            upper: published(possible(spec, judged.window.value, from_scale(spec, forecast.location + half_band))),
            season: forecast.season,
            side,
            channel: Some(Channel::Sum),
            silence: None,
            contention: None,
            score: published(evidence.sum),
            share: 1.0,
            confidence: published(saturating_share(state.memory.windows(), HALF_CONFIDENCE)),
            summary: String::new(),
            origin: judged.origin.clone(),
        };
        finding.summary = wording::finding(&finding);
        finding
    }
}

fn watched(spec: &SignalSpec, side: Side) -> f64 {
    if is_harmful(spec.harm, side) { 1.0 } else { 0.0 }
}

/// The least scale that is believed: what the signal's resolution says, and never nothing.
fn least_scale(spec: &SignalSpec, value: f64) -> f64 {
    match spec.scale {
        Scale::Linear => spec.resolution.max(1e-6 * value.abs()) + 1e-12,
        Scale::Logarithmic => LEAST_LOG_SCALE,
    }
}

#[cfg(test)]
mod tests;
