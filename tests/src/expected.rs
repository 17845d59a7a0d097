//! The incidents of the embedded recording as the driver gives them: what every broker must give too, byte by byte.

use std::collections::BTreeSet;

use rdkafka::message::{Headers as _, Message as _, OwnedMessage};
use tidewatch_ingest::{Header, Ingest};
use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_pipelines::config::{Config, Text};
use tidewatch_pipelines::detect::Settings;
use tidewatch_pipelines::driver::{Driver, Outputs, Push, Setup, in_memory};
use tidewatch_pipelines::protocol::LaneError;
use tidewatch_pipelines::recording::Recording;
use tidewatch_pipelines::recording::otlp::{self, SIGNAL_HEADER};
use tidewatch_schemas::Timestamp;

/// Partitions of the topic that agents write to.
pub const PARTITIONS: i32 = 4;

/// What the resources of the recording cost, for the configuration of every Tidewatch that is held against the driver.
pub const PRICES: &str = tidewatch_pipelines::demo::PRICES;

/// Where the recording went, as evidence names it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Topic for metrics and logs.
    pub topic: &'a str,
    /// Pools that each got the whole recording.
    pub pools: &'a [&'a str],
    /// Partitions of the topic. Each of the pools has one for itself.
    pub partitions: i32,
}

impl<'a> Sent<'a> {
    /// The recording as the demo sends it, but to `topic`.
    pub fn to(topic: &'a str) -> Self {
        Self { topic, pools: &[RECORDING_POOL], partitions: PARTITIONS }
    }

    /// The bytes of all incident records, as ingest and detect with default settings and event time publish them.
    ///
    /// # Panics
    /// When the recording or the defaults cannot be read.
    pub fn incident_records(self) -> BTreeSet<Vec<u8>> {
        self.published().incidents
    }

    /// The bytes of everything that is published.
    ///
    /// # Panics
    /// When the recording or the defaults cannot be read.
    pub fn published(self) -> Published {
        let recording = Recording::embedded().expect("the embedded recording can be read");
        let mut driver = driver(self.topic, self.partitions).expect("an empty store opens");
        for pool in self.pools {
            push_all(&mut driver, &recording, (self.topic, pool)).expect("a store in memory does not fail");
        }
        driver.flush().expect("a store in memory does not fail");
        Published::of(driver.take_outputs())
    }
}

/// What stands in the topics in the end, as bytes.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// Incident records.
    pub incidents: BTreeSet<Vec<u8>>,
    /// Rejects.
    pub rejects: Vec<Vec<u8>>,
    /// Findings.
    pub findings: Vec<Vec<u8>>,
    /// Cost signals.
    pub costs: Vec<Vec<u8>>,
    /// Judged windows.
    pub windows: Vec<Vec<u8>>,
}

/// What ingest and detect make of records as they stand in a topic of so many partitions.
///
/// # Panics
/// When a store in memory fails, or a record has no place.
pub fn of_records(topic: &str, partitions: i32, mut records: Vec<OwnedMessage>) -> Published {
    records.sort_by_key(|record| (record.partition(), record.offset()));
    let mut driver = driver(topic, partitions).expect("an empty store opens");
    for record in &records {
        let headers = record
            .headers()
            .map(|headers| headers.iter().map(|header| owned(&header)).collect::<Vec<_>>())
            .unwrap_or_default();
        let at = Timestamp(record.timestamp().to_millis().expect("a record has a time"));
        let (key, value) = (record.key().unwrap_or_default(), record.payload());
        driver.push(&Push { topic, key, value, at, headers: &headers }).expect("a store in memory does not fail");
    }
    driver.flush().expect("a store in memory does not fail");
    Published::of(driver.take_outputs())
}

fn owned(header: &rdkafka::message::Header<'_, &[u8]>) -> Header {
    Header { name: header.key.to_owned(), value: header.value.unwrap_or_default().to_vec() }
}

impl Published {
    fn of(outputs: Outputs) -> Self {
        let count = outputs.incident_records.len();
        let incidents: BTreeSet<Vec<u8>> = outputs.incident_records.into_iter().collect();
        assert_eq!(incidents.len(), count, "the driver published a record twice");
        let rejects = outputs.rejects.iter().map(|reject| serde_json::to_vec(reject).expect("a reject is JSON"));
        let findings = outputs.findings.iter().map(|finding| serde_json::to_vec(finding).expect("a finding is JSON"));
        let costs = outputs.cost_signals.iter().map(|signal| serde_json::to_vec(signal).expect("a signal is JSON"));
        let windows = outputs.windows.iter().map(|window| serde_json::to_vec(window).expect("a window is JSON"));
        Self {
            incidents,
            rejects: rejects.collect(),
            findings: findings.collect(),
            costs: costs.collect(),
            windows: windows.collect(),
        }
    }

    /// Adds what stands there from another topic.
    pub fn extend(&mut self, other: Self) {
        self.incidents.extend(other.incidents);
        self.rejects.extend(other.rejects);
        self.findings.extend(other.findings);
        self.costs.extend(other.costs);
        self.windows.extend(other.windows);
    }
}

/// How many messages the recording is for one pool.
///
/// # Panics
/// When the recording cannot be read.
pub fn messages() -> usize {
    otlp::messages(&Recording::embedded().expect("the embedded recording can be read"), RECORDING_POOL).count()
}

fn driver(topic: &str, partitions: i32) -> Result<Driver, LaneError> {
    let sources = format!(
        "ingest: {{ sources: [{{ topics: [{topic}], format: otlp_proto }}] }}\ndetect: {{ windows: all }}\n{PRICES}"
    );
    let clock = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    let config = Config::from_text(Some(Text { name: "sources", yaml: &sources }), [clock], &[])
        .unwrap_or_else(|errors| panic!("{errors}"));
    Driver::new(Setup {
        ingest: Ingest::new(config.ingest.settings).unwrap_or_else(|error| panic!("{error}")),
        detect: Settings::new(&config.detect),
        partitions,
        batch: config.detect.batch,
        open: in_memory(),
    })
}

fn push_all(driver: &mut Driver, recording: &Recording, (topic, pool): (&str, &str)) -> Result<(), LaneError> {
    for message in otlp::messages(recording, pool) {
        let headers = [Header { name: SIGNAL_HEADER.to_owned(), value: message.signal.into() }];
        let (key, value) = (&message.key, Some(message.value.as_slice()));
        driver.push(&Push { topic, key, value, at: message.at, headers: &headers })?;
    }
    Ok(())
}
