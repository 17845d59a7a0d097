//! One feed through the driver.

use std::sync::Arc;

use tidewatch_ingest::{Ingest, Source};
use tidewatch_schemas::{Incident, Timestamp};

use super::refused::{Places, Refusals};
use super::{BacktestError, Progress};
use crate::config::{Clock, Config, DetectConfig};
use crate::detect::Settings;
use crate::driver::{self, Driver, Outputs, Push};

/// Records between two looks at what came out.
const STRIDE: usize = 4_096;

/// A record that ingest reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub topic: Arc<str>,
    pub at: Timestamp,
    pub value: Box<[u8]>,
}

/// Records of one pool in time order, and how they are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    pub pool: String,
    pub sources: Vec<Source>,
    pub records: Vec<Record>,
    pub places: Places,
}

/// What came of the feeds so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub changes: Vec<Incident>,
    pub refused: Refusals,
    pub records: u64,
    pub started: Option<Timestamp>,
}

/// The configuration that a feed is judged under.
pub(super) struct Setup<'a> {
    config: &'a Config,
    detect: Settings,
}

impl<'a> Setup<'a> {
    /// A fleet: as the service would, except that time is the events'.
    pub fn of_fleet(config: &'a Config) -> Self {
        let detect = DetectConfig { clock: Clock::Events, ..config.detect.clone() };
        Self { config, detect: Settings::new(&detect) }
    }

    /// A single series with windows of `window_ms`, whose findings are incidents without another series' word.
    ///
    /// Times that the configuration gives as a number of windows in disguise keep that number: a minute is six windows of
    /// ten seconds, and so half an hour where windows are five minutes. Lines are in time order, so none is late.
    pub fn of_series(config: &'a Config, window_ms: i64) -> Self {
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
        settings.grouping.single = true;
        Self { config, detect: settings }
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

/// Judges all of `feed` and adds to `judged` what came of it.
pub(super) fn judge(
    feed: Feed,
    setup: Setup<'_>,
    judged: &mut Judged,
    progress: Progress<'_>,
) -> Result<(), BacktestError> {
    let Feed { pool, sources, records, places } = feed;
    let first = records.first().map(|record| record.at);
    judged.started = judged.started.into_iter().chain(first).min();
    let mut driver = setup.driver(sources)?;
    let total = judged.records.saturating_add(records.len() as u64);
    for some in records.chunks(STRIDE) {
        for Record { topic, at, value } in some {
            driver.push(&Push { topic, key: pool.as_bytes(), value: Some(value), at: *at, headers: &[] })?;
        }
        judged.records += some.len() as u64;
        judged.take(driver.take_outputs(), &places);
        progress(judged.records, total);
    }
    driver.flush()?;
    judged.take(driver.take_outputs(), &places);
    Ok(())
}

impl Judged {
    fn take(&mut self, outputs: Outputs, places: &Places) {
        self.changes.extend(outputs.incidents);
        for reject in outputs.rejects {
            self.refused.add(places.refused(reject));
        }
    }
}
