//! One feed through the driver.

use std::sync::Arc;

use tidewatch_detectors::Judgement;
use tidewatch_detectors::judges::Traced;
use tidewatch_ingest::{Ingest, Source};
use tidewatch_schemas::{Finding, Incident, SeriesKey, Timestamp};

use super::refused::{Places, Refusals};
use super::{BacktestError, Progress};
use crate::config::{Clock, Config, DetectConfig};
use crate::detect::Settings;
use crate::driver::{self, Driver, Outputs, Push};

/// Lines between two looks at what came out.
const STRIDE: usize = 4_096;

/// A record that ingest reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub topic: Arc<str>,
    pub at: Timestamp,
    pub value: Box<[u8]>,
    /// How many inputs it holds.
    pub lines: usize,
}

/// Records of one pool in time order, and how they are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    pub pool: String,
    pub sources: Vec<Source>,
    pub records: Vec<Record>,
    pub places: Places,
    /// Times of its first and its last input.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Feed {
    /// Puts the records in time order; those of one moment keep theirs.
    pub fn put_in_order(&mut self) {
        self.records.sort_by_key(|record| record.at);
        self.span = self.records.first().map(|record| record.at).zip(self.records.last().map(|record| record.at));
    }
}

/// What came of a feed.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub changes: Vec<Incident>,
    pub findings: Vec<Finding>,
    pub judgements: Vec<Judgement>,
    pub refused: Refusals,
    /// Every series, with the unit of its values.
    pub series: Vec<(SeriesKey, String)>,
    /// Times of the first and the last input.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// How many inputs were judged, and who wants to know.
pub(super) struct Counter<'a> {
    pub done: u64,
    pub progress: Progress<'a>,
}

/// The configuration that a feed is judged under.
pub(super) struct Setup<'a> {
    config: &'a Config,
    detect: Settings,
}

impl<'a> Setup<'a> {
    /// A fleet: as the service would, except that time is the events'.
    pub fn of_fleet(config: &'a Config) -> Self {
        let detect = DetectConfig { clock: Clock::Events, windows: Traced::Nothing, ..config.detect.clone() };
        Self { config, detect: Settings::new(&detect) }
    }

    /// A table with windows of `window_ms`. Where it holds a single series, its findings are incidents without another
    /// series' word.
    ///
    /// Times that the configuration gives as a number of windows in disguise keep that number: a minute is six windows of
    /// ten seconds, and so half an hour where windows are five minutes. Lines are in time order, so none is late.
    pub fn of_table(config: &'a Config, window_ms: i64, series: usize) -> Self {
        let detect = &config.detect;
        let in_windows = |millis: i64| (millis / detect.window_ms.max(1)).saturating_mul(window_ms).max(millis);
        let stretched = DetectConfig {
            clock: Clock::Events,
            window_ms,
            lateness_ms: 0,
            resolve_after_ms: in_windows(detect.resolve_after_ms),
            correlate_within_ms: in_windows(detect.correlate_within_ms),
            ..detect.clone()
        };
        let mut settings = Settings::new(&stretched);
        settings.grouping.single = series == 1;
        Self { config, detect: settings }
    }

    /// Whether every judged window is told.
    pub fn tracing(mut self, trace: bool) -> Self {
        self.detect.series.judges.traced = if trace { Traced::Everything } else { Traced::Nothing };
        self
    }

    fn driver(self, sources: Vec<Source>) -> Result<Driver, BacktestError> {
        let ingest = tidewatch_ingest::Settings { sources, ..self.config.ingest.settings.clone() };
        Ok(Driver::new(driver::Setup {
            ingest: Ingest::new(ingest)?,
            detect: self.detect,
            partitions: self.config.topics.partitions,
            batch: self.config.detect.batch,
            open: driver::in_memory(),
        })?)
    }
}

/// Judges all of `feed`.
pub(super) fn judge(feed: Feed, setup: Setup<'_>, counter: &mut Counter<'_>) -> Result<Judged, BacktestError> {
    let Feed { pool, sources, records, places, span } = feed;
    let mut judged = Judged { span, ..Judged::default() };
    let mut driver = setup.driver(sources)?;
    let mut ahead: u64 = records.iter().map(|record| record.lines as u64).sum();
    let mut since_look = 0;
    for Record { topic, at, value, lines } in &records {
        driver.push(&Push { topic, key: pool.as_bytes(), value: Some(value), at: *at, headers: &[] })?;
        since_look += lines;
        if since_look >= STRIDE {
            judged.take(driver.take_outputs(), &places);
            ahead = ahead.saturating_sub(counter.add(since_look, ahead));
            since_look = 0;
        }
    }
    driver.flush()?;
    judged.take(driver.take_outputs(), &places);
    counter.add(since_look, ahead);
    judged.series = driver.series().map(|(key, unit)| (key.clone(), unit.to_owned())).collect();
    judged.series.sort();
    Ok(judged)
}

impl Counter<'_> {
    /// Takes note that `lines` of `ahead` are done; returns how many they are.
    fn add(&mut self, lines: usize, ahead: u64) -> u64 {
        let lines = lines as u64;
        let total = self.done.saturating_add(ahead);
        self.done += lines;
        (self.progress)(self.done, total);
        lines
    }
}

impl Judged {
    fn take(&mut self, outputs: Outputs, places: &Places) {
        self.changes.extend(outputs.incidents);
        self.findings.extend(outputs.findings);
        self.judgements.extend(outputs.judgements);
        for reject in outputs.rejects {
            self.refused.add(places.refused(reject));
        }
    }
}
