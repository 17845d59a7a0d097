//! Publishing to Kafka: idempotent, in order, every record acknowledged by all in-sync replicas.
//!
//! A thread of the client takes the broker's answers and wakes whoever waits for them. The client's own `flush` looks
//! at intervals of a tenth of a second, which would be the least time that a micro-batch takes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};

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
}

/// What the broker has answered, and what it has not.
#[derive(Default)]
struct Answers {
    state: Mutex<State>,
    all_there: Condvar,
}

#[derive(Default)]
struct State {
    /// Records that were handed to the client and not answered for.
    waiting: usize,
    /// Topics of the records that were not acknowledged, and why.
    failures: Vec<(String, KafkaError)>,
}

/// Passes the broker's answers on.
struct Acknowledgements(Arc<Answers>);

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let failure = result.as_ref().err().map(|(error, message)| (message.topic().to_owned(), error.clone()));
        self.0.note(failure);
    }
}

impl Answers {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, failure: Option<(String, KafkaError)>) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
        state.failures.extend(failure);
        if state.waiting == 0 {
            self.all_there.notify_all();
        }
    }

    /// Waits until no record is without an answer; returns how many still are, and the first failure.
    fn wait(&self, patience: Duration) -> (usize, Option<(String, KafkaError)>) {
        let waited = self.all_there.wait_timeout_while(self.state(), patience, |state| state.waiting > 0);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (state.waiting, std::mem::take(&mut state.failures).into_iter().next())
    }
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
        Ok(Self { producer, answers })
    }

    fn enqueue(&self, record: &Record<'_>) -> Result<(), PublishError> {
        let mut base = base_record(record);
        // Counted before the answer can come.
        self.answers.state().waiting += 1;
        loop {
            match self.producer.send(base) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    std::thread::sleep(QUEUE_FULL);
                    base = back;
                }
                Err((error, _)) => {
                    self.answers.note(None);
                    return Err(describe(record.topic, &error));
                }
            }
        }
    }
}

impl Publish for TopicPublisher {
    fn publish(&mut self, records: &[Record<'_>]) -> Result<(), PublishError> {
        let enqueued = records.iter().try_for_each(|record| self.enqueue(record));
        let (waiting, failure) = self.answers.wait(PATIENCE);
        enqueued?;
        if let Some((topic, error)) = failure {
            return Err(describe(&topic, &error));
        }
        if waiting > 0 {
            let topic = records.first().map_or("", |record| record.topic).to_owned();
            let cause = format!("{waiting} records wait for the broker's answer after {PATIENCE:?}");
            return Err(PublishError::Unacknowledged { topic, cause });
        }
        Ok(())
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
