//! A record to be published.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::BaseRecord;

/// A record with everything a broker needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Partition; always explicit, so that order is known.
    pub partition: i32,
    /// Key; empty means none.
    pub key: &'a [u8],
    /// Value.
    pub value: &'a [u8],
    /// Timestamp in milliseconds since 1970; `None` leaves it to the client.
    pub timestamp_ms: Option<i64>,
    /// Headers in their order.
    pub headers: Vec<(&'static str, String)>,
}

impl<'a> Record<'a> {
    /// The record as the client takes it.
    pub(crate) fn for_client(&self) -> BaseRecord<'a, [u8], [u8]> {
        let mut base = BaseRecord::to(self.topic).partition(self.partition).payload(self.value);
        if !self.key.is_empty() {
            base = base.key(self.key);
        }
        if let Some(timestamp) = self.timestamp_ms {
            base = base.timestamp(timestamp);
        }
        if self.headers.is_empty() {
            return base;
        }
        let mut headers = OwnedHeaders::new_with_capacity(self.headers.len());
        for (key, value) in &self.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        base.headers(headers)
    }
}
