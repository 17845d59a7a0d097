//! A record to be published.

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
