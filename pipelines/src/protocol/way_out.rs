//! What the protocol asks of the topics that the outputs of one source partition go to.
//!
//! One value serves one source partition and one owner. Calls come from one thread and block until the answer is there
//! or counts as missing. A call may be cut off by the end of the process at any moment, with or without its effect.

use super::read_back::Scan;
use crate::detect::{Mark, Marks, NumberedNote, Outgoing, Target};

/// An answer that the protocol has to act upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It is not known what the broker took. The publisher is of no use any more.
    #[error("not known to be published: {0}")]
    Doubtful(String),
    /// A later owner of the partition cut this one off.
    #[error("another instance publishes for the partition: {0}")]
    Superseded(String),
    /// The broker will never take the record.
    #[error("refused for good: {0}")]
    Refused(String),
}

/// Publishing outputs of the outbox.
///
/// With transactions what was sent becomes visible at [`settle`](Self::settle), all of it or nothing, and everything sent by
/// an owner before the last [`fence`](Self::fence) is refused. Without them a record is visible once the broker took it.
pub trait Publish {
    /// Begins anew: whatever an earlier publisher of this source partition left open is aborted, and what it still sends is
    /// refused. `epoch` goes into the headers of what is sent from here on.
    ///
    /// # Errors
    /// [`Failure::Doubtful`] when the broker did not answer; to be called again.
    fn fence(&mut self, epoch: u64) -> Result<(), Failure>;

    /// Sends one output. Records of a topic stand there in the order of the calls.
    ///
    /// # Errors
    /// After any error nothing may be sent before the next `fence`.
    fn send(&mut self, output: &Outgoing) -> Result<(), Failure>;

    /// Waits until everything sent since the last call is acknowledged and visible; returns where the last of each topic
    /// stands.
    ///
    /// # Errors
    /// After any error nothing may be sent before the next `fence`.
    fn settle(&mut self) -> Result<Marks, Failure>;
}

/// Reading outputs back.
pub trait ReadBack {
    /// Looks at the records of this source partition in `target` from an offset on, or from its beginning, to an end that
    /// lies behind everything any earlier publisher can still make visible. Aborted records are not seen.
    ///
    /// # Errors
    /// [`Failure::Doubtful`] when the end was not reached; to be called again.
    fn scan(&mut self, target: Target, from: Option<i64>) -> Result<Scan, Failure>;
}

/// Publishing notes, which are repeated with the same numbers after a crash.
pub trait Append {
    /// Appends notes in their order and waits until the broker took all of them; returns where the last finding among
    /// them stands, if that is known.
    ///
    /// # Errors
    /// [`Failure::Doubtful`] when not all were acknowledged; the same notes are appended again.
    fn append(&mut self, notes: &[NumberedNote]) -> Result<Option<Mark>, Failure>;
}
