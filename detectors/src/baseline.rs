//! Whether a window is what its series does at this hour, on this weekday, this many business days from a period end.
//!
//! Everything is learned while it is judged: there is no training, nothing is tuned, and nothing looks ahead. A window is
//! judged first and learned afterwards, in cut steps, so that no single value moves what is usual far.
//!
//! | part | holds |
//! |---|---|
//! | [`pace`] | how closely windows follow each other |
//! | [`profile`], [`forecast`], [`scales`] | what is expected, and how far windows usually are from it |
//! | [`lasting`] | how far the latest windows were from it, together |
//! | [`shape`], [`recurrence`] | courses: of the latest windows, of the last hours |
//! | [`tail`], [`channels`] | how surprising each comparison is, and their one voice |
//! | [`hold`], [`knob`] | one alarm for one trouble, and how much surprise is too much |
//! | [`fleet`] | what the series of a class have in common |
//! | [`episode`] | how long the trouble lasts |
//! | [`telling`], [`inspection`] | findings and rows, and what is believed, for people |
//! | [`quantised`] | many values in two bytes each |
//!
//! State is `f32` relative to the first value, so that a large level costs no precision.

mod adopt;
pub mod channels;
pub mod episode;
pub mod fleet;
pub mod forecast;
pub mod hold;
pub mod inspection;
pub mod knob;
pub mod lasting;
pub mod pace;
pub mod profile;
pub mod quantised;
pub mod recurrence;
pub mod scales;
pub mod shape;
pub mod tail;
pub mod telling;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{Season, Side};
use tidewatch_schemas::{SignalSpec, Timestamp, catalog};

use crate::calendar::Day;
use crate::effects::{self, Ground};
use crate::signal_scale::is_harmful;
use crate::window::Closed;
use channels::{Channels, Hearing, Measured, Muted, ONE_IN_A_HUNDRED, Voice};
use episode::{Episode, Seen, Trouble};
use fleet::Report;
use forecast::{Forecast, Levels, Step};
use knob::{Prior, Record};
use lasting::Lasting;
use pace::{Pace, Slot};
use profile::{Lesson, Profile, Usual};
use recurrence::Recurrence;
use scales::{Scale, Scales};
use shape::Shapes;

/// Windows that are watched before the first verdict, and the share of a day that is.
const WARM_UP: (f32, f32) = (30.0, 0.1);
/// Days from which special days can be told from ordinary ones.
const GROUND_DAYS: f32 = 3.0;
/// Variance of the calendar's guess, in variances of a window, up to which courses are believed.
const KNOWN_UP_TO: f32 = 4.0;
/// Mean absolute distance from the mean, in standard deviations of a normal distribution.
const MEAN_DISTANCE: f64 = 0.8;
/// Windows from which scales are not learned far enough to compare anything by them.
const UNSCALED: f32 = 8.0;
/// Share of a value that is no difference: agents round to six digits or so.
const LEAST_DISTANCE: f32 = 1e-6;

/// A window counts in a course with at most this many scales: by a single one that leapt, no course is unlike all others.
const MOST_IN_A_COURSE: f32 = 20.0;
/// In a trouble that was told, courses go on with values at most this many scales from what is usual: else its end would be
/// another course not seen before, and the days after it unlike the day of the trouble.
const MOST_IN_TROUBLE: f32 = 3.0;

/// Farthest from the first value that a value counts as: squares of it are still numbers.
const FARTHEST: f64 = 1e18;

/// The series detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// Expected false findings per series and month.
    pub false_alarms: f32,
    /// How long a trouble may last before it is the new normal, in milliseconds.
    pub adopt_after_ms: i64,
    /// Channels left out; for measuring what each is worth.
    pub muted: Muted,
}

/// What the detector remembers of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    origin: f64,
    /// Civil time less UTC.
    offset_s: i32,
    pace: Pace,
    levels: Levels,
    scales: Scales,
    lasting: Lasting,
    profile: Profile,
    shapes: Shapes,
    recurrence: Recurrence,
    channels: Channels,
    record: Record,
    episode: Episode,
}

/// What is known of a window beside its value.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the catalog says about the signal.
    pub spec: &'a SignalSpec,
    /// The day, for the tenant.
    pub day: &'a Day,
    /// What the business calendar explains of the value, on the scale on which the signal is judged.
    pub explained: Explained,
    /// What series of the same class do.
    pub prior: &'a Prior,
}

/// What the business calendar explains of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Explained {
    /// What it adds to what is usual.
    pub effect: f32,
    /// How uncertain that is, as a variance.
    pub variance: f32,
    /// What learning gains are multiplied by, 0 to 1.
    pub trust: f32,
}

impl Default for Explained {
    fn default() -> Self {
        Self { effect: 0.0, variance: 0.0, trust: 1.0 }
    }
}

impl Explained {
    /// The same for a value that is itself uncertain.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a variance are plenty")]
    pub fn and_uncertain(self, variance: f64) -> Self {
        Self { variance: self.variance + variance as f32, ..self }
    }
}

impl Explained {
    /// How well it is known what is usual, 0 to 1, where windows are usually `scale` away: fully, until the calendar's
    /// guess has four times their variance.
    fn clarity(&self, scale: f32) -> f32 {
        let excess = (self.variance / (scale * scale) - KNOWN_UP_TO).max(0.0);
        1.0 / libm::sqrtf(libm::sqrtf(1.0 + excess))
    }
}

impl From<effects::Explained> for Explained {
    /// Scales here are mean absolute distances, and so is the root of the variance.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    fn from(explained: effects::Explained) -> Self {
        let variance = (MEAN_DISTANCE * MEAN_DISTANCE * explained.variance) as f32;
        Self { effect: explained.effect as f32, variance, trust: explained.gain() as f32 }
    }
}

/// What is usual of a window, on the scale on which its signal is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// What is usual, the calendar's effect included.
    pub location: f64,
    /// Mean absolute distance from it.
    pub scale: f64,
    /// Lower end of the band.
    pub lower: f64,
    /// Upper end of the band.
    pub upper: f64,
    /// Which season said so.
    pub season: Season,
}

impl Expected {
    /// On which side of the band `value` lies; `None` inside.
    #[must_use]
    pub fn side_of(&self, value: f64) -> Option<Side> {
        if value > self.upper {
            return Some(Side::Above);
        }
        (value < self.lower).then_some(Side::Below)
    }
}

/// What came of judging one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// What was expected.
    pub expected: Expected,
    /// What the comparisons say.
    pub voice: Voice,
    /// How much surprise would be too much.
    pub threshold: f32,
    /// Whether the window stands out.
    pub stands_out: bool,
    /// Whether a finding begins.
    pub alarm: bool,
    /// The trouble that the window belongs to.
    pub trouble: Option<Trouble>,
}

/// A window while it is judged.
struct View {
    slot: Slot,
    usual: Usual,
    forecast: Forecast,
    scale: Scale,
}

impl Baseline {
    /// Judges a value on its signal's scale, and learns it. `None` for the first one, and for what is not finite.
    pub fn judge(&self, state: &mut State, window: &Closed, value: f64, context: Context<'_>) -> Option<Judged> {
        if !value.is_finite() {
            return None;
        }
        let (months, x) = state.enter(window, value)?;
        state.follow_clocks(context.day);
        let slot = Slot::of(context.day, window.start);
        let usual = state.profile.usual(slot, state.pace.a_day());
        let view = View { slot, usual, forecast: state.levels.forecast(usual), scale: state.scale(usual, x) };
        let x = explain(x, &view, context.explained);
        let measured = state.measure(x, &view);
        let hearing = Hearing {
            harm: context.spec.harm,
            muted: self.muted,
            shapes: &context.prior.shapes,
            awake: state.is_awake(),
            spread: view.scale.overall,
            clarity: context.explained.clarity(view.scale.season),
        };
        let expected = state.expected(&view, &context);
        let voice =
            if state.pace.seen() > UNSCALED { state.channels.step(&measured, &hearing) } else { Voice::silent() };
        let threshold = state.record.threshold(self.false_alarms, context.prior, state.pace.a_day());
        let stands_out = state.record.step(voice.surprise, months, state.pace.a_day());
        let outside = expected.side_of(value).filter(|side| is_harmful(context.spec.harm, *side));
        let (a_day, adopt_after_ms) = (state.pace.a_day(), self.adopt_after_ms);
        let (alarm, trouble) =
            state.episode.step(&Seen { start: window.start, outside, voice, threshold, a_day, adopt_after_ms });
        if alarm {
            state.forgive(x, &view);
        }
        state.learn(x, &view, context.explained.trust);
        Some(Judged { expected, voice, threshold, stands_out, alarm, trouble })
    }
}

impl Baseline {
    /// What a season expects of a window that starts at `start`; `None` while none is known to do better than the level.
    #[must_use]
    pub fn season(&self, state: &State, start: Timestamp, context: &Context<'_>) -> Option<Expected> {
        if !state.is_awake() {
            return None;
        }
        let slot = Slot::of(context.day, start);
        let usual = state.profile.usual(slot, state.pace.a_day());
        let forecast = state.levels.forecast(usual);
        let is_special = context.explained != Explained::default();
        if forecast.season == Season::Recent && !is_special {
            return None;
        }
        let scale = state.scales.of(usual, 0.0);
        Some(state.expected(&View { slot, usual, forecast, scale }, context))
    }
}

/// The value as it would be on an ordinary day: less the calendar's effect, and its distance from what is usual shrunk by
/// what is uncertain about that effect.
fn explain(x: f32, view: &View, explained: Explained) -> f32 {
    let Explained { effect, variance, .. } = explained;
    if effect == 0.0 && variance == 0.0 {
        return x;
    }
    let (usual, scale) = (view.forecast.usual, view.scale.season);
    let shrink = scale / libm::sqrtf(scale * scale + variance);
    usual + (x - effect - usual) * shrink
}

impl View {
    /// `x`, at most so many scales from what is usual.
    fn within(&self, x: f32, scales: f32) -> f32 {
        let most = scales * self.scale.season;
        self.forecast.usual + (x - self.forecast.usual).clamp(-most, most)
    }
}

impl State {
    /// Takes note of a window: how much time was watched since the one before, in months, and the value relative to
    /// the first one. `None` for the first one.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits relative to the first value are plenty")]
    fn enter(&mut self, window: &Closed, value: f64) -> Option<(f32, f32)> {
        let months = self.pace.step(window.start);
        if self.pace.count() == 1 {
            self.origin = value;
            self.levels.begin(0.0);
            self.shapes.begin(0.0);
            return None;
        }
        Some((months, (value - self.origin).clamp(-FARTHEST, FARTHEST) as f32))
    }

    /// Takes note of the distance to UTC, which clocks that are changed have changed.
    fn follow_clocks(&mut self, day: &Day) {
        let offset_s = i32::try_from(day.offset_ms / 1_000).unwrap_or(0);
        let moved_s = offset_s.saturating_sub(self.offset_s);
        if moved_s != 0 {
            self.offset_s = offset_s;
            self.shapes.clocks_moved(moved_s as f32 / self.pace.gap_s().max(1.0));
        }
    }

    /// Whether enough was seen for verdicts.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        let (windows, share) = WARM_UP;
        self.pace.seen() >= windows.max(share * self.pace.a_day())
    }

    /// What the class is to be told on civil day `day`, once a day.
    pub fn report(&mut self, day: i32) -> Option<Report> {
        let report = self.record.report(day, self.pace.a_day())?;
        Some(Report { shapes: self.channels.shapes(), ..report })
    }

    /// What is usual of a window at `start`, the calendar left aside, on the signal's scale; `None` in the first days, when
    /// nothing can be said about what is special.
    #[must_use]
    pub fn ground(&self, day: &Day, start: Timestamp, scale: catalog::Scale) -> Option<Ground> {
        if self.pace.seen() < GROUND_DAYS * self.pace.a_day() {
            return None;
        }
        let usual = self.profile.usual(Slot::of(day, start), self.pace.a_day());
        let forecast = self.levels.forecast(usual);
        let level = self.origin + f64::from(self.levels.slow());
        let deviation = self.scale(usual, 0.0).season;
        let base = self.origin + f64::from(forecast.usual);
        Some(Ground { scale, base, level, deviation: f64::from(deviation) })
    }

    /// When the next window is expected to start.
    #[must_use]
    pub fn next_start(&self) -> Timestamp {
        self.pace.next_start()
    }

    /// Windows seen.
    #[must_use]
    pub fn windows(&self) -> u32 {
        self.pace.count()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a size, of which seven digits are plenty")]
    fn scale(&self, usual: Usual, x: f32) -> Scale {
        let reach = self.scales.reach();
        let x = x.clamp(-reach, reach);
        let value = (self.origin + f64::from(x)).abs() as f32;
        let least = LEAST_DISTANCE * (x.abs() + self.levels.slow().abs() + value) + 1e-12;
        self.scales.of(usual, least)
    }

    fn measure(&mut self, x: f32, view: &View) -> Measured {
        self.levels.follow(x, &self.pace);
        let spread = view.scale.overall;
        let season = (x - view.forecast.usual) / view.scale.season;
        let most = if self.episode.trouble_since().is_some() { MOST_IN_TROUBLE } else { MOST_IN_A_COURSE };
        let course = view.within(x, most);
        Measured {
            lasting: self.lasting.step(season),
            season,
            level: x - self.levels.slow(),
            mean: self.levels.off_centre(),
            shape: self.shapes.step(course, spread),
            recurrence: self.recurrence.step(view.slot.civil_s, course, &self.pace, spread),
        }
    }

    /// What an alarm told of the window is taken out of its courses.
    fn forgive(&mut self, x: f32, view: &View) {
        let excess = view.within(x, MOST_IN_A_COURSE) - view.within(x, MOST_IN_TROUBLE);
        self.shapes.forgive(excess);
        self.recurrence.forgive(excess);
    }

    fn expected(&self, view: &View, context: &Context<'_>) -> Expected {
        let Explained { effect, variance, .. } = context.explained;
        let location = self.origin + f64::from(view.forecast.usual) + f64::from(effect);
        let season = view.scale.season;
        let scale = libm::sqrtf(season * season + variance);
        let (below, above) = self.channels.usual_distance(ONE_IN_A_HUNDRED, &context.prior.shapes);
        Expected {
            location,
            scale: f64::from(scale),
            lower: location - f64::from(below * scale),
            upper: location + f64::from(above * scale),
            season: if effect == 0.0 { view.forecast.season } else { Season::Calendar },
        }
    }

    fn learn(&mut self, x: f32, view: &View, trust: f32) {
        let View { slot, usual, forecast, scale } = view;
        let most = 3.0 * scale.season.max(scale.overall - scale.least);
        let (off, from_level) = ((x - forecast.usual).abs(), x - self.levels.base());
        self.scales.learn((off, (x - self.levels.slow()).abs()), &self.pace, scale.least);
        self.levels.learn(x, forecast, Step { pace: &self.pace, most, day: usual.day, trust });
        let distance = off.min(6.0 * scale.season);
        self.profile.learn(*slot, Lesson { from_level, distance, most, trust });
    }
}
