//! The detect stage on Kafka: poll a micro-batch, judge it, commit it to the store, publish it. In this order.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tidewatch_schemas::{Origin, Timestamp};

use super::clients;
use super::error::{StageError, is_data_loss, passes, while_trying};
use super::gauges::Gauges;
use super::outlet::Outlet;
use super::ownership::Ownership;
use crate::clock::Stopwatch;
use crate::detect::{Received, Settings};

/// Outputs that may wait for a broker before input is no longer read.
const MOST_WAITING: usize = 10_000;
/// How often the group is told how far its members are, for those who watch lag.
const TELL_GROUP: Duration = Duration::from_secs(5);

/// What a detect thread is made of.
pub struct DetectStage {
    /// The Kafka client, with brokers.
    pub client: ClientConfig,
    /// Consumer group.
    pub group: String,
    /// Topic of observations.
    pub topic: Arc<str>,
    /// What partitions are judged with.
    pub settings: Arc<Settings>,
    /// Folder of the states.
    pub folder: PathBuf,
    /// Most records of a micro-batch.
    pub batch: usize,
    /// Longest wait for a batch to fill.
    pub linger: Duration,
    /// The way out.
    pub outlet: Outlet,
    /// How far it has come.
    pub gauges: Arc<Gauges>,
    /// Whether reading is held back because outputs wait; false at first.
    pub held_back: bool,
}

impl DetectStage {
    /// Runs until `stop` is set.
    ///
    /// # Errors
    /// When it cannot go on; what was committed stands.
    pub fn run(mut self, stop: &AtomicBool) -> Result<(), StageError> {
        let ownership = Ownership::new(Arc::clone(&self.settings), self.folder.clone());
        let config = clients::consumer(&self.client, &self.group);
        let consumer: BaseConsumer<Ownership> =
            config.create_with_context(ownership).map_err(while_trying("make a consumer"))?;
        consumer.subscribe(&[&self.topic]).map_err(while_trying("subscribe to observations"))?;
        let mut told = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) {
            let touched = self.fill(&consumer)?;
            consumer.context().take_failure().map_or(Ok(()), Err)?;
            self.finish(&consumer, &touched)?;
            if told.elapsed() >= TELL_GROUP {
                tell_group(&consumer, &self.topic);
                told = Stopwatch::start();
            }
        }
        tell_group(&consumer, &self.topic);
        Ok(())
    }

    /// Polls until the batch is full or the linger time is over; returns the partitions it touched.
    fn fill(&self, consumer: &BaseConsumer<Ownership>) -> Result<BTreeSet<i32>, StageError> {
        let (started, mut touched, mut count) = (Stopwatch::start(), BTreeSet::new(), 0);
        while count < self.batch {
            let left = self.linger.saturating_sub(started.elapsed());
            match consumer.poll(left) {
                Some(Ok(message)) => {
                    self.judge(consumer, &message);
                    touched.insert(message.partition());
                    count += 1;
                }
                Some(Err(error)) => self.tolerate(error)?,
                None if left.is_zero() => break,
                None => {}
            }
        }
        Ok(touched)
    }

    fn judge(&self, consumer: &BaseConsumer<Ownership>, message: &BorrowedMessage<'_>) {
        let mut held = consumer.context().held();
        let Some(processor) = held.processors.get_mut(&message.partition()) else { return };
        let (partition, offset) = (message.partition(), message.offset());
        let origin = Origin { topic: Arc::clone(&self.topic), partition, offset, index: 0 };
        let at = Timestamp(message.timestamp().to_millis().unwrap_or(0));
        processor.process(&Received { origin: &origin, at, value: message.payload() });
        if message.key().is_some() {
            self.gauges.judged.add(1);
        }
    }

    fn tolerate(&self, error: KafkaError) -> Result<(), StageError> {
        if is_data_loss(&error) {
            return Err(StageError::DataLoss { topic: self.topic.to_string(), cause: error });
        }
        if !passes(&error) {
            return Err(StageError::Kafka { what: "read observations", cause: error });
        }
        tracing::warn!(%error, "observations cannot be read for now");
        Ok(())
    }

    /// Commits and publishes the partitions a batch touched, and tries again what could not be published before.
    fn finish(&mut self, consumer: &BaseConsumer<Ownership>, touched: &BTreeSet<i32>) -> Result<(), StageError> {
        let mut held = consumer.context().held();
        let mut waiting = 0;
        for (number, processor) in &mut held.processors {
            if touched.contains(number) {
                let findings = processor.take_findings();
                self.outlet.findings(*number, &findings)?;
                processor.commit()?;
            }
            match self.outlet.drain(*number, processor) {
                Ok(count) => self.gauges.published.add(count),
                Err(error) => tracing::warn!(partition = number, %error, "outputs wait for the broker"),
            }
            waiting += processor.outbox().len();
            processor.time().into_iter().for_each(|time| self.gauges.reached(time));
        }
        drop(held);
        self.throttle(consumer, waiting > MOST_WAITING)
    }

    /// Stops reading while too many outputs wait, and goes on when they are gone.
    fn throttle(&mut self, consumer: &BaseConsumer<Ownership>, hold: bool) -> Result<(), StageError> {
        if self.held_back == hold {
            return Ok(());
        }
        self.held_back = hold;
        let assignment = consumer.assignment().map_err(while_trying("list partitions"))?;
        if hold {
            return consumer.pause(&assignment).map_err(while_trying("pause partitions"));
        }
        consumer.resume(&assignment).map_err(while_trying("resume partitions"))
    }
}

/// Commits offsets to the group, for display only: partitions begin where their stores say.
fn tell_group(consumer: &BaseConsumer<Ownership>, topic: &str) {
    let mut list = TopicPartitionList::new();
    for (number, processor) in &consumer.context().held().processors {
        if let Some(next) = processor.next_offset() {
            let _ = list.add_partition_offset(topic, *number, Offset::Offset(next));
        }
    }
    if list.count() > 0
        && let Err(error) = consumer.commit(&list, CommitMode::Async)
    {
        tracing::debug!(%error, "the group was not told how far its members are");
    }
}
