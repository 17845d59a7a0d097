//! Publishing to Kafka: idempotent, in order, every record acknowledged by all in-sync replicas.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use crate::publish::{Publish, PublishError};
use crate::record::Record;

/// Pause between two looks at the acknowledgements. The client's own `flush` looks for a tenth of a second, also when
/// everything is acknowledged sooner.
const LOOK: Duration = Duration::from_millis(1);
/// Looks in vain after which records have gone without an acknowledgement for too long: at least a minute.
const LOOKS: u32 = 60_000;

/// A producer whose `publish` waits for acknowledgements.
pub struct TopicPublisher {
    producer: BaseProducer<Acknowledgements>,
    failures: Failures,
}

type Failures = Arc<Mutex<Vec<(String, KafkaError)>>>;

/// Collects the records that were not acknowledged.
struct Acknowledgements(Failures);

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            failures.push((message.topic().to_owned(), error.clone()));
        }
    }
}

impl TopicPublisher {
    /// A producer from a client configuration that names the brokers. A record waits for its acknowledgement as long as
    /// it takes: were it given up, later ones of its partition would stand before its repeat.
    ///
    /// # Errors
    /// When the client refuses the configuration.
    pub fn new(client: &ClientConfig) -> KafkaResult<Self> {
        let failures = Failures::default();
        let mut config = client.clone();
        config.set("enable.idempotence", "true").set("acks", "all").set("message.timeout.ms", "0");
        config.set("linger.ms", "0").set("compression.type", "lz4").set("queue.buffering.max.kbytes", "65536");
        let producer = config.create_with_context(Acknowledgements(Arc::clone(&failures)))?;
        Ok(Self { producer, failures })
    }

    fn enqueue(&self, record: &Record<'_>) -> Result<(), PublishError> {
        let mut waiting = base_record(record);
        loop {
            match self.producer.send(waiting) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.producer.poll(LOOK);
                    waiting = back;
                }
                Err((error, _)) => return Err(describe(record.topic, &error)),
            }
        }
    }

    /// Waits until the broker has answered for every record.
    fn await_answers(&self, topic: &str) -> Result<(), PublishError> {
        let (mut waiting, mut in_vain) = (self.producer.in_flight_count(), 0);
        while waiting > 0 {
            self.producer.poll(Duration::ZERO);
            let left = self.producer.in_flight_count();
            if left == waiting {
                in_vain += 1;
                thread::sleep(LOOK);
            }
            if in_vain > LOOKS {
                let cause = format!("{left} records wait for the broker's answer after {:?}", LOOK * LOOKS);
                return Err(PublishError::Unacknowledged { topic: topic.to_owned(), cause });
            }
            waiting = left;
        }
        Ok(())
    }

    fn first_failure(&self) -> Option<PublishError> {
        let failures = std::mem::take(&mut *self.failures.lock().unwrap_or_else(PoisonError::into_inner));
        failures.first().map(|(topic, error)| describe(topic, error))
    }
}

impl Publish for TopicPublisher {
    fn publish(&mut self, records: &[Record<'_>]) -> Result<(), PublishError> {
        let enqueued = records.iter().try_for_each(|record| self.enqueue(record));
        let answered = self.await_answers(records.first().map_or("", |record| record.topic));
        enqueued?;
        answered?;
        self.first_failure().map_or(Ok(()), Err)
    }
}

fn base_record<'a>(record: &'a Record<'_>) -> BaseRecord<'a, [u8], [u8]> {
    let mut base = BaseRecord::to(record.topic).partition(record.partition).payload(record.value);
    if !record.key.is_empty() {
        base = base.key(record.key);
    }
    if let Some(timestamp) = record.timestamp_ms {
        base = base.timestamp(timestamp);
    }
    let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
    for (key, value) in &record.headers {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    if record.headers.is_empty() { base } else { base.headers(headers) }
}

fn describe(topic: &str, error: &KafkaError) -> PublishError {
    let (topic, cause) = (topic.to_owned(), error.to_string());
    let permanent = matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessage)
    );
    if permanent { PublishError::Refused { topic, cause } } else { PublishError::Unacknowledged { topic, cause } }
}
