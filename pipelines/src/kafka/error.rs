//! Why a stage ended.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tidewatch_delivery::PublishError;
use tidewatch_lake::LakeError;

use crate::pager::ledger::LedgerError;
use crate::protocol::{LaneError, OwnershipError};
use crate::state::StoreError;

/// A stage could not go on. Everything it had committed stands; started again it goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The Kafka client failed for good.
    #[error("kafka: cannot {what}: {cause}")]
    Kafka {
        /// What was asked of it.
        what: &'static str,
        /// Its answer.
        cause: KafkaError,
    },
    /// The broker no longer has what would have to be read next.
    #[error(
        "topic {topic}: input was deleted before it was read ({cause}): lengthen its retention; \
         to go on without it, remove the state of the partition, or reset the consumer group's offsets"
    )]
    DataLoss {
        /// The topic.
        topic: String,
        /// The client's words.
        cause: KafkaError,
    },
    /// A topic is missing and could not be created.
    #[error("topic {topic}: cannot be created: {cause}")]
    Topic {
        /// The topic.
        topic: String,
        /// Why.
        cause: String,
    },
    /// A partition could not be judged or published.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// A partition could not be opened.
    #[error(transparent)]
    Ownership(#[from] OwnershipError),
    /// The client gave a record of a partition that must not be read yet.
    #[error("partition {partition}: offset {offset} came before the partition may be read")]
    Unexpected {
        /// Which partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
    },
    /// The threads that open partitions could not be started.
    #[error("cannot start the threads that open partitions: {0}")]
    Threads(std::io::Error),
    /// A ledger of what people were told could not be opened or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake could not be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Outputs could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Names what was asked when the client fails.
pub(crate) fn while_trying(what: &'static str) -> impl Fn(KafkaError) -> StageError {
    move |cause| StageError::Kafka { what, cause }
}

/// Whether polling may simply go on after this error: brokers come back, topics appear.
pub(super) fn passes(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
                | Code::CoordinatorLoadInProgress
                | Code::RebalanceInProgress
                | Code::UnknownMemberId
                | Code::IllegalGeneration
                | Code::PollExceeded
                | Code::PartitionEOF
        )
    )
}

/// Whether the error says that the next offset is gone.
pub(super) fn is_data_loss(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::NoOffset))
}
