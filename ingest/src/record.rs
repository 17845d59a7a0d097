//! A record of a users' topic, as it was read. Borrowed, so that reading costs no copy.

use std::sync::Arc;

use tidewatch_schemas::Timestamp;

/// A record of a users' topic.
#[derive(Clone, Copy, Debug)]
pub struct SourceRecord<'a> {
    /// Topic it was read from.
    pub topic: &'a Arc<str>,
    /// Partition of that topic.
    pub partition: i32,
    /// Offset in that partition.
    pub offset: i64,
    /// The broker's timestamp of the record; agents' clocks are held against it.
    pub received: Timestamp,
    /// The key. Agents put hashes there, so nothing is decided by it.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers, in their order.
    pub headers: &'a [Header],
}

/// A header of a record. Where a name stands twice, the first counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name; case matters, as it does to Kafka.
    pub name: String,
    /// Its value, which need not be text.
    pub value: Vec<u8>,
}
