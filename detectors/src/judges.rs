//! The detectors that look at a series' closed windows, and what each remembers of it.
//!
//! Two time scales are watched. [`Baseline`] knows seasons and courses; it looks at windows of a minute or more, and what
//! comes more often is averaged to minutes for it. [`Cusum`] looks at the short windows themselves, so that loud
//! trouble is told within a minute. Where both look, each gets half of the accepted false alarms.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Origin, SignalName, SignalSpec, Timestamp};

use crate::baseline::inspection::Inspection;
use crate::baseline::{self, Baseline, Context, Expected, Explained, telling};
use crate::calendar::{Day, Today};
use crate::class::Class;
use crate::contention::Reading;
use crate::cusum::{self, Cusum};
use crate::detector::{Detector, Judged};
use crate::effects::{Effects, Occasion};
use crate::judgement::Verdicts;
use crate::minute::Minute;
use crate::series::Identity;
use crate::signal_scale::to_scale;
use crate::specialists::{self, Knobs, Seen, Specialists};
use crate::window::Closed;

/// Parameters of the detectors.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What watches short windows.
    pub cusum: Cusum,
    /// What watches windows of a minute or more.
    pub baseline: Baseline,
    /// What knows one kind of trouble each.
    pub specialists: Specialists,
    /// Of which signals every judged window is told, not only findings.
    pub traced: Traced,
}

/// Signals of which every judged window is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Traced {
    /// None.
    #[default]
    Nothing,
    /// All.
    Everything,
    /// Those.
    Signals(BTreeSet<SignalName>),
}

impl Traced {
    /// Whether the windows of `signal` are told.
    #[must_use]
    pub fn has(&self, signal: &SignalName) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Signals(names) => names.contains(signal),
        }
    }
}

/// Memory of the detectors about one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judges {
    cusum: cusum::State,
    baseline: Option<Box<baseline::State>>,
    specialists: Option<Box<specialists::State>>,
    minute: Minute,
    effects: Effects,
}

/// Where windows of one series are looked at, and what came of it.
#[derive(Debug)]
pub struct Bench<'a> {
    /// Parameters of the detectors.
    pub settings: &'a Settings,
    /// The series.
    pub who: Identity<'a>,
    /// The tenant's calendar.
    pub today: &'a mut Today,
    /// What series of its kind have in common.
    pub class: &'a mut Class,
    /// What was concluded so far.
    pub found: Verdicts,
}

impl Settings {
    /// Detectors of windows of `width_ms` that make `false_alarms` findings by chance per series and month; a level that
    /// lasts longer than `adopt_after_ms` is the new normal.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the knob needs no more than seven digits")]
    pub fn new(width_ms: i64, false_alarms: f64, adopt_after_ms: i64) -> Self {
        let muted = baseline::channels::Muted::default();
        Self {
            cusum: Cusum::new(width_ms, false_alarms / 2.0, adopt_after_ms),
            baseline: Baseline { false_alarms: false_alarms as f32, adopt_after_ms, muted },
            specialists: Specialists::new(false_alarms, Knobs::default(), adopt_after_ms),
            traced: Traced::Nothing,
        }
    }
}

impl Settings {
    /// The same, which make so many times as many findings by chance.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the knob needs no more than seven digits")]
    pub fn with_fewer(&self, factor: f64) -> Self {
        let false_alarms = self.baseline.false_alarms * factor as f32;
        Self {
            cusum: self.cusum.with_fewer(factor),
            baseline: Baseline { false_alarms, ..self.baseline },
            specialists: self.specialists.with_fewer(factor),
            traced: self.traced.clone(),
        }
    }
}

impl Judges {
    /// Looks at one closed window; windows come in order of time.
    pub fn look(&mut self, bench: &mut Bench<'_>, (window, origin): (Closed, &Origin)) {
        if bench.who.is_metered {
            bench.found.metered.push(window);
        }
        self.read(bench, &window);
        let is_short = self.minute.is_short(&window);
        if let Some((minute, origin)) = self.minute.end_before(&window) {
            self.judge(bench, (minute, &origin), true);
        }
        if !is_short {
            self.judge(bench, (window, origin), false);
            return;
        }
        let day = bench.today.at(window.start);
        let Identity { key, spec, unit, .. } = bench.who;
        let usual = self.season(bench, &day, window.start);
        let judged = Judged { series: key, spec, unit, window, day: &day, usual, origin };
        bench.found.findings.extend(bench.settings.cusum.observe(&mut self.cusum, &judged));
        if let Some(minute) = self.minute.add(&window, origin) {
            self.judge(bench, (minute, origin), true);
        }
    }

    /// Takes note of what the window says about a resource that tenants share.
    fn read(&mut self, bench: &mut Bench<'_>, window: &Closed) {
        let Identity { key, spec, .. } = bench.who;
        bench.found.readings.extend(Reading::spent(key, spec, (window.start, window.value)));
        if spec.sharing.is_none() && !spec.is_felt() {
            return;
        }
        let day = bench.today.at(window.start);
        let usual = self.season(bench, &day, window.start).map(|usual| usual.location);
        bench.found.readings.extend(Reading::of(key, spec, (window.start, window.value), usual));
    }

    /// What the baseline believes of the series about the window at `at`, or about its next one; `None` while it has seen
    /// nothing.
    #[must_use]
    pub fn inspect(&self, bench: &mut Bench<'_>, at: Option<Timestamp>) -> Option<Inspection> {
        let state = self.baseline.as_ref()?;
        let start = at.unwrap_or(state.next_start());
        let day = bench.today.at(start);
        let spec = bench.who.spec;
        let occasion = occasion((state, spec), (&day, start), bench.today);
        let explained = occasion.map(|occasion| bench.class.foresee(&self.effects, &occasion));
        let explained = explained.map_or_else(Explained::default, Explained::from);
        let context = Context { spec, day: &day, explained, prior: &bench.class.prior() };
        let mut baseline = bench.settings.baseline;
        if self.cusum.is_watching() {
            baseline.false_alarms /= 2.0;
        }
        Some(baseline.inspect(state, start, context))
    }

    /// Makes the level of now the normal one, for every detector.
    pub fn adopt(&mut self, today: &mut Today) {
        self.cusum.adopt();
        if let Some(baseline) = &mut self.baseline {
            let day = today.at(baseline.next_start());
            baseline.adopt(&day);
        }
        if let Some(special) = &mut self.specialists {
            special.adopt();
        }
    }

    /// Takes everything that the series contributed out of `class`, and forgets it.
    pub fn leave(&mut self, class: &mut Class) {
        class.forget(&mut self.effects);
    }

    /// What season and calendar expect of a short window; nothing where the baseline knows of growth, not of levels.
    fn season(&mut self, bench: &mut Bench<'_>, day: &Day, start: Timestamp) -> Option<Expected> {
        if self.specialists.as_ref().is_some_and(|special| special.is_growing()) {
            return None;
        }
        let state = self.baseline.as_ref()?;
        let spec = bench.who.spec;
        let occasion = occasion((state, spec), (day, start), bench.today);
        let explained = occasion.map(|occasion| bench.class.explain(&mut self.effects, &occasion));
        let explained = explained.map_or_else(Explained::default, Explained::from);
        let context = Context { spec, day, explained, prior: &bench.class.prior() };
        bench.settings.baseline.season(state, start, &context)
    }

    /// Judges a window of a minute or more; `shared` when short windows of the same series are watched too.
    fn judge(&mut self, bench: &mut Bench<'_>, (window, origin): (Closed, &Origin), shared: bool) {
        let Identity { key, spec, unit, .. } = bench.who;
        let day = bench.today.at(window.start);
        let mut baseline = bench.settings.baseline;
        if shared {
            baseline.false_alarms /= 2.0;
        }
        let special = self.specialists.get_or_insert_default();
        let raw = Judged { series: key, spec, unit, window, day: &day, usual: None, origin };
        let Some(Seen { window, is_growth, starts_over, variance }) = special.enter(spec, &window) else { return };
        if starts_over {
            self.baseline = None;
            bench.class.forget(&mut self.effects);
        }
        let growth_unit = is_growth.then(|| format!("{unit}/s"));
        let unit = growth_unit.as_deref().unwrap_or(unit);
        let state = self.baseline.get_or_insert_default();
        if let Some(report) = state.report(day.number) {
            bench.class.hear(&report);
        }
        let value = to_scale(spec, window.value);
        let occasion = occasion((state, spec), (&day, window.start), bench.today);
        let explained = occasion.map(|occasion| {
            let explained = bench.class.explain(&mut self.effects, &occasion);
            bench.class.learn(&mut self.effects, &occasion, value);
            explained
        });
        let explained = explained.map_or_else(Explained::default, Explained::from).and_uncertain(variance);
        let context = Context { spec, day: &day, explained, prior: &bench.class.prior() };
        let Some(judged) = baseline.judge(state, &window, value, context) else { return };
        let usual = Some(judged.expected);
        let input = Judged { series: key, spec, unit, window, day: &day, usual, origin };
        let told = judged.trouble.is_some();
        bench.found.findings.extend(bench.settings.specialists.judge(special, (&input, &raw), told));
        if let Some(trouble) = judged.trouble.as_ref().filter(|_| !special.is_sparse()) {
            bench.found.findings.push(telling::finding(&input, &judged, trouble, state.windows()));
        }
        if bench.settings.traced.has(&key.signal) {
            bench.found.judgements.push(telling::judgement(&input, &judged));
        }
    }
}

/// A window with what is usual of it, for the business calendar; `None` while that is not known.
fn occasion<'a>(
    (state, spec): (&baseline::State, &SignalSpec),
    (day, at): (&'a Day, Timestamp),
    today: &Today,
) -> Option<Occasion<'a>> {
    let ground = state.ground(day, at, spec.scale)?;
    Some(Occasion { day, at, ground, is_given: !day.features.is_empty() && today.is_given() })
}

#[cfg(test)]
mod tests;
