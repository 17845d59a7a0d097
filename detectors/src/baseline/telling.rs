//! A trouble as a finding, and a judged window as a row.

use tidewatch_schemas::Finding;
use tidewatch_schemas::finding::DetectorName;

use super::episode::Trouble;
use super::{Expected, Judged};
use crate::detector;
use crate::judgement::Judgement;
use crate::number::{published, saturating_share};
use crate::signal_scale::{from_scale, possible};
use crate::wording;

/// Windows of history at which the baseline is trusted by one half.
const HALF_CONFIDENCE: u32 = 60;

/// What was expected, in the unit of the signal.
struct InUnit {
    expected: f64,
    lower: f64,
    upper: f64,
}

impl InUnit {
    fn of(input: &detector::Judged<'_>, expected: &Expected) -> Self {
        let end = |end: f64| possible(input.spec, input.window.value, from_scale(input.spec, end));
        Self {
            expected: from_scale(input.spec, expected.location),
            lower: end(expected.lower),
            upper: end(expected.upper),
        }
    }
}

/// The finding that a window of a trouble is; `windows` of history stand behind it.
pub fn finding(input: &detector::Judged<'_>, judged: &Judged, trouble: &Trouble, windows: u32) -> Finding {
    let InUnit { expected, lower, upper } = InUnit::of(input, &judged.expected);
    let mut finding = Finding {
        detector: DetectorName::Baseline,
        pool: input.series.pool.clone(),
        tenant: input.series.tenant.clone(),
        resource: input.series.resource.clone(),
        signal: input.series.signal.clone(),
        series: input.series.id(),
        attributes: input.series.attributes.clone(),
        unit: input.unit.to_owned(),
        since: trouble.since,
        window_start: input.window.start,
        window_end: input.window.end(),
        actual: Some(published(input.window.value)),
        expected: published(expected),
        lower: published(lower),
        upper: published(upper),
        season: judged.expected.season,
        side: trouble.side,
        channel: Some(trouble.channel),
        silence: None,
        contention: None,
        score: published(f64::from(trouble.surprise)),
        share: published(f64::from(trouble.share)),
        confidence: published(saturating_share(windows, HALF_CONFIDENCE)),
        summary: String::new(),
        origin: input.origin.clone(),
    };
    finding.summary = wording::finding(&finding);
    finding
}

/// The row that a judged window is.
pub fn judgement(input: &detector::Judged<'_>, judged: &Judged) -> Judgement {
    let InUnit { expected, lower, upper } = InUnit::of(input, &judged.expected);
    Judgement {
        series: input.series.id(),
        window_start: input.window.start,
        width_ms: input.window.width_ms,
        value: input.window.value,
        expected,
        lower,
        upper,
        season: judged.expected.season,
        score: f64::from(judged.voice.surprise),
        threshold: f64::from(judged.threshold),
        stands_out: judged.stands_out,
        alarm: judged.alarm,
    }
}
