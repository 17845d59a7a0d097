//! Which partitions of observations a detect thread has, through rebalances.
//!
//! Rebalance callbacks run inside `poll`, on the thread that polls, so the lock here is never waited for. A partition that
//! the group assigns is paused at once and opened beside polling; when it is open, reading is set to where its own state left
//! it, never to where the group's offsets say, and begins. Giving one up only drops memory: what was committed stands in the
//! store, and the next owner reads back what was published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::error::{StageError, while_trying};
use super::opening::Opening;
use super::way_out::{Exits, WayOut};
use crate::clock::Stopwatch;
use crate::config::Start;
use crate::protocol::{Custody, Extent, FailPoint, FailPoints, Lane, Owned, OwnershipError, Source};

/// How long the broker may take to say what a partition has.
const ANSWER: Duration = Duration::from_secs(5);
/// How often a broker is asked whose answer would mean that records are gone, and the time between two questions.
const ASK: u32 = 4;
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long a partition waits whose state could not be reached, until it is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// How long the client may take to set where it reads.
const SEEK: Duration = Duration::from_secs(5);

/// The partitions of one detect thread.
pub struct Ownership {
    custody: Arc<Custody>,
    opening: Arc<Opening>,
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
    /// Partitions that are open and whose reading could not be set yet, with where it begins.
    arriving: BTreeMap<i32, (Lane<WayOut>, i64)>,
    /// Partitions whose state could not be reached, and since when.
    waiting: BTreeMap<i32, Stopwatch>,
    failure: Option<StageError>,
}

impl Ownership {
    /// No partitions yet.
    #[must_use]
    pub fn new(
        custody: Arc<Custody>,
        opening: Arc<Opening>,
        exits: Exits,
        start: Start,
        fail_points: Arc<FailPoints>,
    ) -> Self {
        Self { custody, opening, exits, start, fail_points, held: Mutex::default() }
    }

    /// The partitions that are held now.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong in a rebalance.
    pub fn take_failure(&self) -> Option<StageError> {
        self.held().failure.take()
    }

    /// Asks for partitions to be opened, and has them read from wherever: they are paused before anything is judged.
    fn gain(&self, list: &mut TopicPartitionList) -> Result<(), StageError> {
        for (topic, number) in numbers(list) {
            let before = self.held().lanes.remove(&number);
            if before.is_some() {
                drop(before);
                self.custody.release(number);
            }
            let set = list.set_partition_offset(&topic, number, Offset::Beginning);
            set.map_err(while_trying("set where a partition begins"))?;
            self.opening.ask(number);
        }
        Ok(())
    }

    /// Takes in what was opened meanwhile: from here on it is read, from where its state stands. To be called between two
    /// polls, by the thread that polls.
    ///
    /// # Errors
    /// When a partition could not be opened, or the broker does not say what it has.
    pub fn welcome(&self, consumer: &BaseConsumer<Self>, topic: &str) -> Result<(), StageError> {
        self.try_again();
        while let Some((number, opened)) = self.opening.take_ready() {
            let owned = match opened {
                Err(error @ OwnershipError::Unreachable { .. }) => {
                    tracing::warn!(%error, again_in = ?TRY_AGAIN, "the others are judged meanwhile");
                    self.held().waiting.insert(number, Stopwatch::start());
                    continue;
                }
                opened => opened?,
            };
            let mut lane = self.lane(topic, number, owned);
            let extent = extent(consumer, (topic, number), lane.processor().next_offset())?;
            let begin = lane.begin(extent, self.start);
            self.held().arriving.insert(number, (lane, begin));
        }
        let mut held = self.held();
        let places: Vec<(i32, i64)> = held.arriving.iter().map(|(number, (_, begin))| (*number, *begin)).collect();
        for (number, begin) in places {
            if !set_reading(consumer, (topic, number), begin)? {
                continue;
            }
            let Some((lane, _)) = held.arriving.remove(&number) else { continue };
            tracing::info!(partition = number, epoch = lane.epoch(), begin, "partition gained");
            if lane.has_gap() {
                held.paused.insert(number);
            } else {
                consumer.resume(&only(topic, number)).map_err(while_trying("read a partition that was opened"))?;
            }
            held.lanes.insert(number, lane);
        }
        Ok(())
    }

    fn try_again(&self) {
        let mut held = self.held();
        let is_due = |since: &Stopwatch| since.elapsed() >= TRY_AGAIN;
        let due: Vec<i32> = held.waiting.iter().filter(|(_, since)| is_due(since)).map(|(number, _)| *number).collect();
        for number in due {
            held.waiting.remove(&number);
            self.opening.ask(number);
        }
    }

    fn lane(&self, topic: &str, number: i32, owned: Owned) -> Lane<WayOut> {
        let source = Source { topic: topic.into(), partition: number };
        Lane::new(source, owned, self.exits.way_out(number), Arc::clone(&self.fail_points))
    }

    /// Drops the lanes of partitions. The client would remember that one of them was paused when it comes back.
    fn lose(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut paused = TopicPartitionList::new();
        for (topic, partition) in numbers(list) {
            let was_opening = self.opening.call_off(partition);
            let mut held = self.held();
            let arriving = held.arriving.remove(&partition);
            let was_opening = held.waiting.remove(&partition).is_some() || was_opening;
            if held.paused.remove(&partition) || arriving.is_some() || was_opening {
                paused.add_partition(&topic, partition);
            }
            let lane = held.lanes.remove(&partition);
            drop(held);
            drop((lane, arriving));
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
        held.waiting.clear();
        let (lanes, arriving) = (std::mem::take(&mut held.lanes), std::mem::take(&mut held.arriving));
        drop(held);
        for (partition, lane) in lanes.into_iter().chain(arriving.into_iter().map(|(number, (lane, _))| (number, lane)))
        {
            drop(lane);
            self.custody.release(partition);
        }
        self.opening.call_off_all();
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
        if let Err(error) = self.gain(list) {
            self.fail(error);
        }
        self.fail_points.pass(FailPoint::InRebalance);
        self.note("take partitions", consumer.incremental_assign(list));
        self.note("pause partitions", consumer.pause(list));
    }
}

/// A list of one partition.
fn only(topic: &str, number: i32) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, number);
    list
}

/// Sets where a paused partition is read from; false when the client has only just been told of it and is not ready.
fn set_reading(
    consumer: &BaseConsumer<Ownership>,
    (topic, number): (&str, i32),
    begin: i64,
) -> Result<bool, StageError> {
    let mut list = only(topic, number);
    let what = while_trying("set where a partition begins");
    list.set_partition_offset(topic, number, Offset::Offset(begin)).map_err(&what)?;
    let sought = consumer.seek_partitions(list, SEEK).map_err(&what)?;
    let failed = sought.elements().iter().find_map(|element| element.error().err());
    match failed {
        None => Ok(true),
        Some(cause) => match cause.rdkafka_error_code() {
            Some(RDKafkaErrorCode::State | RDKafkaErrorCode::InProgress | RDKafkaErrorCode::PreviousInProgress) => {
                Ok(false)
            }
            _ => Err(what(cause)),
        },
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
