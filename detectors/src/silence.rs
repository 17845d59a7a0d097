//! Whether something that reports regularly has stopped.
//!
//! The yardstick is the pool's own event time: as long as others of the pool report, time passes. When the whole
//! pipeline is late nobody reports, no time passes, and nobody is called silent; when it goes on, time jumps, and
//! everybody has as long to report as if they had just been heard. What reports irregularly has no rhythm to miss and is
//! never silent; a true zero is a report like any other.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Season, Side};
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
    fn who_has_no_rhythm_is_never_silent() {
        let (mut young, last) = rhythm([100; 10]);
        assert_eq!(SILENCE.judge(&mut young, last + 1_000_000, None), None);
        let irregular = (0..60).map(|turn| if turn % 3 == 0 { 1_000 } else { 10 });
        let (mut irregular, last) = rhythm(irregular);
        assert_eq!(SILENCE.judge(&mut irregular, last + 1_000_000, None), None);
    }
}
