//! The lake stage on Kafka: what is published becomes rows of tables.
//!
//! Where it goes on is in the lake and nowhere else: the last manifest of a partition says the next offset and which numbers
//! were seen. Offsets are committed to the group only so that other tools can show how far it is behind. While the object
//! store does not answer, as much waits as may and nothing more is read.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use tidewatch_delivery::Numbered;
use tidewatch_lake::{LakeError, Limits, Partition, Place, Published, Record, Store, Table, Taken};
use tokio::runtime::Runtime;

use super::clients;
use super::error::{StageError, is_data_loss, passes, while_trying};
use super::gauges::Gauges;
use super::rebalance::{self, Holder};
use crate::clock::Stopwatch;
use crate::lake::upkeep::{Upkeep, Watchman};

/// How long the brokers may take to say where things stand, and the object store to answer when a partition is gained.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait for a record.
const LOOK: Duration = Duration::from_millis(50);
/// Most records that are read before it is looked what is to be written.
const MOST_READ: usize = 2_000;
/// How long nothing is written after the object store refused.
const REST: Duration = Duration::from_secs(5);
/// How often the group is told how far everything is written.
const COMMIT: Duration = Duration::from_secs(5);
/// Time between two questions for the end of a partition.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long what stands in the topics is read on when the service ends.
const DRAIN: Duration = Duration::from_secs(3);

/// What a lake thread is made of.
pub struct LakeStage {
    /// The Kafka client, with brokers.
    pub client: ClientConfig,
    /// Consumer group.
    pub group: String,
    /// Name in the group that stays over restarts.
    pub member: Option<String>,
    /// Topics, and the tables that they fill.
    pub topics: BTreeMap<String, Table>,
    /// Identifier of the cluster.
    pub cluster: String,
    /// How much waits before it is written.
    pub limits: Limits,
    /// Longest that a row waits.
    pub flush_after: Duration,
    /// What is done with files that are there.
    pub upkeep: Upkeep,
    /// The lake.
    pub store: Store,
    /// Runs the calls of the object store.
    pub runtime: Runtime,
    /// How far it has come.
    pub gauges: Arc<Gauges>,
}

/// A partition that is held, and since when a row of it waits.
struct Held {
    partition: Partition,
    since: Option<Stopwatch>,
}

type Key = (String, i32);

impl LakeStage {
    /// Runs until `stop` is set.
    ///
    /// # Errors
    /// When it cannot go on; it goes on from the lake when started again.
    pub fn run(self, stop: &AtomicBool) -> Result<(), StageError> {
        let stage = Arc::new(self);
        let config = clients::consumer(&stage.client, &stage.group, stage.member.as_deref());
        let tables = Tables { stage: Arc::clone(&stage), held: Mutex::default(), failure: Mutex::default() };
        let consumer: BaseConsumer<Tables> =
            config.create_with_context(tables).map_err(while_trying("make a consumer"))?;
        let topics: Vec<&str> = stage.topics.keys().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(while_trying("subscribe to what is published"))?;
        let (mut committed, mut resting) = (Stopwatch::start(), None);
        let mut watchman = Watchman::new(&stage.upkeep);
        while !stop.load(Ordering::Relaxed) {
            stage.read(&consumer)?;
            stage.write(&consumer, &mut resting, false)?;
            if committed.elapsed() >= COMMIT {
                consumer.context().report(&consumer);
                committed = Stopwatch::start();
                watchman.look(&stage.runtime, &stage.store, || consumer.context().firsts());
            }
        }
        watchman.end(&stage.runtime);
        stage.drain(&consumer)?;
        stage.write(&consumer, &mut None, true)?;
        consumer.context().report(&consumer);
        stage.gauges.drained();
        Ok(())
    }

    fn read(&self, consumer: &BaseConsumer<Tables>) -> Result<usize, StageError> {
        let (mut wait, mut read) = (LOOK, 0);
        while read < MOST_READ {
            match consumer.poll(wait) {
                Some(Ok(message)) => {
                    read += 1;
                    if self.take(consumer, &message) {
                        break;
                    }
                }
                Some(Err(error)) => tolerate(error)?,
                None => break,
            }
            wait = Duration::ZERO;
        }
        consumer.context().take_failure().map_or(Ok(()), Err)?;
        self.gauges.unstored.set(consumer.context().lock().values().map(|held| held.partition.waiting()).sum());
        Ok(read)
    }

    /// Takes a record, and returns whether its partition is full.
    fn take(&self, consumer: &BaseConsumer<Tables>, message: &BorrowedMessage<'_>) -> bool {
        let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
        let numbered = Numbered::of(message).map(|Numbered { source, sequence }| (source, sequence));
        let bytes = Bytes::copy_from_slice(message.payload().unwrap_or_default());
        let mut all = consumer.context().lock();
        let Some(held) = all.get_mut(&(topic.to_owned(), partition)) else { return false };
        match held.partition.take(Record { offset, numbered, bytes }) {
            Taken::Kept => {
                held.since.get_or_insert_with(Stopwatch::start);
            }
            Taken::Repeat => {}
            Taken::Refused(wrong) => {
                self.gauges.unfit.add(1);
                tracing::error!(topic, partition, offset, wrong, "a record cannot be a row and is passed over");
            }
        }
        held.partition.is_full()
    }

    /// Writes what is due, or `all` of what waits.
    fn write(
        &self,
        consumer: &BaseConsumer<Tables>,
        resting: &mut Option<Stopwatch>,
        all: bool,
    ) -> Result<(), StageError> {
        if resting.as_ref().is_some_and(|since| since.elapsed() < REST) {
            return Ok(());
        }
        let is_due = |held: &Held| {
            let is_old = held.since.is_some_and(|since| since.elapsed() >= self.flush_after);
            held.partition.waiting() > 0 && (all || is_old || held.partition.is_full())
        };
        let mut held = consumer.context().lock();
        let due: Vec<Key> = held.iter().filter(|(_, held)| is_due(held)).map(|(key, _)| key.clone()).collect();
        for key in due {
            let Some(one) = held.get_mut(&key) else { continue };
            match self.publish(one) {
                Ok(Published::Ours) => {}
                Ok(Published::Another) => self.begin_again(consumer, &key, one)?,
                Err(error) if error.passes() && !all => {
                    tracing::warn!(%error, "the lake cannot be written for now");
                    halt(consumer, true)?;
                    *resting = Some(Stopwatch::start());
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        if resting.take().is_some() {
            tracing::info!("the lake is written again");
            halt(consumer, false)?;
        }
        Ok(())
    }

    fn publish(&self, held: &mut Held) -> Result<Published, LakeError> {
        let Some(sealed) = held.partition.seal()? else { return Ok(Published::Ours) };
        let rows = held.partition.waiting();
        let published = self.runtime.block_on(self.store.publish(&sealed))?;
        if published == Published::Ours {
            held.partition.published();
            held.since = None;
            self.gauges.stored.add(rows);
        }
        Ok(published)
    }

    /// Another writer has the partition, or had it. Whoever owns it now, the lake says where to go on.
    fn begin_again(&self, consumer: &BaseConsumer<Tables>, key: &Key, held: &mut Held) -> Result<(), StageError> {
        let (topic, number) = key;
        tracing::warn!(topic, partition = number, "another writer was here: going on from where the lake stands");
        *held = self.resume(topic, *number, (0, i64::MAX))?;
        let offset = Offset::Offset(held.partition.next_offset());
        consumer.seek(topic, *number, offset, PATIENCE).map_err(while_trying("go on elsewhere"))
    }

    /// Reads what stands in the topics to its end.
    fn drain(&self, consumer: &BaseConsumer<Tables>) -> Result<(), StageError> {
        let since = Stopwatch::start();
        while since.elapsed() < DRAIN && self.read(consumer)? > 0 {
            self.write(consumer, &mut None, false)?;
        }
        Ok(())
    }

    /// The partition as the lake has it. A new leader may not know the end of its log at once, so that an end before that
    /// of the lake, which would mean that the topic was made anew, is asked for again.
    fn reopen(&self, consumer: &BaseConsumer<Tables>, topic: &str, number: i32) -> Result<Held, StageError> {
        let since = Stopwatch::start();
        loop {
            let kept = consumer.fetch_watermarks(topic, number, PATIENCE);
            match self.resume(topic, number, kept.map_err(while_trying("ask which records are kept"))?) {
                Err(LakeError::Ahead { .. }) if since.elapsed() < PATIENCE => std::thread::sleep(ASK_AGAIN),
                held => return Ok(held?),
            }
        }
    }

    /// The partition as the lake has it, given which offsets the topic `kept`.
    fn resume(&self, topic: &str, number: i32, (low, high): (i64, i64)) -> Result<Held, LakeError> {
        let Some(table) = self.topics.get(topic).copied() else {
            return Err(LakeError::Source { table: Table::Rejects, lake: String::new(), topic: topic.to_owned() });
        };
        let place = Place { table, number, source: format!("{}/{topic}", self.cluster) };
        let last = self.insist(|| self.store.last(table, number))?;
        let mut partition = Partition::resume(place, self.limits, last, low)?;
        let next = partition.next_offset();
        if next > high {
            return Err(LakeError::Ahead { table, partition: number, next, end: high });
        }
        if next < low {
            tracing::error!(topic, partition = number, next, low, "records were deleted before the lake had them");
            partition.skip_to(low);
        }
        Ok(Held { partition, since: None })
    }

    /// Asks the object store, for a while also when it does not answer.
    fn insist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, LakeError>
    where
        F: Future<Output = Result<T, LakeError>>,
    {
        let since = Stopwatch::start();
        loop {
            match self.runtime.block_on(ask()) {
                Err(error) if error.passes() && since.elapsed() < PATIENCE => tracing::warn!(%error, "asking again"),
                answer => return answer,
            }
        }
    }
}

/// Stops or goes on reading.
fn halt(consumer: &BaseConsumer<Tables>, halt: bool) -> Result<(), StageError> {
    let assigned = consumer.assignment().map_err(while_trying("ask which partitions are held"))?;
    let done = if halt { consumer.pause(&assigned) } else { consumer.resume(&assigned) };
    done.map_err(while_trying("stop or go on reading"))
}

fn tolerate(error: KafkaError) -> Result<(), StageError> {
    if is_data_loss(&error) {
        return Err(StageError::DataLoss { topic: "of what is published".to_owned(), cause: error });
    }
    if !passes(&error) {
        return Err(StageError::Kafka { what: "read what is published", cause: error });
    }
    tracing::warn!(%error, "what is published cannot be read for now");
    Ok(())
}

/// The partitions that are held, through rebalances.
struct Tables {
    stage: Arc<LakeStage>,
    held: Mutex<BTreeMap<Key, Held>>,
    failure: Mutex<Option<StageError>>,
}

impl ClientContext for Tables {}

impl Tables {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tables whose first partition is held. Whoever has it keeps the files of the whole table, so that one does.
    fn firsts(&self) -> Vec<Table> {
        self.lock()
            .iter()
            .filter(|((_, number), _)| *number == 0)
            .map(|(_, held)| held.partition.place().table)
            .collect()
    }

    /// Tells the group up to where everything is written.
    fn report(&self, consumer: &BaseConsumer<Self>) {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), held) in self.lock().iter() {
            let offset = Offset::Offset(held.partition.written_until());
            let _ = list.add_partition_offset(topic, *partition, offset);
        }
        if list.count() > 0
            && let Err(error) = consumer.commit(&list, CommitMode::Async)
        {
            tracing::warn!(%error, "the offsets of what is written were not committed; they are for show only");
        }
    }
}

impl Holder for Tables {
    fn open(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Result<TopicPartitionList, StageError> {
        let mut placed = TopicPartitionList::new();
        for element in list.elements() {
            let (topic, partition) = (element.topic().to_owned(), element.partition());
            let held = self.stage.reopen(consumer, &topic, partition)?;
            let from = held.partition.next_offset();
            tracing::info!(topic, partition, from, "a partition goes into the lake");
            placed
                .add_partition_offset(&topic, partition, Offset::Offset(from))
                .map_err(while_trying("choose where to begin"))?;
            self.lock().insert((topic, partition), held);
        }
        Ok(placed)
    }

    /// What waits is written; where that fails, whoever comes next reads it again.
    fn close(&self, _: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut all = self.lock();
        for element in list.elements() {
            let Some(mut held) = all.remove(&(element.topic().to_owned(), element.partition())) else { continue };
            if let Err(error) = self.stage.publish(&mut held) {
                tracing::warn!(%error, "what waited was not written; the next owner of the partition does it");
            }
        }
    }

    fn failure(&self) -> &Mutex<Option<StageError>> {
        &self.failure
    }
}

impl ConsumerContext for Tables {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        rebalance::answer(self, consumer, event, list);
    }
}
