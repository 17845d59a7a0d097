//! Whether something that reports regularly has stopped.
//!
//! The yardstick is the pool's own event time: as long as others of the pool report, time passes. When the whole
//! pipeline is late nobody reports, no time passes, and nobody is called silent; when it goes on, time jumps, and
//! everybody has as long to report as if they had just been heard. What reports irregularly has no rhythm to miss and is
//! never silent; a true zero is a report like any other.
//!
//! What has stopped is seen from the neighbours, each a tenant on a resource: when all others on the resource have stopped
//! too, its agent is dead; when they go on and the tenant has stopped everywhere, it is suspended; when its own reports go
//! on, a single series is gone. When nobody of the pool is heard the pipeline is late.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Season, Side, Stopped};
use tidewatch_schemas::{Finding, Origin, SeriesKey, Timestamp};

use crate::detector::{Detector, Moment};
use crate::number::published;
use crate::wording;

/// Reports that are watched before the first verdict.
const WARM_UP: u32 = 30;
/// Weight of one gap.
const GAIN: f64 = 0.05;
/// A rhythm whose gaps vary by more than this share of their mean is none.
const MOST_VARIATION: f64 = 0.5;
/// Who was heard within this many gaps of the last report of the silent one has stopped together with it.
const TOGETHER: f64 = 1.5;

/// Calls a reporter silent after a number of missed reports.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// Reports missed in a row.
    pub missed: u32,
    /// What is granted on top, in milliseconds.
    pub lateness_ms: i64,
}

/// The rhythm of one reporter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    last: Option<Timestamp>,
    /// The pool's time when it was last heard: later than `last` where its clock or its way is slower than others'.
    heard: Option<Timestamp>,
    gap_ms: f64,
    variation_ms: f64,
    reports: u32,
    silent: bool,
}

/// Another reporter of the pool: a tenant on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Whether it is of the tenant that is silent.
    pub is_of_tenant: bool,
    /// Whether it is on the resource that is silent.
    pub is_on_resource: bool,
    /// Whether it goes on.
    pub goes_on: bool,
}

/// What has stopped, by who else has. `is_customer` says whether the silent one is of a tenant that can be suspended.
#[must_use]
pub fn stopped(is_customer: bool, neighbours: impl Iterator<Item = Neighbour>) -> Stopped {
    let (mut here, mut elsewhere, mut beside) = (Heard::default(), Heard::default(), Heard::default());
    for neighbour in neighbours {
        match (neighbour.is_of_tenant, neighbour.is_on_resource) {
            (true, true) if neighbour.goes_on => return Stopped::Series,
            (true, true) => {}
            (false, true) => here.add(neighbour.goes_on),
            (true, false) => elsewhere.add(neighbour.goes_on),
            (false, false) => beside.add(neighbour.goes_on),
        }
    }
    if here.goes_on > 0 {
        return if is_customer && elsewhere.goes_on == 0 { Stopped::Tenant } else { Stopped::Series };
    }
    let is_gone_everywhere = is_customer && elsewhere.stopped > 0 && elsewhere.goes_on == 0;
    if here.stopped == 0 && is_gone_everywhere && beside.goes_on > 0 { Stopped::Tenant } else { Stopped::Agent }
}

/// how many reporters go on and how many have stopped.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    goes_on: u32,
    stopped: u32,
}

impl Heard {
    fn add(&mut self, goes_on: bool) {
        if goes_on {
            self.goes_on += 1;
        } else {
            self.stopped += 1;
        }
    }
}

/// Puts to a finding of silence what has stopped.
pub fn explain(finding: &mut Finding, stopped: Stopped) {
    let (tenant, resource, pool) = (&finding.tenant, &finding.resource, &finding.pool);
    let words = match stopped {
        Stopped::Series => format!("others of {tenant} or on {resource} go on"),
        Stopped::Agent => format!("everything on {resource} has stopped: its agent may be dead"),
        Stopped::Tenant => format!("everything of {tenant} has stopped while others go on: it may be suspended"),
        Stopped::Pipeline => format!("nothing of {pool} arrives: what carries it may be late"),
    };
    finding.summary = format!("{}; {words}", finding.summary);
    finding.silence = Some(stopped);
}

/// A reporter went silent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silent {
    /// When it last reported.
    pub since: Timestamp,
    /// Its usual gap in milliseconds.
    pub gap_ms: f64,
    /// Share of trust in the rhythm, 0 to 1.
    pub confidence: f64,
}

impl Rhythm {
    /// Takes note of a report of the moment `at` that came at `now`, the pool's time; reports of the same moment count
    /// once. True when the reporter had been silent.
    pub fn report(&mut self, at: Timestamp, now: Timestamp) -> bool {
        let Some(last) = self.last else {
            (self.last, self.heard) = (Some(at), Some(at.max(now)));
            return false;
        };
        let gap = at - last;
        if gap <= 0 {
            return false;
        }
        (self.last, self.heard) = (Some(at), Some(at.max(now)));
        if std::mem::take(&mut self.silent) {
            return true;
        }
        self.learn(gap);
        false
    }

    #[expect(clippy::cast_precision_loss, reason = "gaps in milliseconds are far below 2^53")]
    fn learn(&mut self, gap_ms: i64) {
        let gap = gap_ms as f64;
        if self.reports == 0 {
            (self.gap_ms, self.reports) = (gap, 1);
            return;
        }
        let gain = GAIN.max(1.0 / f64::from(self.reports + 1));
        let cut = if self.reports < WARM_UP { gap } else { gap.min(4.0 * self.gap_ms) };
        self.variation_ms += gain * ((cut - self.gap_ms).abs() - self.variation_ms);
        self.gap_ms += gain * (cut - self.gap_ms);
        self.reports = self.reports.saturating_add(1);
    }

    /// Whether this reporter went on when `silent` stopped; `None` when it is too early to say.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "stretches in milliseconds are far below 2^53")]
    pub fn goes_on(&self, silent: &Self, now: Timestamp) -> Option<bool> {
        let (last, stopped) = (self.last?, silent.last?);
        if (last - stopped) as f64 > TOGETHER * silent.gap_ms {
            return Some(true);
        }
        ((now - last) as f64 > TOGETHER * self.gap_ms.max(silent.gap_ms)).then_some(false)
    }

    fn is_regular(&self) -> bool {
        self.reports >= WARM_UP && self.variation_ms < MOST_VARIATION * self.gap_ms
    }
}

impl Silence {
    /// The moment from which the reporter would be silent; `None` when it has no rhythm or is silent already.
    #[must_use]
    pub fn due(&self, rhythm: &Rhythm) -> Option<Timestamp> {
        let heard = rhythm.heard.filter(|_| rhythm.is_regular() && !rhythm.silent)?;
        Some(heard + self.patience(rhythm))
    }

    fn patience(&self, rhythm: &Rhythm) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a float cast to an integer saturates")]
        let missed = (f64::from(self.missed) * (rhythm.gap_ms + 2.0 * rhythm.variation_ms)) as i64;
        missed.saturating_add(self.lateness_ms)
    }

    /// Whether a reporter that reports at `now` had paused for longer than its patience, whether regular or not.
    #[must_use]
    pub fn had_paused(&self, rhythm: &Rhythm, now: Timestamp) -> bool {
        let heard = rhythm.last.filter(|_| rhythm.reports > 0);
        heard.is_some_and(|last| now > last + self.patience(rhythm))
    }

    /// Calls the reporter silent, once, when `now` has passed the moment it was due. What was last heard before
    /// `resumed`, when the whole pool went on after a pause, counts as heard then.
    fn judge(&self, rhythm: &mut Rhythm, now: Timestamp, resumed: Option<Timestamp>) -> Option<Silent> {
        let (since, heard, due) = (rhythm.last?, rhythm.heard?, self.due(rhythm)?);
        let granted = resumed.map_or(0, |resumed| (resumed - heard).max(0));
        if now <= due + granted {
            return None;
        }
        rhythm.silent = true;
        let confidence = crate::number::saturating_share(rhythm.reports, WARM_UP);
        Some(Silent { since, gap_ms: rhythm.gap_ms, confidence })
    }
}

impl Detector for Silence {
    type State = Rhythm;
    type Input<'a> = Moment<'a>;

    fn observe(&self, rhythm: &mut Rhythm, moment: &Moment<'_>) -> Option<Finding> {
        let silent = self.judge(rhythm, moment.now, moment.resumed)?;
        Some(silent.finding(moment.series, moment.now, moment.origin))
    }
}

impl Silent {
    /// The silence as a finding of `series`, noticed at `now`.
    #[must_use]
    pub fn finding(&self, series: &SeriesKey, now: Timestamp, origin: &Origin) -> Finding {
        let gap = published(self.gap_ms / 1_000.0);
        let mut finding = Finding {
            detector: DetectorName::Silence,
            pool: series.pool.clone(),
            tenant: series.tenant.clone(),
            resource: series.resource.clone(),
            signal: series.signal.clone(),
            series: series.id(),
            attributes: series.attributes.clone(),
            unit: "s".to_owned(),
            since: self.since,
            window_start: self.since,
            window_end: now,
            actual: None,
            expected: gap,
            lower: 0.0,
            upper: gap,
            season: Season::Recent,
            side: Side::Below,
            channel: None,
            silence: None,
            contention: None,
            score: 0.0,
            share: 1.0,
            confidence: published(self.confidence),
            summary: String::new(),
            origin: origin.clone(),
        };
        finding.summary = wording::finding(&finding);
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Silence = Silence { missed: 5, lateness_ms: 10 };

    fn rhythm(gaps: impl IntoIterator<Item = i64>) -> (Rhythm, Timestamp) {
        let (mut rhythm, mut at) = (Rhythm::default(), Timestamp(0));
        rhythm.report(at, at);
        for gap in gaps {
            at = at + gap;
            rhythm.report(at, at);
        }
        (rhythm, at)
    }

    #[test]
    fn a_regular_reporter_is_silent_once_after_the_missed_reports() {
        let (mut rhythm, last) = rhythm([100; 40]);
        assert_eq!(SILENCE.judge(&mut rhythm, last + 510, None), None);
        let silent = SILENCE.judge(&mut rhythm, last + 511, None).unwrap();
        assert_eq!((silent.since, silent.gap_ms), (last, 100.0));
        assert_eq!(SILENCE.judge(&mut rhythm, last + 9_999, None), None);
    }

    #[test]
    fn who_comes_back_may_be_missed_again() {
        let (mut rhythm, last) = rhythm([100; 40]);
        assert!(SILENCE.judge(&mut rhythm, last + 1_000, None).is_some());
        rhythm.report(last + 2_000, last + 2_000);
        assert_eq!(SILENCE.judge(&mut rhythm, last + 2_100, None), None);
        assert!(SILENCE.judge(&mut rhythm, last + 3_000, None).is_some(), "the long gap was not learned");
    }

    #[test]
    fn a_pause_of_the_whole_pool_is_nobodys_silence() {
        let (mut rhythm, last) = rhythm([100; 40]);
        let resumed = last + 9_000;
        assert!(SILENCE.had_paused(&rhythm, resumed) && !SILENCE.had_paused(&rhythm, last + 510));
        assert_eq!(SILENCE.judge(&mut rhythm, resumed + 510, Some(resumed)), None);
        let silent = SILENCE.judge(&mut rhythm, resumed + 511, Some(resumed)).unwrap();
        assert_eq!(silent.since, last);
    }

    #[test]
    fn a_clock_that_is_behind_the_pools_is_no_silence() {
        let mut rhythm = Rhythm::default();
        for turn in 0..40 {
            rhythm.report(Timestamp(turn * 100), Timestamp(turn * 100 + 60_000));
        }
        assert_eq!(SILENCE.due(&rhythm), Some(Timestamp(39 * 100 + 60_000 + 510)));
    }

    #[test]
    fn who_else_has_stopped_says_what_has() {
        let place = |is_of_tenant, is_on_resource, goes_on| Neighbour { is_of_tenant, is_on_resource, goes_on };
        let (of_tenant, on_resource) = (true, true);
        let cases = [
            ("alone in the world", true, vec![], Stopped::Agent),
            ("its place goes on", true, vec![place(of_tenant, on_resource, true)], Stopped::Series),
            (
                "everybody on the resource",
                true,
                vec![place(false, on_resource, false), place(false, false, true)],
                Stopped::Agent,
            ),
            (
                "the tenant everywhere",
                true,
                vec![place(false, on_resource, true), place(of_tenant, false, false)],
                Stopped::Tenant,
            ),
            ("the tenant on its only resource", true, vec![place(false, on_resource, true)], Stopped::Tenant),
            ("nobody's own part of it", false, vec![place(false, on_resource, true)], Stopped::Series),
            (
                "the tenant here but not there",
                true,
                vec![place(false, on_resource, true), place(of_tenant, false, true)],
                Stopped::Series,
            ),
            (
                "a tenant with resources of its own",
                true,
                vec![place(of_tenant, false, false), place(false, false, true)],
                Stopped::Tenant,
            ),
            ("one of its own resources", true, vec![place(of_tenant, false, true)], Stopped::Agent),
        ];
        for (name, is_customer, neighbours, expected) in cases {
            assert_eq!(stopped(is_customer, neighbours.into_iter()), expected, "{name}");
        }
    }

    #[test]
    fn who_stopped_together_does_not_go_on() {
        let (silent, last) = rhythm([100; 40]);
        let (slow, _) = rhythm([1_000; 4]);
        let (other, _) = rhythm([100; 41]);
        let (alive, _) = rhythm([100; 44]);
        assert_eq!(other.goes_on(&silent, last + 510), Some(false), "one report later");
        assert_eq!(alive.goes_on(&silent, last + 510), Some(true));
        assert_eq!(slow.goes_on(&silent, last + 510), None, "its next report is not due");
    }

    #[test]
    fn who_has_no_rhythm_is_never_silent() {
        let (mut young, last) = rhythm([100; 10]);
        assert_eq!(SILENCE.judge(&mut young, last + 1_000_000, None), None);
        let irregular = (0..60).map(|turn| if turn % 3 == 0 { 1_000 } else { 10 });
        let (mut irregular, last) = rhythm(irregular);
        assert_eq!(SILENCE.judge(&mut irregular, last + 1_000_000, None), None);
    }
}
