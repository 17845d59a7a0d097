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
    /// A verdict is about an incident that is not known, or not any more.
    UnknownIncident,
    /// A verdict cannot be followed as the incident stands.
    NotApplicable,
}

impl RejectReason {
    /// Every reason with the name it has in records.
    pub const NAMES: [(Self, &'static str); 19] = [
        (Self::Empty, "empty"),
        (Self::TooLarge, "too_large"),
        (Self::Malformed, "malformed"),
        (Self::InvalidUtf8, "invalid_utf8"),
        (Self::MissingValue, "missing_value"),
        (Self::NotFinite, "not_finite"),
        (Self::TimestampTooOld, "timestamp_too_old"),
        (Self::TimestampInFuture, "timestamp_in_future"),
        (Self::TooManyAttributes, "too_many_attributes"),
        (Self::UnitMismatch, "unit_mismatch"),
        (Self::InvalidDistribution, "invalid_distribution"),
        (Self::Late, "late"),
        (Self::TooManySeries, "too_many_series"),
        (Self::UnknownVersion, "unknown_version"),
        (Self::Panicked, "panicked"),
        (Self::Isolated, "isolated"),
        (Self::SetAside, "set_aside"),
        (Self::UnknownIncident, "unknown_incident"),
        (Self::NotApplicable, "not_applicable"),
    ];

    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(reason, _)| *reason == self).map_or("", |(_, name)| name)
    }

    /// The reason of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(reason, _)| *reason)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_one_name_everywhere() {
        // The schema lists every reason there is, so that none can be forgotten here.
        let schema = serde_json::to_string(&schemars::schema_for!(RejectReason)).unwrap();
        assert_eq!(schema.matches("\"const\"").count(), RejectReason::NAMES.len(), "{schema}");
        for (reason, name) in RejectReason::NAMES {
            assert_eq!(serde_json::to_value(reason).unwrap(), name);
            assert_eq!((reason.name(), RejectReason::named(name)), (name, Some(reason)));
        }
        assert_eq!(RejectReason::named("bored"), None);
    }
}
