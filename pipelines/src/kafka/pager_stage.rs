//! The pager stage on Kafka: incidents to the channels of people.
//!
//! A thread reads and decides, calls are made beside it, one at a time for each channel. A partition's ledger lies in a folder
//! of its own. What was committed to the group is what was told; a partition that comes from another machine is read from its
//! beginning, and what lies before the group's offset counts as told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use tidewatch_delivery::Numbered;
use tidewatch_delivery::pager::{Answer, Notice};
use tidewatch_schemas::{Incident, PoolId, Timestamp};

use super::clients;
use super::error::{StageError, is_data_loss, passes, while_trying};
use super::gauges::Gauges;
use super::rebalance::{self, Holder};
use crate::clock::{self, Stopwatch};
use crate::config::Start;
use crate::pager::delivery::Outcome;
use crate::pager::digest::{self, Backlog};
use crate::pager::ledger::{Key, Ledger, Named, Plan, Revision};
use crate::pager::pace::Pace;
use crate::pager::post::Post;
use crate::pager::routes::Route;
use crate::pager::way_back::WayBack;
use crate::protocol::{FailPoint, FailPoints};
use crate::state::RocksStore;

/// How long the group and the brokers may take to say where things stand.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait for a record while nothing is due.
const LOOK: Duration = Duration::from_millis(50);
/// Most records that are read before it is looked what is due.
const MOST_READ: usize = 500;
/// How often the group is told how far everything was told.
const COMMIT: Duration = Duration::from_secs(5);

/// A channel as the stage uses it.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Most calls in a minute.
    pub per_minute: u32,
    /// Whether it may lie in the own network.
    pub private: bool,
}

/// What a pager thread is made of.
pub struct PagerStage {
    /// The Kafka client, with brokers.
    pub client: ClientConfig,
    /// Consumer group.
    pub group: String,
    /// Topic of incidents.
    pub topic: String,
    /// Name in the group that stays over restarts.
    pub member: Option<String>,
    /// Folder of the ledgers; one folder per partition in it.
    pub state: PathBuf,
    /// Where a group begins that was never here.
    pub start: Start,
    /// Channels by name.
    pub channels: Named,
    /// Their habits, by name.
    pub habits: BTreeMap<String, Reached>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Where runbooks lie, with `{runbook}` for the name of one.
    pub runbooks: String,
    /// Makes the calls.
    pub post: Post,
    /// Says what was given up.
    pub way_back: WayBack,
    /// How far it has come.
    pub gauges: Arc<Gauges>,
    /// Where a test ends the process.
    pub fail_points: FailPoints,
}

/// A call that is under way.
struct Call {
    partition: i32,
    key: Key,
    revision: u32,
    /// The pool that is told back of it when the channel will not hear of it; nobody is when it is about such a thing itself.
    tell_back: Option<PoolId>,
    /// When the channel must hear of it again.
    again_after_ms: Option<i64>,
}

/// A call that is over, and its answer.
type Reply = (Call, Answer);

/// What a thread holds while it runs.
struct Running {
    consumer: BaseConsumer<Ledgers>,
    paces: BTreeMap<String, Pace>,
    replies: (Sender<Reply>, Receiver<Reply>),
}

impl PagerStage {
    /// Runs until `stop` is set.
    ///
    /// # Errors
    /// When it cannot go on; it goes on from its ledgers when started again.
    pub fn run(mut self, stop: &AtomicBool) -> Result<(), StageError> {
        let config = clients::consumer(&self.client, &self.group, self.member.as_deref());
        let ledgers = Ledgers { state: self.state.clone(), start: self.start, ..Ledgers::default() };
        let consumer: BaseConsumer<Ledgers> =
            config.create_with_context(ledgers).map_err(while_trying("make a consumer"))?;
        consumer.subscribe(&[&self.topic]).map_err(while_trying("subscribe to incidents"))?;
        let paces = self.habits.iter().map(|(name, habits)| (name.clone(), Pace::new(habits.per_minute))).collect();
        let mut running = Running { consumer, paces, replies: channel() };
        let mut committed = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) {
            self.read(&running)?;
            self.hear(&mut running)?;
            self.tell(&mut running)?;
            if committed.elapsed() >= COMMIT {
                running.consumer.context().report(&running.consumer, &self.topic, CommitMode::Async);
                committed = Stopwatch::start();
            }
        }
        running.consumer.context().report(&running.consumer, &self.topic, CommitMode::Sync);
        self.gauges.drained();
        Ok(())
    }

    fn plan(&self) -> Plan<'_> {
        Plan { channels: &self.channels, routes: &self.routes }
    }

    fn read(&self, running: &Running) -> Result<(), StageError> {
        let mut wait = LOOK;
        for _ in 0..MOST_READ {
            match running.consumer.poll(wait) {
                Some(Ok(message)) => self.take(&running.consumer, &message),
                Some(Err(error)) => tolerate(error)?,
                None => break,
            }
            wait = Duration::ZERO;
        }
        running.consumer.context().take_failure().map_or(Ok(()), Err)?;
        let mut ledgers = running.consumer.context().lock();
        if ledgers.values().any(Ledger::has_read) {
            self.fail_points.pass(FailPoint::BeforeLedgerWrite);
        }
        ledgers.values_mut().try_for_each(Ledger::commit)?;
        self.gauges.untold.set(ledgers.values().map(Ledger::waiting).sum());
        Ok(())
    }

    fn take(&self, consumer: &BaseConsumer<Ledgers>, message: &BorrowedMessage<'_>) {
        let read = message.payload().map(serde_json::from_slice);
        if let Some(Err(cause)) = &read {
            let (partition, offset) = (message.partition(), message.offset());
            tracing::error!(partition, offset, %cause, "a record of incidents cannot be read and is passed over");
        }
        let revision =
            Revision { offset: message.offset(), numbered: Numbered::of(message), incident: read.and_then(Result::ok) };
        if let Some(ledger) = consumer.context().lock().get_mut(&message.partition()) {
            ledger.take(self.plan(), revision, clock::now().0);
        }
    }

    /// Takes the answers that came.
    fn hear(&mut self, running: &mut Running) -> Result<(), StageError> {
        let now = clock::now().0;
        let (_, answers) = &running.replies;
        for (call, answer) in answers.try_iter() {
            self.fail_points.pass(FailPoint::AfterCall);
            let Call { partition, key, revision, tell_back, again_after_ms } = call;
            let was_heard = !matches!(answer, Answer::Later { .. });
            let asked = if let Answer::Later { after_ms, .. } = &answer { *after_ms } else { None };
            if let Some(pace) = running.paces.get_mut(&key.0) {
                pace.ended(was_heard, (now, asked.map(|after| now + after)), &key.0);
            }
            let mut ledgers = running.consumer.context().lock();
            let Some(ledger) = ledgers.get_mut(&partition) else { continue };
            let outcome = ledger.answered(&key, revision, answer, (now, again_after_ms.map(|after| now + after)));
            // Before the ledger knows of it, so that it is said also when this is the end.
            if let (Some(Outcome::GivenUp { cause }), Some(pool)) = (&outcome, &tell_back) {
                self.way_back.undelivered((pool, key.1), (&key.0, cause), Timestamp(now))?;
            }
            self.say(&key, revision, outcome);
            ledger.commit()?;
            self.fail_points.pass(FailPoint::AfterAnswer);
        }
        Ok(())
    }

    fn say(&self, key: &Key, revision: u32, outcome: Option<Outcome>) {
        let (channel, incident) = (key.0.as_str(), key.1.to_string());
        match outcome {
            None => {}
            Some(Outcome::Told) => {
                self.gauges.told.add(1);
                tracing::debug!(channel, incident, revision, "told");
            }
            Some(Outcome::Waits { until_ms, cause }) => {
                let until = Timestamp(until_ms);
                tracing::warn!(channel, incident, revision, %until, cause, "not told yet");
            }
            Some(Outcome::GivenUp { cause }) => {
                self.gauges.given_up.add(1);
                tracing::error!(
                    channel,
                    incident,
                    revision,
                    cause,
                    "given up: the channel will not be told of this change"
                );
            }
        }
    }

    /// Begins what is due and may be begun.
    fn tell(&self, running: &mut Running) -> Result<(), StageError> {
        let now = clock::now();
        for (name, channel) in &self.channels {
            let Some(pace) = running.paces.get_mut(name).filter(|pace| pace.is_free(now.0)) else { continue };
            let mut ledgers = running.consumer.context().lock();
            sum_up(&mut ledgers, name, (pace.left(now.0) == 1, now.0));
            let due = |(partition, ledger): (&i32, &mut Ledger)| {
                let (key, turn) = ledger.due(name, now.0)?;
                Some((turn, *partition, key))
            };
            let Some((_, partition, key)) = ledgers.iter_mut().filter_map(due).min() else { continue };
            let Some(ledger) = ledgers.get_mut(&partition) else { continue };
            let Some((incident, before)) = ledger.begin(&key) else { continue };
            ledger.commit()?;
            self.fail_points.pass(FailPoint::AfterLedgerWrite);
            let notice = Notice { incident: &incident, before: before.as_ref(), now, runbooks: &self.runbooks };
            let (request, again_after_ms) = (channel.request(&notice), channel.repeat_after_ms(&incident, now.0));
            let private = self.habits.get(name).is_some_and(|habits| habits.private);
            let is_own = [Incident::UNDELIVERED, digest::SIGNAL].contains(&incident.signal.as_str());
            let tell_back = (!is_own).then(|| incident.pool.clone());
            let call = Call { partition, key, revision: incident.revision, tell_back, again_after_ms };
            pace.begin(now.0);
            self.post.send(request, private, call, running.replies.0.clone());
        }
        Ok(())
    }
}

/// Has `channel` told how much waits in all ledgers. The first one keeps what is told; where another did before the
/// partitions changed hands, that is over.
fn sum_up(ledgers: &mut BTreeMap<i32, Ledger>, channel: &str, when: (bool, i64)) {
    let mut backlog = Backlog::default();
    for ledger in ledgers.values() {
        ledger.count(channel, &mut backlog);
    }
    for (partition, ledger) in ledgers {
        ledger.sum_up(channel, *partition, &backlog, when);
        backlog = Backlog::default();
    }
}

fn tolerate(error: KafkaError) -> Result<(), StageError> {
    if is_data_loss(&error) {
        return Err(StageError::DataLoss { topic: "of incidents".to_owned(), cause: error });
    }
    if !passes(&error) {
        return Err(StageError::Kafka { what: "read incidents", cause: error });
    }
    tracing::warn!(%error, "incidents cannot be read for now");
    Ok(())
}

/// The ledgers of the partitions that are held, through rebalances.
#[derive(Default)]
struct Ledgers {
    state: PathBuf,
    start: Start,
    held: Mutex<BTreeMap<i32, Ledger>>,
    failure: Mutex<Option<StageError>>,
}

impl ClientContext for Ledgers {}

impl Ledgers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Ledger>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the group up to where everything was told.
    fn report(&self, consumer: &BaseConsumer<Self>, topic: &str, mode: CommitMode) {
        let mut list = TopicPartitionList::new();
        for (partition, ledger) in self.lock().iter() {
            if let Some(offset) = ledger.told_until() {
                let _ = list.add_partition_offset(topic, *partition, Offset::Offset(offset));
            }
        }
        if list.count() > 0
            && let Err(error) = consumer.commit(&list, mode)
        {
            tracing::warn!(%error, "the offsets of what was told were not committed; the next commit covers them");
        }
    }

    /// Where to read on, given up to where the group was `told` and which offsets are `kept`.
    fn beginning(&self, ledger: &mut Ledger, told: Option<i64>, (low, high): (i64, i64)) -> i64 {
        match ledger.next_offset().filter(|next| *next <= high) {
            // Nobody else told more than this ledger knows.
            Some(next) if told.is_none_or(|told| told <= next) => next.max(low),
            _ => {
                let unknown = if self.start == Start::Latest { high } else { low };
                ledger.begin_anew(told.unwrap_or(unknown));
                low
            }
        }
    }
}

impl Holder for Ledgers {
    fn open(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Result<TopicPartitionList, StageError> {
        let mut placed = consumer
            .committed_offsets(list.clone(), PATIENCE)
            .map_err(while_trying("ask the group how far everything was told"))?;
        for element in list.elements() {
            let (topic, partition) = (element.topic().to_owned(), element.partition());
            let told = match placed.find_partition(&topic, partition).map(|found| found.offset()) {
                Some(Offset::Offset(offset)) => Some(offset),
                _ => None,
            };
            let kept = consumer
                .fetch_watermarks(&topic, partition, PATIENCE)
                .map_err(while_trying("ask which incidents are kept"))?;
            let mut ledger = Ledger::open(Box::new(RocksStore::open(&self.state.join(partition.to_string()))?))?;
            let from = self.beginning(&mut ledger, told, kept);
            tracing::info!(partition, from, told, "a partition of incidents is read");
            placed
                .set_partition_offset(&topic, partition, Offset::Offset(from))
                .map_err(while_trying("choose where to begin"))?;
            self.lock().insert(partition, ledger);
        }
        Ok(placed)
    }

    fn close(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        if let Some(topic) = list.elements().first().map(|element| element.topic().to_owned()) {
            self.report(consumer, &topic, CommitMode::Sync);
        }
        let mut ledgers = self.lock();
        list.elements().iter().for_each(|element| drop(ledgers.remove(&element.partition())));
    }

    fn failure(&self) -> &Mutex<Option<StageError>> {
        &self.failure
    }
}

impl ConsumerContext for Ledgers {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        rebalance::answer(self, consumer, event, list);
    }
}
