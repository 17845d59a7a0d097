//! The way out of detect on Kafka: outputs with their headers, notes, and reading both back.
//!
//! All outputs of one source partition go to one partition of each topic, in the order of their numbers. Notes are many,
//! so they share one idempotent producer; outputs have one for their source partition, whose name fences its predecessors.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientConfig;
use tidewatch_delivery::sequence_filter::{EPOCH, SEQUENCE, SOURCE_OFFSET, SOURCE_PARTITION};
use tidewatch_delivery::{OutputError, OutputPublisher, Publish as _, PublishError, Record, TopicPublisher};
use tidewatch_schemas::topics::Topics;

use super::cloud_event;
use super::read_back::OutputReader;
use super::topics::Partitions;
use crate::config::Publishing;
use crate::detect::{Mark, Marks, NumberedNote, Outgoing, Target};
use crate::protocol::{Append, Failure, Publish, ReadBack, Scan};

/// What the ways out of all source partitions share.
#[derive(Clone)]
pub struct Exits {
    /// The Kafka client, with brokers.
    pub client: ClientConfig,
    /// How outputs are published; never [`Publishing::Auto`].
    pub publishing: Publishing,
    /// What the transactional ids of this service begin with.
    pub id_prefix: String,
    /// Topics, and how many partitions each has.
    pub routes: Arc<Routes>,
    /// Publishes notes.
    pub notes: Arc<Mutex<TopicPublisher>>,
    /// Reads outputs back.
    pub reader: Arc<OutputReader>,
}

/// Where outputs go.
pub struct Routes {
    /// Names of the topics.
    pub topics: Topics,
    /// How many partitions each has.
    pub partitions: Partitions,
}

/// The way out of one source partition.
pub struct WayOut {
    source: i32,
    epoch: u64,
    publisher: OutputPublisher,
    exits: Exits,
    /// The last output of each topic in what is sent and not settled.
    sent: Marks,
}

impl Exits {
    /// The way out of a source partition.
    #[must_use]
    pub fn way_out(&self, source: i32) -> WayOut {
        let id = (self.publishing == Publishing::Transactions).then(|| format!("{}.{source}", self.id_prefix));
        let publisher = OutputPublisher::new(&self.client, id);
        WayOut { source, epoch: 0, publisher, exits: self.clone(), sent: Marks::default() }
    }
}

impl Routes {
    /// The partition of a topic that the outputs of a source partition go to.
    #[must_use]
    pub fn partition(&self, target: Target, source: i32) -> i32 {
        let count = self.partitions.get(target.topic(&self.topics)).copied().unwrap_or(1);
        source.rem_euclid(count.max(1))
    }

    fn record<'a>(&'a self, target: Target, source: i32, (key, value): (&'a [u8], &'a [u8])) -> Record<'a> {
        let (topic, partition) = (target.topic(&self.topics), self.partition(target, source));
        Record { topic, partition, key, value, timestamp_ms: None, headers: Vec::new() }
    }
}

impl WayOut {
    fn headers(&self, sequence: u64, offset: i64) -> Vec<(&'static str, String)> {
        vec![
            (SOURCE_PARTITION, self.source.to_string()),
            (SEQUENCE, sequence.to_string()),
            (EPOCH, self.epoch.to_string()),
            (SOURCE_OFFSET, offset.to_string()),
        ]
    }
}

impl Publish for WayOut {
    fn fence(&mut self, epoch: u64) -> Result<(), Failure> {
        self.epoch = epoch;
        self.sent = Marks::default();
        Ok(self.publisher.fence()?)
    }

    fn send(&mut self, output: &Outgoing) -> Result<(), Failure> {
        let mut headers = self.headers(output.sequence, output.source_offset);
        let record = self.exits.routes.record(output.target, self.source, (&output.key, &output.value));
        if output.target == Target::Incidents {
            headers.extend(cloud_event::headers(record.topic, (self.source, output.sequence), &output.key));
        }
        self.publisher.send(&Record { headers, ..record })?;
        self.sent.set(output.target, Some(Mark { sequence: output.sequence, offset: 0 }));
        Ok(())
    }

    fn settle(&mut self) -> Result<Marks, Failure> {
        let offsets = self.publisher.settle()?;
        let mut settled = Marks::default();
        for target in Target::OUTBOX {
            let Some(sent) = self.sent.get(target) else { continue };
            let topic = target.topic(&self.exits.routes.topics);
            let offset = offsets.iter().find(|(of, _)| of == topic).map(|(_, offset)| *offset);
            settled.set(target, offset.map(|offset| Mark { offset, ..sent }));
        }
        self.sent = Marks::default();
        Ok(settled)
    }
}

impl ReadBack for WayOut {
    fn scan(&mut self, target: Target, from: Option<i64>) -> Result<Scan, Failure> {
        let routes = &self.exits.routes;
        let (topic, partition) = (target.topic(&routes.topics), routes.partition(target, self.source));
        let scan = self.exits.reader.scan((topic, partition), self.source, from);
        scan.map_err(|error| Failure::Doubtful(error.to_string()))
    }
}

impl Append for WayOut {
    fn append(&mut self, notes: &[NumberedNote]) -> Result<Option<Mark>, Failure> {
        let encoded: Vec<(String, Vec<u8>)> = notes.iter().map(|numbered| numbered.note.record()).collect();
        let routes = &self.exits.routes;
        let records: Vec<Record<'_>> = notes
            .iter()
            .zip(&encoded)
            .map(|(numbered, (key, value))| Record {
                headers: self.headers(numbered.sequence, numbered.source_offset),
                ..routes.record(numbered.note.target(), self.source, (key.as_bytes(), value))
            })
            .collect();
        let mut publisher = self.exits.notes.lock().unwrap_or_else(PoisonError::into_inner);
        publisher.publish(&records)?;
        let offset = publisher.take_offset(Target::Findings.topic(&routes.topics));
        publisher.take_offset(Target::Windows.topic(&routes.topics));
        let last = notes.iter().rfind(|numbered| numbered.note.target() == Target::Findings);
        let last = last.map(|numbered| numbered.sequence);
        Ok(offset.zip(last).map(|(offset, sequence)| Mark { sequence, offset }))
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Doubtful(cause) => Self::Doubtful(cause),
            OutputError::Fenced(cause) => Self::Superseded(cause),
            refused @ OutputError::Refused { .. } => Self::Refused(refused.to_string()),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Unacknowledged { .. } => Self::Doubtful(error.to_string()),
            PublishError::Refused { .. } | PublishError::Ended { .. } => Self::Refused(error.to_string()),
        }
    }
}
