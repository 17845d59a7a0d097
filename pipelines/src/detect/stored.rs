//! What is written to the store, and its bytes: a version, then postcard.
//!
//! A version that this release does not know is refused by name: guessing at a state would corrupt a season.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tidewatch_detectors::silence::Rhythm;
use tidewatch_detectors::{SeriesState, grouping, locks};
use tidewatch_schemas::{Origin, PoolId, SeriesKey, Timestamp};

use super::costs::Account;
use super::folded::Folded;
use super::undelivered::Undelivered;

/// Version of every stored value.
pub(super) const VERSION: u8 = 7;

/// A series in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredSeries {
    pub key: SeriesKey,
    pub unit: String,
    /// The class that its tenant was in.
    pub tenants: Arc<str>,
    pub state: SeriesState,
}

/// A pool in the store, without its series.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredPool {
    pub id: PoolId,
    /// Its newest event time.
    pub time: Timestamp,
    /// The rhythm in which that time moves.
    pub pulse: Rhythm,
    /// When it last moved on after a pause.
    pub resumed: Option<Timestamp>,
    /// The tick at which something last arrived.
    pub heard_at: Option<Timestamp>,
    /// Whether it was called silent as a whole.
    pub quiet: bool,
    pub cases: grouping::State,
    /// Who waits for whose lock.
    pub locks: locks::State,
    /// What its tenants lost, and since when they were not charged.
    pub account: Account,
    pub refused: Folded,
    /// What people were not told.
    pub undelivered: Undelivered,
    /// Where the latest observation came from.
    pub last_origin: Option<Origin>,
}

/// Why stored bytes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// Written by another release.
    #[error("{what} has version {found}; this release reads version {VERSION}: run the release that wrote it")]
    UnknownVersion {
        /// Which value.
        what: String,
        /// The version it has.
        found: u8,
    },
    /// Not what a value looks like.
    #[error("{what} is damaged: {cause}")]
    Damaged {
        /// Which value.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The bytes of a value.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoredError> {
    let damaged =
        |cause: postcard::Error| StoredError::Damaged { what: "a value".to_owned(), cause: cause.to_string() };
    postcard::to_extend(value, vec![VERSION]).map_err(damaged)
}

/// The value in `bytes`; `what` names it in errors.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StoredError> {
    let damaged = |cause: String| StoredError::Damaged { what: what.to_owned(), cause };
    match bytes.split_first() {
        None => Err(damaged("it is empty".to_owned())),
        Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|cause| damaged(cause.to_string())),
        Some((&found, _)) => Err(StoredError::UnknownVersion { what: what.to_owned(), found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused_by_its_number() {
        let mut bytes = encode(&7_u32).unwrap();
        assert_eq!(decode::<u32>("a number", &bytes), Ok(7));
        bytes[0] = 9;
        let error = decode::<u32>("a number", &bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a number has version 9; this release reads version 7: run the release that wrote it"
        );
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        assert!(decode::<StoredSeries>("a series", &[VERSION, 200]).is_err());
        assert!(decode::<u32>("a number", &[]).is_err());
    }
}
