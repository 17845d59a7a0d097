//! Publishing the outputs of one source partition to Kafka: fenced and all or nothing where the brokers have transactions.
//!
//! After an error or a missing answer nobody knows what the broker took, and a client that is asked to go on may finish a
//! transaction that it should not. So the producer is thrown away at the first doubt, and the next one begins with the
//! fence. Transactions are relied on for fencing and for atomic visibility, never as the record of what was published:
//! that is read back from the topics.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::producer::{BaseProducer, Producer};

use crate::acknowledgements::{Acknowledgements, Answers};
use crate::record::Record;

/// How long the broker may take to fence, which includes ending what a predecessor left open.
const FENCE: Duration = Duration::from_secs(10);
/// How long it may take to commit a transaction.
const COMMIT: Duration = Duration::from_secs(10);
/// How often answers are looked at while they are waited for.
const LOOK: Duration = Duration::from_millis(1);
/// How long a record may go without an answer, in milliseconds; less than a transaction may take.
const MESSAGE_TIMEOUT_MS: u32 = 12_000;
const TRANSACTION_TIMEOUT_MS: &str = "15000";

/// A publication did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// Nobody knows what the broker took.
    #[error("{0}")]
    Doubtful(String),
    /// A later producer of the same transactional id was there.
    #[error("{0}")]
    Fenced(String),
    /// The broker will never take the record.
    #[error("topic {topic}: {cause}")]
    Refused {
        /// The record's topic.
        topic: String,
        /// Why.
        cause: String,
    },
}

/// Publishes the outputs of one source partition.
pub struct OutputPublisher {
    config: ClientConfig,
    transactional_id: Option<String>,
    producer: Option<BaseProducer<Acknowledgements>>,
    answers: Arc<Answers>,
    in_transaction: bool,
}

impl OutputPublisher {
    /// A publisher for brokers that `client` names. With `transactional_id` it publishes in transactions; without, it is
    /// idempotent only. Nothing can be sent before [`fence`](Self::fence).
    #[must_use]
    pub fn new(client: &ClientConfig, transactional_id: Option<String>) -> Self {
        let config = settings(client, transactional_id.as_deref());
        Self { config, transactional_id, producer: None, answers: Arc::default(), in_transaction: false }
    }

    /// Throws the producer away and makes one that fences its predecessors.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn fence(&mut self) -> Result<(), OutputError> {
        self.abandon();
        self.answers = Arc::default();
        let context = Acknowledgements(Arc::clone(&self.answers));
        let producer: BaseProducer<Acknowledgements> =
            self.config.create_with_context(context).map_err(|error| classified(&error))?;
        if self.transactional_id.is_some() {
            producer.init_transactions(FENCE).map_err(|error| classified(&error))?;
        }
        self.producer = Some(producer);
        Ok(())
    }

    /// Hands a record to the client, in a transaction where there are any.
    ///
    /// # Errors
    /// When it is not taken.
    pub fn send(&mut self, record: &Record<'_>) -> Result<(), OutputError> {
        let producer = self.producer.as_ref().ok_or_else(not_fenced)?;
        if self.transactional_id.is_some() && !self.in_transaction {
            producer.begin_transaction().map_err(|error| classified(&error))?;
            self.in_transaction = true;
        }
        let mut base = record.for_client();
        self.answers.expect_one();
        loop {
            match producer.send(base) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Code::QueueFull), back)) => {
                    producer.poll(LOOK);
                    base = back;
                }
                Err((error, _)) => return Err(refused_or_doubtful(record.topic, &error)),
            }
        }
    }

    /// Waits for every acknowledgement, commits the transaction, and returns the highest offset of each topic.
    ///
    /// # Errors
    /// When an answer is missing or is no.
    pub fn settle(&mut self) -> Result<Vec<(String, i64)>, OutputError> {
        let producer = self.producer.as_ref().ok_or_else(not_fenced)?;
        // Every record is answered within the message timeout, with a failure at its end.
        let looks = (0..2 * MESSAGE_TIMEOUT_MS).take_while(|_| self.answers.state().waiting > 0);
        looks.for_each(|_| producer.poll(LOOK));
        if self.answers.state().waiting > 0 {
            return Err(OutputError::Doubtful("the client does not answer for its records".to_owned()));
        }
        let failure = std::mem::take(&mut self.answers.state().failures).into_iter().next();
        if let Some((topic, error)) = failure {
            let fenced = producer.client().fatal_error().map(|(code, _)| code).filter(|code| is_fencing(*code));
            return Err(match fenced {
                Some(code) => OutputError::Fenced(code.to_string()),
                None => refused_or_doubtful(&topic, &error),
            });
        }
        if std::mem::take(&mut self.in_transaction) {
            producer.commit_transaction(COMMIT).map_err(|error| classified(&error))?;
        }
        Ok(std::mem::take(&mut self.answers.state().offsets).into_iter().collect())
    }

    /// Throws the producer away with everything that it has not sent.
    pub fn abandon(&mut self) {
        self.producer = None;
        self.in_transaction = false;
    }
}

fn settings(client: &ClientConfig, transactional_id: Option<&str>) -> ClientConfig {
    let mut config = client.clone();
    config.set("enable.idempotence", "true").set("acks", "all").set("linger.ms", "0").set("compression.type", "lz4");
    config.set("message.timeout.ms", MESSAGE_TIMEOUT_MS.to_string()).set("queue.buffering.max.kbytes", "32768");
    if let Some(id) = transactional_id {
        config.set("transactional.id", id).set("transaction.timeout.ms", TRANSACTION_TIMEOUT_MS);
    }
    config
}

fn not_fenced() -> OutputError {
    OutputError::Doubtful("there is no producer".to_owned())
}

fn classified(error: &KafkaError) -> OutputError {
    let code = match error {
        KafkaError::Transaction(error) => Some(error.code()),
        other => other.rdkafka_error_code(),
    };
    let text = error.to_string();
    if code.is_some_and(is_fencing) { OutputError::Fenced(text) } else { OutputError::Doubtful(text) }
}

fn is_fencing(code: Code) -> bool {
    matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
}

fn refused_or_doubtful(topic: &str, error: &KafkaError) -> OutputError {
    let permanent = matches!(error.rdkafka_error_code(), Some(Code::MessageSizeTooLarge | Code::InvalidMessage));
    if permanent {
        return OutputError::Refused { topic: topic.to_owned(), cause: error.to_string() };
    }
    classified(error)
}
