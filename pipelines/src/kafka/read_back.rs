//! Reading outputs back from their topics: how far those of one source partition stand, aborted ones not counted.
//!
//! The end to be reached is that of everything sent, committed or not; a reader of committed records is told to stop
//! earlier where a transaction is open. So the reader first waits until none is, which the broker's own timeout bounds.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use tidewatch_delivery::Numbered;

use crate::clock::Stopwatch;
use crate::detect::Mark;
use crate::protocol::Scan;

/// How long one question to the broker may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How long reading may take altogether: longer than an open transaction may stay open.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether a transaction ended.
const LOOK: Duration = Duration::from_millis(20);

/// Reads outputs of any source partition, one scan at a time.
pub struct OutputReader {
    /// Sees only what is committed.
    committed: BaseConsumer<ExpectsEnds>,
    /// Knows where everything that was sent ends.
    everything: BaseConsumer<ExpectsEnds>,
}

/// To come to the end of a partition is what reading back is for, and no error; a broker that is away is told by whoever
/// waits for it.
struct ExpectsEnds;

impl ClientContext for ExpectsEnds {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "reading outputs back");
    }
}

impl ConsumerContext for ExpectsEnds {}

impl OutputReader {
    /// A reader of the brokers that `client` names.
    ///
    /// # Errors
    /// When the client refuses the settings.
    pub fn new(client: &ClientConfig) -> Result<Self, KafkaError> {
        let consumer = |isolation: &str| {
            let mut config = client.clone();
            config.set("group.id", "tidewatch-read-back").set("enable.auto.commit", "false");
            config.set("enable.auto.offset.store", "false").set("auto.offset.reset", "error");
            config.set("isolation.level", isolation).set("enable.partition.eof", "true");
            config.set("fetch.wait.max.ms", "10").set("fetch.message.max.bytes", "2097152").set("check.crcs", "true");
            config.set("allow.auto.create.topics", "false").set("log.connection.close", "false");
            config.create_with_context(ExpectsEnds)
        };
        Ok(Self { committed: consumer("read_committed")?, everything: consumer("read_uncommitted")? })
    }

    /// Looks at the records of `source` in a topic's partition from an offset on, or from its beginning.
    ///
    /// # Errors
    /// When the end was not reached in time.
    pub fn scan(&self, place: (&str, i32), source: i32, from: Option<i64>) -> Result<Scan, KafkaError> {
        let watch = Stopwatch::start();
        let (oldest, end) = self.everything.fetch_watermarks(place.0, place.1, ANSWER)?;
        self.wait_for_open_transactions(place, end, &watch)?;
        let mut scan = Scan { oldest, ..Scan::default() };
        let from = from.unwrap_or(oldest).max(oldest);
        if from >= end {
            return Ok(scan);
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(place.0, place.1, Offset::Offset(from))?;
        self.committed.assign(&list)?;
        let read = self.read_to_end(source, &mut scan, &watch);
        self.committed.unassign()?;
        read.map(|()| scan)
    }

    /// Waits until everything before `end` is committed or aborted.
    fn wait_for_open_transactions(&self, place: (&str, i32), end: i64, watch: &Stopwatch) -> Result<(), KafkaError> {
        loop {
            let (_, stable) = self.committed.fetch_watermarks(place.0, place.1, ANSWER)?;
            if stable >= end {
                return Ok(());
            }
            in_time(watch)?;
            std::thread::sleep(LOOK);
        }
    }

    fn read_to_end(&self, source: i32, scan: &mut Scan, watch: &Stopwatch) -> Result<(), KafkaError> {
        loop {
            in_time(watch)?;
            match self.committed.poll(LOOK) {
                None => {}
                Some(Ok(message)) => {
                    if let Some(Numbered { sequence, .. }) = Numbered::of(&message).filter(|of| of.source == source) {
                        scan.see(Mark { sequence, offset: message.offset() });
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) if super::error::passes(&error) => {}
                Some(Err(error)) => return Err(error),
            }
        }
    }
}

fn in_time(watch: &Stopwatch) -> Result<(), KafkaError> {
    if watch.elapsed() < PATIENCE { Ok(()) } else { Err(KafkaError::Global(RDKafkaErrorCode::OperationTimedOut)) }
}
