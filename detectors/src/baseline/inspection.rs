//! What the baseline believes of a series, for people: what is usual when, how surprising the series is by itself, and
//! what would have to happen for a finding.

use serde::Serialize;
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::finding::{Channel, Season, Side};

use super::channels::KINDS;
use super::pace::{HALF_HOURS, HOURS, Slot};
use super::{Baseline, Context, State};
use crate::number::published;
use crate::signal_scale::{from_scale, is_harmful, possible, to_scale};
use crate::window::Closed;

/// Steps of a search for the least value that would be a finding.
const STEPS: u32 = 60;
/// For how long a value is held in the search for one that would be a finding if it lasted, in seconds.
const HELD_S: f32 = 3_600.0;
/// Most windows of that.
const MOST_HELD: usize = 60;

/// What the baseline believes. Values are in the unit of the series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Windows that were judged or learned.
    pub windows: u32,
    /// The usual gap between them, in seconds.
    pub gap_s: f64,
    /// Whether verdicts are given; a young series is only watched.
    pub gives_verdicts: bool,
    /// Start of the next window.
    pub next_start: Timestamp,
    /// What is expected of it; absent before the first window.
    pub expected: Option<f64>,
    /// Lower end of what is usual.
    pub lower: Option<f64>,
    /// Upper end of what is usual.
    pub upper: Option<f64>,
    /// Which season says so.
    pub season: Season,
    /// The threshold, and what it follows from.
    pub threshold: Threshold,
    /// The trouble that goes on.
    pub trouble_since: Option<Timestamp>,
    /// What would be a finding.
    pub finding_if: Vec<Condition>,
    /// What is usual in each half-hour of a working day, and then of a day of rest; absent where nothing was seen.
    pub half_hours: Vec<Option<f64>>,
    /// What each hour of the week adds to that, from Monday; absent where nothing was seen.
    pub hours_of_week: Vec<Option<f64>>,
    /// What each comparison is used to.
    pub channels: Vec<Used>,
}

/// The threshold of a series, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// Surprise above which a window is a finding.
    pub nats: f64,
    /// Surprise that is needed now, shortly after another finding.
    pub needed_now: f64,
    /// False findings that are accepted in a month.
    pub false_alarms: f64,
    /// Months that were watched.
    pub months: f64,
    /// Windows that stood out in that time.
    pub stood_out: f64,
}

/// A value that would be a finding.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// To which side.
    pub side: Side,
    /// How many windows it would have to last.
    pub windows: usize,
    /// The value.
    pub value: f64,
}

/// What a comparison is used to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Used {
    /// The comparison.
    pub channel: Channel,
    /// To which side; absent for courses.
    pub side: Option<Side>,
    /// The statistic that one window in a hundred exceeds; absent while that is unknown.
    pub one_in_a_hundred: Option<f64>,
}

impl Baseline {
    /// What is believed of a series, were its next window on `context`'s day.
    #[must_use]
    pub fn inspect(&self, state: &State, next_start: Timestamp, context: Context<'_>) -> Inspection {
        let spec = context.spec;
        let slot = Slot::of(context.day, next_start);
        let (view, scale) = state.view(slot);
        let expected = state.expected(&view, &context);
        let seen = from_scale(spec, expected.location);
        let in_unit =
            |value: f64| Some(published(possible(spec, seen, from_scale(spec, value)))).filter(|it| it.is_finite());
        let has_value = state.windows() > 0;
        Inspection {
            windows: state.windows(),
            gap_s: published(f64::from(state.pace.gap_s())),
            gives_verdicts: state.is_awake(),
            next_start,
            expected: in_unit(expected.location).filter(|_| has_value),
            lower: in_unit(expected.lower).filter(|_| has_value),
            upper: in_unit(expected.upper).filter(|_| has_value),
            season: expected.season,
            threshold: self.threshold_of(state, &context),
            trouble_since: state.episode.trouble_since(),
            finding_if: self.conditions(state, next_start, context, f64::from(scale)),
            half_hours: (0..2 * HALF_HOURS)
                .map(|slot| state.profile.half_hour(slot).and_then(|off| in_unit(state.at_base(off))))
                .collect(),
            hours_of_week: (0..HOURS)
                .map(|hour| {
                    state.profile.hour_of_week(hour).and_then(|off| {
                        let (with, without) =
                            (from_scale(spec, state.at_base(off)), from_scale(spec, state.at_base(0.0)));
                        Some(published(with - without)).filter(|it| it.is_finite())
                    })
                })
                .collect(),
            channels: state.used(&context),
        }
    }

    fn threshold_of(&self, state: &State, context: &Context<'_>) -> Threshold {
        let nats = state.record.threshold(self.false_alarms, context.prior, state.pace.a_day());
        let (months, stood_out) = state.record.watched();
        Threshold {
            nats: published(f64::from(nats)),
            needed_now: published(f64::from(nats.max(state.episode.needed()))),
            false_alarms: published(f64::from(self.false_alarms)),
            months: published(f64::from(months)),
            stood_out: f64::from(stood_out),
        }
    }

    /// The least values that would be a finding at once, and if they lasted for an hour.
    fn conditions(&self, state: &State, next: Timestamp, context: Context<'_>, scale: f64) -> Vec<Condition> {
        if !state.is_awake() {
            return Vec::new();
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive count")]
        let held = ((HELD_S / state.pace.gap_s().max(1.0)) as usize).clamp(1, MOST_HELD);
        let sides = [Side::Above, Side::Below].into_iter().filter(|side| is_harmful(context.spec.harm, *side));
        let mut told = Vec::new();
        for side in sides {
            let search = Search { baseline: *self, state, next, context, side, windows: 1, scale };
            let Some(at_once) = search.least() else { continue };
            told.push(Condition { side, windows: 1, value: published(at_once) });
            let lasting = Search { windows: held, ..search }.least().filter(|value| *value != at_once);
            told.extend(lasting.map(|value| Condition { side, windows: held, value: published(value) }));
        }
        told
    }
}

/// The search for the least deviation to one side that would be a finding.
struct Search<'a> {
    baseline: Baseline,
    state: &'a State,
    next: Timestamp,
    context: Context<'a>,
    side: Side,
    windows: usize,
    scale: f64,
}

impl Search<'_> {
    fn least(&self) -> Option<f64> {
        let (view, _) = self.state.view(Slot::of(self.context.day, self.next));
        let start = self.state.expected(&view, &self.context).location;
        let step = self.scale.max(1e-9 * start.abs()).max(1e-12);
        let sign = if self.side == Side::Above { 1.0 } else { -1.0 };
        let mut far = step;
        let mut doublings = 0;
        while !self.is_finding(start + sign * far) {
            far *= 2.0;
            doublings += 1;
            if doublings > STEPS {
                return None;
            }
        }
        let (mut near, mut least) = (0.0, far);
        for _ in 0..STEPS {
            let middle = f64::midpoint(near, least);
            if self.is_finding(start + sign * middle) { least = middle } else { near = middle }
        }
        self.reachable(start + sign * least)
    }

    /// The value in the signal's unit; `None` where values cannot be.
    fn reachable(&self, on_scale: f64) -> Option<f64> {
        let spec = self.context.spec;
        let value = from_scale(spec, on_scale);
        let seen = from_scale(spec, self.state.at_base(0.0));
        let is_there = (to_scale(spec, possible(spec, seen, value)) - on_scale).abs() <= 1e-6 * on_scale.abs() + 1e-9;
        is_there.then_some(value)
    }

    fn is_finding(&self, on_scale: f64) -> bool {
        let mut state = self.state.clone();
        #[expect(clippy::cast_possible_truncation, reason = "a gap in milliseconds is far below 2^63")]
        let gap_ms = (self.state.pace.gap_s() * 1_000.0) as i64;
        let windows = (0..self.windows).map(|turn| self.next + i64::try_from(turn).unwrap_or(0) * gap_ms);
        windows.into_iter().any(|start| {
            let window = Closed { start, width_ms: gap_ms, value: on_scale, weight: None };
            self.baseline.judge(&mut state, &window, on_scale, self.context).is_some_and(|judged| judged.alarm)
        })
    }
}

impl State {
    /// What is expected in `slot`, and the scale of distances from it.
    fn view(&self, slot: Slot) -> (super::View, f32) {
        let usual = self.profile.usual(slot, self.pace.a_day());
        let view =
            super::View { slot, usual, forecast: self.levels.forecast(usual), scale: self.scales.of(usual, 0.0) };
        let scale = view.scale.season;
        (view, scale)
    }

    /// The base level and a difference from it, on the scale on which the signal is judged.
    fn at_base(&self, off: f32) -> f64 {
        self.origin + f64::from(self.levels.base()) + f64::from(off)
    }

    fn used(&self, context: &Context<'_>) -> Vec<Used> {
        let values = self.channels.exceeded_by_one_in_a_hundred(&context.prior.shapes);
        let used = KINDS.iter().zip(values).map(|((channel, side, _), value)| Used {
            channel: *channel,
            side: *side,
            one_in_a_hundred: value.is_finite().then(|| published(f64::from(value))),
        });
        used.collect()
    }
}
