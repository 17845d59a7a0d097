//! The ingest stage on Kafka: users' topics to observations, and the clock as ticks.
//!
//! Offsets are committed only after every envelope made from the records before them is acknowledged. After a crash the
//! records in between are ingested again; detect recognises their envelopes by origin.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use tidewatch_delivery::{Publish, PublishError, Record};
use tidewatch_ingest::{Handled, Header, Ingest, SourceRecord};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::{Content, Envelope, Tick, Timestamp, wire};

use super::clients;
use super::error::{StageError, is_data_loss, passes, while_trying};
use super::gauges::Gauges;
use super::rebalance::{self, Holder};
use crate::clock::{self, Stopwatch};
use crate::config::Start;
use crate::guard::decoding::decoded;

/// How long the group may take to say where it was.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to pause before what the broker did not take is published again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often offsets are committed again: a commit that a rebalance or an outage swallowed is made good by the next.
const COMMIT_AGAIN: Duration = Duration::from_secs(5);

/// What an ingest thread is made of.
pub struct IngestStage {
    /// The Kafka client, with brokers.
    pub client: ClientConfig,
    /// Consumer group.
    pub group: String,
    /// Decoders, rules and limits.
    pub ingest: Ingest,
    /// Topics to read.
    pub sources: Vec<String>,
    /// Where a group begins that was never here.
    pub start: Start,
    /// Topic of observations, and its number of partitions.
    pub observations: (String, i32),
    /// Most records of a micro-batch.
    pub batch: usize,
    /// Longest wait for a batch to fill.
    pub linger: Duration,
    /// Time between ticks; `None` where time comes from events.
    pub tick: Option<Duration>,
    /// Name in the group that stays over restarts.
    pub member: Option<String>,
    /// Name of this instance in its ticks.
    pub instance: Arc<str>,
    /// The way out.
    pub publisher: Box<dyn Publish>,
    /// How far it has come.
    pub gauges: Arc<Gauges>,
}

/// A record on its way out, owned.
struct Out {
    topic: String,
    partition: i32,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// What a micro-batch became.
#[derive(Default)]
struct Filled {
    out: Vec<Out>,
    next: Positions,
    records: usize,
}

/// The offset to read next of each source partition.
type Positions = BTreeMap<(String, i32), i64>;

impl IngestStage {
    /// Runs until `stop` is set.
    ///
    /// # Errors
    /// When it cannot go on; it goes on from the committed offsets when started again.
    pub fn run(mut self, stop: &AtomicBool) -> Result<(), StageError> {
        let config = clients::consumer(&self.client, &self.group, self.member.as_deref());
        let beginnings = Beginnings { start: self.start, failure: Mutex::default() };
        let consumer: BaseConsumer<Beginnings> =
            config.create_with_context(beginnings).map_err(while_trying("make a consumer"))?;
        let topics: Vec<&str> = self.sources.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(while_trying("subscribe to the sources"))?;
        let (mut positions, mut committed) = (Positions::new(), Stopwatch::start());
        let mut ticked: Option<Stopwatch> = None;
        while !stop.load(Ordering::Relaxed) {
            let filled = self.fill(&consumer)?;
            consumer.context().take_failure().map_or(Ok(()), Err)?;
            self.finish(&consumer, &filled, stop)?;
            positions.extend(filled.next);
            if committed.elapsed() >= COMMIT_AGAIN {
                commit(&consumer, &mut positions, CommitMode::Async);
                committed = Stopwatch::start();
            }
            if let Some(every) = self.tick.filter(|every| ticked.as_ref().is_none_or(|watch| watch.elapsed() >= *every))
            {
                self.tick(every, stop)?;
                ticked = Some(Stopwatch::start());
            }
        }
        commit(&consumer, &mut positions, CommitMode::Sync);
        self.gauges.drained();
        Ok(())
    }

    fn fill(&self, consumer: &BaseConsumer<Beginnings>) -> Result<Filled, StageError> {
        let (started, mut filled) = (Stopwatch::start(), Filled::default());
        while filled.records < self.batch {
            let left = self.linger.saturating_sub(started.elapsed());
            match consumer.poll(left) {
                Some(Ok(message)) => self.handle(&message, &mut filled),
                Some(Err(error)) => tolerate(error)?,
                None if left.is_zero() => break,
                None => {}
            }
        }
        Ok(filled)
    }

    fn handle(&self, message: &BorrowedMessage<'_>, filled: &mut Filled) {
        let topic: Arc<str> = message.topic().into();
        let headers = headers(message);
        let record = SourceRecord {
            topic: &topic,
            partition: message.partition(),
            offset: message.offset(),
            received: Timestamp(message.timestamp().to_millis().unwrap_or(0)),
            key: message.key(),
            value: message.payload(),
            headers: &headers,
        };
        let handled = decoded(&self.ingest, &record);
        filled.records += 1;
        filled.next.insert((topic.to_string(), message.partition()), message.offset() + 1);
        self.count(&handled);
        filled.out.extend(handled.into_envelopes().iter().map(|envelope| self.envelope(envelope)));
    }

    fn count(&self, handled: &Handled) {
        self.gauges.rejected.add(handled.rejects.len());
        self.gauges.clamped.add(usize::try_from(handled.clamped).unwrap_or(usize::MAX));
        self.gauges.unassigned.add(usize::try_from(handled.unassigned).unwrap_or(usize::MAX));
        self.gauges.envelopes.add(handled.envelopes.len());
    }

    fn envelope(&self, envelope: &Envelope) -> Out {
        let (key, (topic, partitions)) = (envelope.key(), &self.observations);
        let partition = partition_of(&key, *partitions);
        Out { topic: topic.clone(), partition, key, value: wire::encode(envelope) }
    }

    /// Publishes a micro-batch, then commits the offsets after it.
    fn finish(
        &mut self,
        consumer: &BaseConsumer<Beginnings>,
        filled: &Filled,
        stop: &AtomicBool,
    ) -> Result<(), StageError> {
        if filled.records == 0 {
            return Ok(());
        }
        self.publish(&filled.out, stop)?;
        commit(consumer, &mut filled.next.clone(), CommitMode::Async);
        self.gauges.ingested.add(filled.records);
        Ok(())
    }

    /// Publishes `out`, and again as long as the broker does not answer: what then stands there twice is recognised by its
    /// origin. Nothing is read meanwhile.
    fn publish(&mut self, out: &[Out], stop: &AtomicBool) -> Result<(), StageError> {
        let records: Vec<Record<'_>> = out
            .iter()
            .map(|out| Record {
                topic: &out.topic,
                partition: out.partition,
                key: &out.key,
                value: &out.value,
                timestamp_ms: None,
                headers: Vec::new(),
            })
            .collect();
        let mut watch: Option<Stopwatch> = None;
        loop {
            match self.publisher.publish(&records) {
                Err(error @ PublishError::Unacknowledged { .. }) if !stop.load(Ordering::Relaxed) => {
                    let since = watch.get_or_insert_with(Stopwatch::start);
                    tracing::warn!(%error, since = ?since.elapsed(), "ingest waits for the broker");
                    std::thread::sleep(PAUSE);
                }
                published => return Ok(published?),
            }
        }
    }

    fn tick(&mut self, every: Duration, stop: &AtomicBool) -> Result<(), StageError> {
        let tick = Tick { at: clock::now(), instance: Arc::clone(&self.instance) };
        let value = wire::encode(&Envelope { content: Content::Tick(tick) });
        let (topic, partitions) = self.observations.clone();
        let to = |partition| Out { topic: topic.clone(), partition, key: Vec::new(), value: value.clone() };
        tracing::trace!(?every, partitions, "tick");
        self.publish(&(0..partitions).map(to).collect::<Vec<_>>(), stop)
    }
}

/// Commits the positions of the partitions that are still held, and forgets the others: they are somebody else's now.
fn commit(consumer: &BaseConsumer<Beginnings>, positions: &mut Positions, mode: CommitMode) {
    let Ok(held) = consumer.assignment() else { return };
    positions.retain(|(topic, partition), _| held.find_partition(topic, *partition).is_some());
    let mut list = TopicPartitionList::new();
    for ((topic, partition), next) in positions {
        let _ = list.add_partition_offset(topic, *partition, Offset::Offset(*next));
    }
    if list.count() > 0
        && let Err(error) = consumer.commit(&list, mode)
    {
        tracing::warn!(%error, "offsets of the sources were not committed; the next commit covers them");
    }
}

fn headers(message: &BorrowedMessage<'_>) -> Vec<Header> {
    let Some(headers) = message.headers() else { return Vec::new() };
    let owned = |header: rdkafka::message::Header<'_, &[u8]>| Header {
        name: header.key.to_owned(),
        value: header.value.unwrap_or_default().to_vec(),
    };
    headers.iter().map(owned).collect()
}

fn tolerate(error: KafkaError) -> Result<(), StageError> {
    if is_data_loss(&error) {
        return Err(StageError::DataLoss { topic: "of a source".to_owned(), cause: error });
    }
    if !passes(&error) {
        return Err(StageError::Kafka { what: "read the sources", cause: error });
    }
    tracing::warn!(%error, "the sources cannot be read for now");
    Ok(())
}

/// Gives every partition of a source its explicit beginning: the committed offset, else what the user chose.
struct Beginnings {
    start: Start,
    failure: Mutex<Option<StageError>>,
}

impl ClientContext for Beginnings {}

impl Holder for Beginnings {
    fn open(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Result<TopicPartitionList, StageError> {
        let mut placed = consumer
            .committed_offsets(list.clone(), PATIENCE)
            .map_err(while_trying("ask the group how far the sources were read"))?;
        let first = match self.start {
            Start::Earliest => Offset::Beginning,
            Start::Latest => Offset::End,
        };
        let unknown: Vec<(String, i32)> = placed
            .elements()
            .iter()
            .filter(|element| !matches!(element.offset(), Offset::Offset(_)))
            .map(|element| (element.topic().to_owned(), element.partition()))
            .collect();
        for (topic, partition) in unknown {
            placed.set_partition_offset(&topic, partition, first).map_err(while_trying("choose where to begin"))?;
        }
        Ok(placed)
    }

    fn close(&self, _: &BaseConsumer<Self>, _: &TopicPartitionList) {}

    fn failure(&self) -> &Mutex<Option<StageError>> {
        &self.failure
    }
}

impl ConsumerContext for Beginnings {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        rebalance::answer(self, consumer, event, list);
    }
}
