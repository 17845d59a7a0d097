//! What it means to publish.

use crate::record::Record;

/// Records could not be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The broker could not be reached or did not answer in time; the same records may be published again.
    #[error("topic {topic}: not acknowledged: {cause}")]
    Unacknowledged {
        /// Topic of the first record that failed.
        topic: String,
        /// Why.
        cause: String,
    },
    /// The client gave up for good; another one may go on.
    #[error("topic {topic}: the producer cannot go on: {cause}")]
    Ended {
        /// Topic of the first record that failed.
        topic: String,
        /// Why.
        cause: String,
    },
    /// The broker will never take the record, for example because it is too large.
    #[error("topic {topic}: refused: {cause}")]
    Refused {
        /// Topic of the first record that failed.
        topic: String,
        /// Why.
        cause: String,
    },
}

/// Publishes records.
///
/// `publish` returns once every record is acknowledged by the broker; records of one partition stand there in the order
/// of the slice. After an error some of them may stand there: the caller publishes all of them again, or starts over.
pub trait Publish: Send {
    /// Publishes `records`.
    ///
    /// # Errors
    /// When not all of them were acknowledged.
    fn publish(&mut self, records: &[Record<'_>]) -> Result<(), PublishError>;
}
