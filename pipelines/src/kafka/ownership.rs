//! Which partitions of observations a detect thread has, through rebalances.
//!
//! Rebalance callbacks run inside `poll`, on the thread that polls, so the lock here is never waited for. A partition
//! begins where its own state left it, never where the group's offsets say. Giving one up only drops memory: what was
//! committed stands in the store, and the next owner reads back what was published.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::error::{StageError, while_trying};
use super::way_out::{Exits, WayOut};
use crate::config::Start;
use crate::protocol::{Custody, Extent, FailPoint, FailPoints, Lane, Source};

/// How long the broker may take to say what a partition has.
const ANSWER: Duration = Duration::from_secs(5);
/// How often a broker is asked whose answer would mean that records are gone, and the time between two questions.
const ASK: u32 = 4;
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The partitions of one detect thread.
pub struct Ownership {
    custody: Arc<Custody>,
    exits: Exits,
    start: Start,
    fail_points: Arc<FailPoints>,
    held: Mutex<Held>,
}

/// What the lock protects.
#[derive(Default)]
pub struct Held {
    /// Partitions by number.
    pub lanes: BTreeMap<i32, Lane<WayOut>>,
    /// Partitions that are not read for now.
    pub paused: BTreeSet<i32>,
    failure: Option<StageError>,
}

impl Ownership {
    /// No partitions yet.
    #[must_use]
    pub fn new(custody: Arc<Custody>, exits: Exits, start: Start, fail_points: Arc<FailPoints>) -> Self {
        Self { custody, exits, start, fail_points, held: Mutex::default() }
    }

    /// The partitions that are held now.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong in a rebalance.
    pub fn take_failure(&self) -> Option<StageError> {
        self.held().failure.take()
    }

    /// Opens partitions and says where each begins; returns those that must not be read yet.
    fn gain(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &mut TopicPartitionList,
    ) -> Result<TopicPartitionList, StageError> {
        let mut held = self.held();
        let mut waiting = TopicPartitionList::new();
        for (topic, number) in numbers(list) {
            let lane = match held.lanes.entry(number) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(self.open(&topic, number)?),
            };
            let extent = extent(consumer, (&topic, number), lane.processor().next_offset())?;
            let begin = lane.begin(extent, self.start);
            let offset = Offset::Offset(begin);
            list.set_partition_offset(&topic, number, offset).map_err(while_trying("set where a partition begins"))?;
            tracing::info!(partition = number, epoch = lane.epoch(), begin, "partition gained");
            if lane.has_gap() {
                waiting.add_partition(&topic, number);
                held.paused.insert(number);
            }
        }
        Ok(waiting)
    }

    fn open(&self, topic: &str, number: i32) -> Result<Lane<WayOut>, StageError> {
        let owned = self.custody.open(number)?;
        let source = Source { topic: topic.into(), partition: number };
        Ok(Lane::new(source, owned, self.exits.way_out(number), Arc::clone(&self.fail_points)))
    }

    /// Drops the lanes of partitions. The client would remember that one of them was paused when it comes back.
    fn lose(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut paused = TopicPartitionList::new();
        for (topic, partition) in numbers(list) {
            let mut held = self.held();
            if held.paused.remove(&partition) {
                paused.add_partition(&topic, partition);
            }
            let lane = held.lanes.remove(&partition);
            drop(held);
            drop(lane);
            self.custody.release(partition);
            tracing::info!(partition, "partition given up");
        }
        if paused.count() > 0
            && let Err(error) = consumer.resume(&paused)
        {
            // One that is not assigned any more has nothing to be resumed.
            tracing::debug!(%error, "partitions that are given up stay paused");
        }
    }

    /// Drops lanes of partitions that the client does not list any more.
    fn lose_the_rest(&self) {
        let mut held = self.held();
        held.paused.clear();
        let lanes = std::mem::take(&mut held.lanes);
        drop(held);
        for (partition, lane) in lanes {
            drop(lane);
            self.custody.release(partition);
        }
    }

    fn fail(&self, error: StageError) {
        self.held().failure.get_or_insert(error);
    }

    fn note(&self, what: &'static str, result: KafkaResult<()>) {
        if let Err(cause) = result {
            self.fail(StageError::Kafka { what, cause });
        }
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) {
        let waiting = self.gain(consumer, list);
        if waiting.is_err() {
            // Where these would be read from is not known; without lanes nothing that comes of them is judged.
            self.lose(consumer, list);
        }
        self.fail_points.pass(FailPoint::InRebalance);
        self.note("take partitions", consumer.incremental_assign(list));
        match waiting {
            Ok(waiting) if waiting.count() > 0 => self.note("pause partitions", consumer.pause(&waiting)),
            Ok(_) => {}
            Err(error) => self.fail(error),
        }
    }
}

/// What a partition has. A new leader may not know the end of its log at once, so an end before `next`, which would mean
/// that records are gone for good, is asked for again.
fn extent(consumer: &BaseConsumer<Ownership>, place: (&str, i32), next: Option<i64>) -> Result<Extent, StageError> {
    let mut asked = 0;
    loop {
        let watermarks = consumer.fetch_watermarks(place.0, place.1, ANSWER);
        let (oldest, end) = watermarks.map_err(while_trying("ask what a partition of observations has"))?;
        asked += 1;
        if asked == ASK || next.is_none_or(|next| next <= end) {
            return Ok(Extent { oldest, end });
        }
        std::thread::sleep(ASK_AGAIN);
    }
}

fn numbers(list: &TopicPartitionList) -> Vec<(String, i32)> {
    if list.count() == 0 {
        return Vec::new();
    }
    list.elements().iter().map(|element| (element.topic().to_owned(), element.partition())).collect()
}

impl ClientContext for Ownership {}

impl ConsumerContext for Ownership {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.lose(consumer, list);
                self.fail_points.pass(FailPoint::InRebalance);
                self.note("give partitions up", consumer.incremental_unassign(list));
            }
            _ => {
                match consumer.assignment() {
                    Ok(all) => self.lose(consumer, &all),
                    Err(cause) => self.fail(StageError::Kafka { what: "list partitions", cause }),
                }
                self.lose_the_rest();
                self.note("give all partitions up", consumer.unassign());
            }
        }
    }
}
