//! Bytes of `tidewatch.observations`: protobuf, in an envelope that names its version.
//!
//! The messages are written out here instead of being generated, so that a build needs no protobuf compiler.
//! `observations.proto` beside this crate's manifest says the same for other languages, and a test compares the two.
//! Field numbers are never reused; a reader skips fields that it does not know and refuses versions that it does not.

mod decode;
mod encode;
mod message;

use prost::Message;

use crate::envelope::Envelope;

/// The version this release writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// The messages in protobuf's own language, for readers in other languages.
pub const PROTO: &str = include_str!("../observations.proto");

/// Why bytes are not an envelope.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WireError {
    /// Not protobuf, or cut off.
    #[error("not a protobuf envelope: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// Written by another release.
    #[error("envelope version {0} is unknown; this release reads version {VERSION}")]
    UnknownVersion(u32),
    /// Refused for a reason that this release does not know.
    #[error(
        "envelope refuses something for the reason {0:?}, which this release does not know: upgrade detect before ingest"
    )]
    UnknownReason(String),
    /// A verdict that this release does not know.
    #[error("envelope carries the verdict {0:?}, which this release does not know: upgrade detect before ingest")]
    UnknownAction(String),
    /// A field without which the record means nothing.
    #[error("envelope lacks {0}")]
    Missing(&'static str),
}

/// The bytes of an envelope.
#[must_use]
pub fn encode(envelope: &Envelope) -> Vec<u8> {
    encode::message(envelope).encode_to_vec()
}

/// The envelope in `bytes`.
///
/// # Errors
/// When the bytes are not protobuf, have another version, or lack a field.
pub fn decode(bytes: &[u8]) -> Result<Envelope, WireError> {
    decode::envelope(message::Envelope::decode(bytes)?)
}

#[cfg(test)]
mod tests;
