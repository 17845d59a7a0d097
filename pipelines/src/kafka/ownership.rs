//! Which partitions of observations a detect thread has, through rebalances.
//!
//! Rebalance callbacks run inside `poll`, on the thread that polls, so the lock here is never waited for. A partition
//! begins where its own store left it, never where the group's offsets say.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::error::{StageError, while_trying};
use crate::detect::{Processor, ProcessorError, Settings};
use crate::state::RocksStore;

/// The partitions of one detect thread.
pub struct Ownership {
    settings: Arc<Settings>,
    folder: PathBuf,
    held: Mutex<Held>,
}

/// What the lock protects.
#[derive(Default)]
pub struct Held {
    /// Partitions by number.
    pub processors: BTreeMap<i32, Processor>,
    failure: Option<StageError>,
}

impl Ownership {
    /// No partitions yet; their states will be folders in `folder`.
    #[must_use]
    pub fn new(settings: Arc<Settings>, folder: PathBuf) -> Self {
        Self { settings, folder, held: Mutex::default() }
    }

    /// The partitions that are held now.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong in a rebalance.
    pub fn take_failure(&self) -> Option<StageError> {
        self.held().failure.take()
    }

    fn open(&self, partition: i32) -> Result<Processor, ProcessorError> {
        let store = RocksStore::open(&self.folder.join(partition.to_string()))?;
        Processor::open(Arc::clone(&self.settings), Box::new(store))
    }

    fn gain(&self, list: &mut TopicPartitionList) -> Result<(), StageError> {
        let mut held = self.held();
        for partition in numbers(list) {
            let (topic, number) = partition;
            let processor = match held.processors.entry(number) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(self.open(number)?),
            };
            let next = processor.next_offset();
            let offset = next.map_or(Offset::Beginning, Offset::Offset);
            list.set_partition_offset(&topic, number, offset).map_err(while_trying("set where a partition begins"))?;
            tracing::info!(partition = number, next_offset = next, "partition gained");
        }
        Ok(())
    }

    /// Gives partitions up. What was committed stands in their stores; the rest is read again by the next owner.
    fn lose(&self, list: &TopicPartitionList) {
        let mut held = self.held();
        for (_, partition) in numbers(list) {
            held.processors.remove(&partition);
            tracing::info!(partition, "partition given up");
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
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                if let Err(error) = self.gain(list) {
                    self.fail(error);
                }
                self.note("take partitions", consumer.incremental_assign(list));
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.lose(list);
                self.note("give partitions up", consumer.incremental_unassign(list));
            }
            _ => {
                self.held().processors.clear();
                self.note("give all partitions up", consumer.unassign());
            }
        }
    }
}
