//! Reads incidents from their topic as any consumer would: without a group, from the beginning, only what is committed.
//!
//! Nothing is committed and nobody is rebalanced, so that a person may look as often as they like. Repeats are dropped by
//! their numbers in each partition.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use tidewatch_delivery::{Numbered, SequenceFilter};

use super::error::passes;

/// How long one look at the topic waits.
const LOOK: Duration = Duration::from_millis(50);
/// How long the brokers may take to say what the topic is like.
const ANSWER: Duration = Duration::from_secs(10);

/// Incidents could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The brokers did not answer in time.
    #[error("kafka: the brokers at {brokers} do not answer: {cause}")]
    Unanswered {
        /// Where they should be.
        brokers: String,
        /// The client's words.
        cause: KafkaError,
    },
    /// The brokers have no such topic.
    #[error("topic {topic}: the brokers at {brokers} do not have it; `tidewatch run` makes it, topics.prefix names it")]
    NoTopic {
        /// Its name.
        topic: String,
        /// Where it should be.
        brokers: String,
    },
    /// The client failed for good.
    #[error("topic {topic}: cannot be read: {cause}")]
    Client {
        /// Its name.
        topic: String,
        /// The client's words.
        cause: KafkaError,
    },
}

/// A reader of the incident topic.
pub struct IncidentReader {
    topic: String,
    consumer: BaseConsumer<Quiet>,
    filters: BTreeMap<i32, SequenceFilter>,
    /// Partitions whose end was not reached yet.
    behind: BTreeSet<i32>,
}

/// What came of a look at the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// A record that is no repeat.
    Record {
        /// Its value.
        value: Vec<u8>,
        /// Where it stands.
        place: (i32, i64),
    },
    /// Something that says nothing: a repeat, a record without a value, the end of a partition.
    Passed,
    /// Nothing within a short while.
    Nothing,
}

/// The end of a partition is expected, and brokers that are away are told by whoever waits for them.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "reading incidents");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "reading incidents");
    }
}

impl ConsumerContext for Quiet {}

impl IncidentReader {
    /// A reader of `topic` of the brokers that `client` names, at its beginning.
    ///
    /// # Errors
    /// When the brokers do not answer, or have no such topic.
    pub fn open(client: &ClientConfig, topic: &str) -> Result<Self, ReadError> {
        let brokers = client.get("bootstrap.servers").unwrap_or_default().to_owned();
        let failed = |cause| ReadError::Client { topic: topic.to_owned(), cause };
        let consumer: BaseConsumer<Quiet> = settings(client).create_with_context(Quiet).map_err(failed)?;
        let metadata = match consumer.fetch_metadata(Some(topic), ANSWER) {
            Err(cause) if passes(&cause) => return Err(ReadError::Unanswered { brokers, cause }),
            answer => answer.map_err(failed)?,
        };
        let known = metadata.topics().iter().filter(|known| known.name() == topic);
        let behind: BTreeSet<i32> = known.flat_map(MetadataTopic::partitions).map(MetadataPartition::id).collect();
        if behind.is_empty() {
            return Err(ReadError::NoTopic { topic: topic.to_owned(), brokers });
        }
        let mut list = TopicPartitionList::new();
        for partition in &behind {
            list.add_partition_offset(topic, *partition, Offset::Beginning).map_err(failed)?;
        }
        consumer.assign(&list).map_err(failed)?;
        Ok(Self { topic: topic.to_owned(), consumer, filters: BTreeMap::new(), behind })
    }

    /// Whether every partition was once read to what was its end then.
    #[must_use]
    pub fn has_caught_up(&self) -> bool {
        self.behind.is_empty()
    }

    /// Looks once. Brokers that are away are no error: the client goes on trying.
    ///
    /// # Errors
    /// When the client fails for good.
    pub fn look(&mut self) -> Result<Looked, ReadError> {
        let message = match self.consumer.poll(LOOK) {
            None => return Ok(Looked::Nothing),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                self.behind.remove(&partition);
                return Ok(Looked::Passed);
            }
            Some(Err(error)) if passes(&error) => return Ok(Looked::Nothing),
            Some(Err(cause)) => return Err(ReadError::Client { topic: self.topic.clone(), cause }),
            Some(Ok(message)) => message,
        };
        let (partition, offset) = (message.partition(), message.offset());
        let filter = self.filters.entry(partition).or_default();
        let is_new = filter.admits(Numbered::of(&message));
        let value = message.payload().filter(|value| is_new && !value.is_empty());
        Ok(value.map_or(Looked::Passed, |value| Looked::Record { value: value.to_vec(), place: (partition, offset) }))
    }
}

fn settings(client: &ClientConfig) -> ClientConfig {
    let mut config = client.clone();
    config.set("group.id", "tidewatch-incidents").set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false").set("auto.offset.reset", "earliest");
    config.set("isolation.level", "read_committed").set("enable.partition.eof", "true");
    config.set("allow.auto.create.topics", "false").set("fetch.wait.max.ms", "50");
    config.set("fetch.message.max.bytes", "2097152").set("check.crcs", "true");
    config.set("log.connection.close", "false");
    config
}

#[cfg(test)]
mod tests;
