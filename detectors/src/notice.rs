//! What a small detector noticed about a window: the numbers of a finding before series, unit and words are put to them.

use tidewatch_schemas::finding::{DetectorName, Season, Side};
use tidewatch_schemas::{Finding, Timestamp};

use crate::detector::Judged;
use crate::number::published;
use crate::wording;

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Notice {
    /// Since when it has been so.
    pub since: Timestamp,
    /// What was seen, in the unit of `expected`.
    pub actual: f64,
    /// What was expected.
    pub expected: f64,
    /// Lower end of what is usual.
    pub lower: f64,
    /// Upper end of what is usual.
    pub upper: f64,
    /// On which side it lies.
    pub side: Side,
    /// Evidence in nats.
    pub score: f64,
    /// How far the memory behind it can be trusted, 0 to 1.
    pub confidence: f64,
}

impl Notice {
    /// The notice as a finding on the window in which it was made, in the unit and words of its detector.
    #[must_use]
    pub fn finding(&self, judged: &Judged<'_>, told: &Told<'_>) -> Finding {
        let series = judged.series;
        let mut finding = Finding {
            detector: told.detector,
            pool: series.pool.clone(),
            tenant: series.tenant.clone(),
            resource: series.resource.clone(),
            signal: series.signal.clone(),
            series: series.id(),
            attributes: series.attributes.clone(),
            unit: told.unit.to_owned(),
            since: self.since,
            window_start: judged.window.start,
            window_end: judged.window.end(),
            actual: Some(published(self.actual)),
            expected: published(self.expected),
            lower: published(self.lower),
            upper: published(self.upper),
            season: Season::Recent,
            side: self.side,
            channel: None,
            silence: None,
            contention: None,
            score: published(self.score),
            share: 1.0,
            confidence: published(self.confidence),
            summary: String::new(),
            origin: judged.origin.clone(),
        };
        finding.summary = format!("{} {}", wording::subject(&finding), told.words);
        finding
    }
}

/// How a detector tells what it noticed.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Which detector.
    pub detector: DetectorName,
    /// Unit of its numbers.
    pub unit: &'a str,
    /// The sentence after the name of the series.
    pub words: &'a str,
}

/// A stretch of time as people say it: `45 min`, `6.5 h`, `3 days`.
#[must_use]
pub fn stretch(ms: f64) -> String {
    let minutes = ms / 60_000.0;
    match minutes {
        _ if minutes < 2.0 => format!("{:.0} s", ms / 1_000.0),
        _ if minutes < 120.0 => format!("{minutes:.0} min"),
        _ if minutes < 2_880.0 => format!("{:.1} h", minutes / 60.0),
        _ => format!("{:.1} days", minutes / 1_440.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_read_like_time() {
        for (ms, words) in [(90_000.0, "90 s"), (2.7e6, "45 min"), (2.34e7, "6.5 h"), (2.592e8, "3.0 days")] {
            assert_eq!(stretch(ms), words);
        }
    }
}
