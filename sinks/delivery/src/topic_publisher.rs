//! Publishing to Kafka: idempotent, in order, every record acknowledged by all in-sync replicas.
//!
//! A thread of the client takes the broker's answers and wakes whoever waits for them. The client's own `flush` looks
//! at intervals of a tenth of a second, which would be the least time that a micro-batch takes.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::ThreadedProducer;

use crate::acknowledgements::{Acknowledgements, Answers};
use crate::publish::{Publish, PublishError};
use crate::record::Record;

/// How long a full queue is waited for before the record is tried again.
const QUEUE_FULL: Duration = Duration::from_millis(10);
/// How long records may go without an acknowledgement.
const PATIENCE: Duration = Duration::from_mins(1);

/// A producer whose `publish` waits for acknowledgements.
pub struct TopicPublisher {
    producer: ThreadedProducer<Acknowledgements>,
    answers: Arc<Answers>,
    patience: Duration,
}

impl TopicPublisher {
    /// A producer from a client configuration that names the brokers. A record waits for its acknowledgement as long as
    /// it takes: were it given up, later ones of its partition would stand before its repeat.
    ///
    /// # Errors
    /// When the client refuses the configuration.
    pub fn new(client: &ClientConfig) -> KafkaResult<Self> {
        let answers = Arc::<Answers>::default();
        let mut config = client.clone();
        config.set("enable.idempotence", "true").set("acks", "all").set("message.timeout.ms", "0");
        config.set("linger.ms", "0").set("compression.type", "lz4").set("queue.buffering.max.kbytes", "65536");
        let producer = config.create_with_context(Acknowledgements(Arc::clone(&answers)))?;
        Ok(Self { producer, answers, patience: PATIENCE })
    }

    /// The same with another patience, for those who have other things to do and try again.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The highest offset that the broker gave to a record in `topic` since the last call.
    pub fn take_offset(&mut self, topic: &str) -> Option<i64> {
        self.answers.state().offsets.remove(topic)
    }

    fn enqueue(&self, record: &Record<'_>) -> Result<(), PublishError> {
        let mut base = record.for_client();
        self.answers.expect_one();
        loop {
            match self.producer.send(base) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    std::thread::sleep(QUEUE_FULL);
                    base = back;
                }
                Err((error, _)) => {
                    self.answers.answered(None);
                    return Err(describe(record.topic, &error));
                }
            }
        }
    }
}

impl Publish for TopicPublisher {
    fn publish(&mut self, records: &[Record<'_>]) -> Result<(), PublishError> {
        let topic = records.first().map_or("", |record| record.topic);
        // What an earlier call gave up waiting for is still on its way: more would only pile up behind it.
        self.wait(topic)?;
        let enqueued = records.iter().try_for_each(|record| self.enqueue(record));
        self.wait(topic)?;
        enqueued
    }
}

impl TopicPublisher {
    fn wait(&self, topic: &str) -> Result<(), PublishError> {
        let (waiting, failure) = self.answers.wait(self.patience);
        if let Some((topic, error)) = failure {
            return Err(describe(&topic, &error));
        }
        if waiting > 0 {
            let cause = format!("{waiting} records wait for the broker's answer after {:?}", self.patience);
            return Err(PublishError::Unacknowledged { topic: topic.to_owned(), cause });
        }
        Ok(())
    }
}

fn describe(topic: &str, error: &KafkaError) -> PublishError {
    let (topic, cause) = (topic.to_owned(), error.to_string());
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessage) => {
            PublishError::Refused { topic, cause }
        }
        Some(RDKafkaErrorCode::Fatal) => PublishError::Ended { topic, cause },
        _ => PublishError::Unacknowledged { topic, cause },
    }
}
