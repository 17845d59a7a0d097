//! Event time: milliseconds since 1970-01-01 UTC, RFC 3339 with milliseconds in JSON.
//!
//! Time is data here. Nothing in this crate can ask what time it is.

use std::fmt;
use std::ops::{Add, Sub};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in milliseconds since 1970-01-01 UTC. A text in JSON, a number in binary formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest event time that is believed: 2000-01-01. Anything before comes from a clock that was never set.
    pub const EARLIEST: Self = Self(946_684_800_000);

    /// From nanoseconds since 1970, as OTLP sends them; values past the year 2262 saturate.
    #[must_use]
    pub fn from_nanos(nanos: u64) -> Self {
        Self(i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX))
    }

    /// The start of the window of `width_ms` milliseconds that holds this moment.
    #[must_use]
    pub fn floor_to(self, width_ms: i64) -> Self {
        let width = width_ms.max(1);
        Self(self.0.div_euclid(width).saturating_mul(width))
    }
}

/// Adds milliseconds, saturating.
impl Add<i64> for Timestamp {
    type Output = Self;
    fn add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// Milliseconds from `other` to `self`, saturating.
impl Sub for Timestamp {
    type Output = i64;
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(out, "{moment:.3}"),
            Err(_) => write!(out, "{}ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        let moment: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(moment.as_millisecond()))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339 in UTC with milliseconds" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_rfc_3339_with_milliseconds() {
        let json = serde_json::to_string(&Timestamp(1_795_342_708_886)).unwrap();
        assert_eq!(json, "\"2026-11-22T10:18:28.886Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), Timestamp(1_795_342_708_886));
    }

    #[test]
    fn windows_before_1970_floor_downwards() {
        assert_eq!(Timestamp(-1).floor_to(10), Timestamp(-10));
        assert_eq!(Timestamp(19).floor_to(10), Timestamp(10));
    }
}
