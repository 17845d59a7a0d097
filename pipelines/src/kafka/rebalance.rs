//! Answering a rebalance of a group.
//!
//! From the moment when the client tells of one until it is answered, it gives no record of any partition. So each is
//! answered, also one in which nothing is gained: otherwise everything that is held would stand still for good.

use std::sync::{Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::types::RDKafkaRespErr;

use super::error::{StageError, while_trying};

/// What holds something for each of its partitions.
pub(super) trait Holder: ConsumerContext {
    /// Takes partitions, and says where each is read from.
    ///
    /// # Errors
    /// When that cannot be said, with which the stage ends.
    fn open(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Result<TopicPartitionList, StageError>
    where
        Self: Sized;

    /// Gives partitions up, while they are still its own.
    fn close(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList)
    where
        Self: Sized;

    /// Why the stage has to end, when it has to.
    fn failure(&self) -> &Mutex<Option<StageError>>;

    /// What went wrong in a rebalance.
    fn take_failure(&self) -> Option<StageError> {
        self.failure().lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Answers a rebalance.
pub(super) fn answer<H: Holder>(
    holder: &H,
    consumer: &BaseConsumer<H>,
    event: RDKafkaRespErr,
    list: &TopicPartitionList,
) {
    let result = match event {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => gain(holder, consumer, list),
        RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
            lose(holder, consumer, list);
            consumer.incremental_unassign(list).map_err(while_trying("give partitions up"))
        }
        _ => consumer.assignment().map_err(while_trying("list partitions")).and_then(|all| {
            lose(holder, consumer, &all);
            consumer.unassign().map_err(while_trying("give all partitions up"))
        }),
    };
    if let Err(error) = result {
        holder.failure().lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

fn gain<H: Holder>(holder: &H, consumer: &BaseConsumer<H>, list: &TopicPartitionList) -> Result<(), StageError> {
    // A list of nothing cannot be read, only handed back.
    let assigned = if list.count() == 0 {
        consumer.incremental_assign(list)
    } else {
        consumer.incremental_assign(&holder.open(consumer, list)?)
    };
    assigned.map_err(while_trying("take partitions"))
}

/// The client would remember that a partition was paused, and leave it so when it comes back.
fn lose<H: Holder>(holder: &H, consumer: &BaseConsumer<H>, list: &TopicPartitionList) {
    if list.count() == 0 {
        return;
    }
    holder.close(consumer, list);
    if let Err(error) = consumer.resume(list) {
        tracing::debug!(%error, "partitions that are given up stay paused");
    }
}
