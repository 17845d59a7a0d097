//! An input that was refused, with the reason and where it came from. Nothing is dropped without one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::time::Timestamp;

/// Why an input was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The record has no value, or an empty one.
    Empty,
    /// The record is larger than the limit.
    TooLarge,
    /// The bytes are not what the format says.
    Malformed,
    /// A text is not UTF-8.
    InvalidUtf8,
    /// A point carries no value.
    MissingValue,
    /// A value is NaN or infinite.
    NotFinite,
    /// A point has no event time, or one before 2000.
    TimestampTooOld,
    /// An event time lies too far ahead of the broker's.
    TimestampInFuture,
    /// More attributes than the limit.
    TooManyAttributes,
    /// A unit cannot be converted to the catalog's.
    UnitMismatch,
    /// A histogram contradicts itself.
    InvalidDistribution,
    /// The observation came after its window was closed.
    Late,
    /// The pool, or the tenant in it, has as many series as it may have.
    TooManySeries,
    /// The envelope has a version that this release does not know.
    UnknownVersion,
    /// Decoding or judging it ended in a panic, which is a defect of Tidewatch.
    Panicked,
    /// Its tenant is not judged for a while, because judging another input of it panicked.
    Isolated,
    /// The process ended each time it judged the record.
    SetAside,
}

/// An input that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reject {
    /// Why.
    pub reason: RejectReason,
    /// What exactly, naming the thing and its value.
    pub detail: String,
    /// Where it came from; `index` is the position of the refused point in the record.
    pub origin: Origin,
    /// When the broker got it.
    pub received_at: Timestamp,
    /// How many inputs this record stands for; more than one where repeats are folded.
    pub count: u64,
    /// The first bytes, as text with everything unprintable escaped.
    pub excerpt: String,
}

impl Reject {
    /// Most bytes of the input that are shown.
    pub const EXCERPT: usize = 64;

    /// The first bytes as text, everything unprintable escaped.
    #[must_use]
    pub fn excerpt_of(bytes: &[u8]) -> String {
        bytes.iter().take(Self::EXCERPT).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect()
    }
}
