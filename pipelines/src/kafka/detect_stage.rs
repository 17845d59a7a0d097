//! The detect stage on Kafka: poll a micro-batch, judge it, commit it to the store, publish it. In this order.
//!
//! Whatever makes a partition's place in the log uncertain ends the session, not the process: the consumer is made anew and
//! every partition is opened again from its store, as after a crash.

use std::cell::Cell;
use std::collections::BTreeSet;
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
use super::opening::Opening;
use super::ownership::Ownership;
use super::way_out::{Exits, WayOut};
use crate::checkpoint::Checkpointer;
use crate::clock::{self, Stopwatch};
use crate::config::Start;
use crate::detect::{Processor, Received};
use crate::protocol::{Committed, Custody, FailPoints, Lane, Step};

/// How often the group is told how far its members are, for those who watch lag.
const TELL_GROUP: Duration = Duration::from_secs(5);
/// How long nothing is published after the broker did not answer.
const BACK_OFF: Duration = Duration::from_millis(500);
/// How long a partition that somebody else published for must stay ours before we publish again: longer than the group
/// takes to tell a member that it was thrown out.
const CONFIRM: Duration = Duration::from_secs(4);
/// How long ago the last poll may be for a partition to count as ours.
const OURS: Duration = Duration::from_secs(10);
/// How long the last checkpoints may take when the process ends.
const LAST_CHECKPOINTS: Duration = Duration::from_secs(4);
/// How long a session that failed is not begun again.
const BEGIN_AGAIN: Duration = Duration::from_secs(1);

/// What a detect thread is made of.
pub struct DetectStage {
    /// The Kafka client, with brokers.
    pub client: ClientConfig,
    /// Consumer group.
    pub group: String,
    /// Name in the group that stays over restarts.
    pub instance: Option<String>,
    /// Topic of observations.
    pub topic: Arc<str>,
    /// Opens partitions.
    pub custody: Arc<Custody>,
    /// Where a partition begins that was never read.
    pub start: Start,
    /// Most records of a micro-batch.
    pub batch: usize,
    /// Longest wait for a batch to fill.
    pub linger: Duration,
    /// The way out.
    pub exits: Exits,
    /// How far it has come.
    pub gauges: Arc<Gauges>,
    /// Where tests end the process.
    pub fail_points: Arc<FailPoints>,
    /// Copies of the states; none where no object store is configured.
    pub checkpoints: Option<Arc<Checkpointer>>,
}

/// One membership in the group.
struct Session<'a> {
    stage: &'a DetectStage,
    consumer: BaseConsumer<Ownership>,
    /// Since when the broker has not answered a publication.
    failed: Option<Stopwatch>,
    /// Since when somebody else is known to have published for one of our partitions.
    superseded: Option<Stopwatch>,
    /// Envelopes that were judged and whose outputs are not known to be published.
    unfinished: Cell<usize>,
    /// Since the last poll.
    polled: Stopwatch,
}

/// Why a session ended.
enum End {
    /// Somebody asked for it.
    Asked,
    /// The place in the log is not certain any more.
    Uncertain(StageError),
}

impl DetectStage {
    /// Runs until `stop` is set, then publishes what is committed.
    ///
    /// # Errors
    /// When it cannot go on; what was committed stands.
    pub fn run(self, stop: &AtomicBool) -> Result<(), StageError> {
        let opening = Opening::begin(Arc::clone(&self.custody), Arc::clone(&self.fail_points));
        let opening = Arc::new(opening.map_err(StageError::Threads)?);
        while !stop.load(Ordering::Relaxed) {
            let ended = Session::begin(&self, &opening)?.run(stop);
            // What the session had asked for is nobody's any more.
            opening.call_off_all();
            match ended? {
                End::Asked => break,
                End::Uncertain(error) => {
                    tracing::warn!(%error, "partitions of observations are opened again");
                    std::thread::sleep(BEGIN_AGAIN);
                }
            }
        }
        Ok(())
    }
}

impl DetectStage {
    fn checkpoint_if_due(&self, partition: i32, processor: &Processor) {
        if let Some(checkpoints) = &self.checkpoints
            && checkpoints.due(partition, clock::now(), processor.store().written())
        {
            checkpoint(checkpoints, partition, processor);
        }
    }
}

/// A checkpoint that cannot be taken costs a longer replay one day, and nothing now.
fn checkpoint(checkpoints: &Checkpointer, partition: i32, processor: &Processor) {
    if let Err(error) = checkpoints.take(partition, processor.store(), clock::now()) {
        tracing::warn!(partition, %error, "no checkpoint could be taken");
    }
}

impl<'a> Session<'a> {
    fn begin(stage: &'a DetectStage, opening: &Arc<Opening>) -> Result<Self, StageError> {
        let (exits, opening) = (stage.exits.clone(), Arc::clone(opening));
        let fail_points = Arc::clone(&stage.fail_points);
        let ownership = Ownership::new(Arc::clone(&stage.custody), opening, exits, stage.start, fail_points);
        let config = clients::consumer(&stage.client, &stage.group, stage.instance.as_deref());
        let consumer: BaseConsumer<Ownership> =
            config.create_with_context(ownership).map_err(while_trying("make a consumer"))?;
        consumer.subscribe(&[&stage.topic]).map_err(while_trying("subscribe to observations"))?;
        let polled = Stopwatch::start();
        Ok(Self { stage, consumer, failed: None, superseded: None, unfinished: Cell::default(), polled })
    }

    fn run(mut self, stop: &AtomicBool) -> Result<End, StageError> {
        let mut told = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) {
            if let Err(error) = self.fill() {
                return uncertain(error);
            }
            if let Some(error) = self.consumer.context().take_failure() {
                return uncertain(error);
            }
            if let Err(error) = self.consumer.context().welcome(&self.consumer, &self.stage.topic) {
                return uncertain(error);
            }
            self.finish()?;
            if told.elapsed() >= TELL_GROUP {
                self.tell_group(CommitMode::Async);
                told = Stopwatch::start();
            }
        }
        self.finish()?;
        self.consumer.context().held().lanes.values_mut().try_for_each(Lane::leave)?;
        self.tell_group(CommitMode::Sync);
        self.last_checkpoints();
        self.stage.gauges.drained();
        Ok(End::Asked)
    }

    /// Polls until the batch is full or the linger time is over.
    fn fill(&mut self) -> Result<(), StageError> {
        let (started, mut count) = (Stopwatch::start(), 0);
        while count < self.stage.batch {
            let left = self.stage.linger.saturating_sub(started.elapsed());
            match self.consumer.poll(left) {
                Some(Ok(message)) => {
                    self.judge(&message)?;
                    count += 1;
                }
                Some(Err(error)) => self.tolerate(error)?,
                None if left.is_zero() => break,
                None => {}
            }
        }
        self.polled = Stopwatch::start();
        Ok(())
    }

    fn judge(&self, message: &BorrowedMessage<'_>) -> Result<(), StageError> {
        let mut held = self.consumer.context().held();
        let (partition, offset) = (message.partition(), message.offset());
        let Some(lane) = held.lanes.get_mut(&partition) else { return Ok(()) };
        if lane.has_gap() {
            return Err(StageError::Unexpected { partition, offset });
        }
        let origin = Origin { topic: Arc::clone(&self.stage.topic), partition, offset, index: 0 };
        let at = Timestamp(message.timestamp().to_millis().unwrap_or(0));
        lane.process(&Received { origin: &origin, at, value: message.payload() });
        if message.key().is_some() {
            self.unfinished.set(self.unfinished.get() + 1);
        }
        Ok(())
    }

    fn tolerate(&self, error: KafkaError) -> Result<(), StageError> {
        if is_data_loss(&error) {
            return Err(StageError::DataLoss { topic: self.stage.topic.to_string(), cause: error });
        }
        if !passes(&error) {
            return Err(StageError::Kafka { what: "read observations", cause: error });
        }
        tracing::warn!(%error, "observations cannot be read for now");
        Ok(())
    }

    /// Commits every partition that judged something, and publishes what is committed.
    fn finish(&mut self) -> Result<(), StageError> {
        let mut held = self.consumer.context().held();
        let ours = self.polled.elapsed() < OURS;
        let mut attempt = Attempt { failed: self.failed, superseded: self.superseded, gauges: &self.stage.gauges };
        for (partition, lane) in held.lanes.iter_mut().filter(|_| ours) {
            if let Committed::Held(cause) = lane.commit()? {
                tracing::warn!(partition, cause, "findings wait for the broker");
                attempt.failed = Some(Stopwatch::start());
            }
            attempt.publish(*partition, lane)?;
            self.stage.checkpoint_if_due(*partition, lane.processor());
            lane.processor().time().into_iter().for_each(|time| self.stage.gauges.reached(time));
        }
        (self.failed, self.superseded) = (attempt.failed, attempt.superseded);
        self.stage.gauges.outbox.set(held.lanes.values().map(|lane| lane.processor().outbox().len()).sum());
        self.stage.gauges.judged.add(self.unfinished.take());
        self.stage.gauges.saved(self.stage.checkpoints.as_ref().and_then(|checkpoints| checkpoints.saved()));
        let held_back: BTreeSet<i32> =
            held.lanes.iter().filter(|(_, lane)| lane.is_held()).map(|(number, _)| *number).collect();
        let paused = std::mem::replace(&mut held.paused, held_back.clone());
        drop(held);
        self.throttle(&paused, &held_back)
    }

    /// Leaves behind what another machine can go on from at once.
    fn last_checkpoints(&self) {
        let Some(checkpoints) = &self.stage.checkpoints else { return };
        let half = LAST_CHECKPOINTS / 2;
        // What is on its way is older; a partition has one at a time.
        let _ = checkpoints.settle(half);
        for (partition, lane) in &self.consumer.context().held().lanes {
            checkpoint(checkpoints, *partition, lane.processor());
        }
        if !checkpoints.settle(half) {
            tracing::warn!("the last checkpoints were not done in time; the ones before count");
        }
    }

    /// Stops reading the partitions whose outputs wait, and goes on with those whose outputs are gone.
    fn throttle(&self, paused: &BTreeSet<i32>, held_back: &BTreeSet<i32>) -> Result<(), StageError> {
        let list = |numbers: &mut dyn Iterator<Item = &i32>| {
            let mut list = TopicPartitionList::new();
            for number in numbers {
                list.add_partition(&self.stage.topic, *number);
            }
            list
        };
        let pause = list(&mut held_back.difference(paused));
        let resume = list(&mut paused.difference(held_back));
        if pause.count() > 0 {
            tracing::info!(partitions = ?held_back, "partitions are not read while their outputs wait");
            self.consumer.pause(&pause).map_err(while_trying("pause partitions"))?;
        }
        if resume.count() > 0 {
            tracing::info!(partitions = ?held_back, "partitions are read again but for these");
            self.consumer.resume(&resume).map_err(while_trying("resume partitions"))?;
        }
        Ok(())
    }

    /// Commits offsets to the group, for display only: partitions begin where their stores say.
    fn tell_group(&self, mode: CommitMode) {
        let mut list = TopicPartitionList::new();
        for (number, lane) in &self.consumer.context().held().lanes {
            if let Some(next) = lane.processor().next_offset() {
                let _ = list.add_partition_offset(&self.stage.topic, *number, Offset::Offset(next));
            }
        }
        if list.count() > 0
            && let Err(error) = self.consumer.commit(&list, mode)
        {
            tracing::debug!(%error, "the group was not told how far its members are");
        }
    }
}

/// A round of publishing.
struct Attempt<'a> {
    failed: Option<Stopwatch>,
    superseded: Option<Stopwatch>,
    gauges: &'a Gauges,
}

impl Attempt<'_> {
    /// Publishes what a lane has committed. A broker that does not answer is left alone for a while: one partition's
    /// waiting is enough.
    fn publish(&mut self, partition: i32, lane: &mut Lane<WayOut>) -> Result<(), StageError> {
        if self.failed.is_some_and(|since| since.elapsed() < BACK_OFF) {
            return Ok(());
        }
        self.failed = None;
        if lane.is_superseded() && self.superseded.is_none_or(|since| since.elapsed() >= CONFIRM) {
            lane.confirm();
        }
        let (watch, mut is_settled) = (Stopwatch::start(), lane.is_settled());
        loop {
            match lane.advance()? {
                Step::Idle => return Ok(()),
                Step::Worked if !is_settled && lane.is_settled() => {
                    is_settled = true;
                    tracing::info!(partition, took = ?watch.elapsed(), "fenced and read back");
                }
                Step::Worked => {}
                Step::Published(count) => self.gauges.published.add(count),
                Step::Doubtful(cause) => {
                    tracing::warn!(partition, cause, "outputs wait for the broker");
                    self.failed = Some(Stopwatch::start());
                    return Ok(());
                }
                Step::Superseded(cause) => {
                    tracing::warn!(partition, cause, "outputs wait until it is known whose the partition is");
                    self.superseded = Some(Stopwatch::start());
                    return Ok(());
                }
            }
        }
    }
}

/// What opens partitions again may help with; the rest ends the stage.
fn uncertain(error: StageError) -> Result<End, StageError> {
    match error {
        StageError::DataLoss { .. } | StageError::Unexpected { .. } => Ok(End::Uncertain(error)),
        StageError::Kafka { ref cause, .. } if passes(cause) => Ok(End::Uncertain(error)),
        error => Err(error),
    }
}
