//! Identifiers as newtypes, so that a tenant never stands where a pool is meant.
//!
//! Names are cheap to clone (`Arc<str>`): the same tenant appears in millions of observations.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A tenant: one customer; for Odoo one database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TenantId(Arc<str>);

/// A pool: the tenants and resources that share fate; the key of `tidewatch.observations`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PoolId(Arc<str>);

/// A resource: something that is used, such as a PostgreSQL server or a worker pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ResourceId(Arc<str>);

/// The name of a signal, as agents send it, e.g. `postgresql.backends`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SignalName(Arc<str>);

impl TenantId {
    /// The tenant of series that belong to all tenants of a pool, such as a node's CPU.
    pub const SHARED: &'static str = "_shared";
    /// The tenant of observations that no rule could assign.
    pub const UNASSIGNED: &'static str = "_unassigned";

    /// The tenant of shared series.
    #[must_use]
    pub fn shared() -> Self {
        Self::from(Self::SHARED)
    }

    /// The tenant of observations that no rule could assign.
    #[must_use]
    pub fn unassigned() -> Self {
        Self::from(Self::UNASSIGNED)
    }

    /// Whether this names a customer rather than one of the two reserved tenants.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        &*self.0 != Self::SHARED && &*self.0 != Self::UNASSIGNED
    }
}

impl TenantId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PoolId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ResourceId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SignalName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TenantId {
    fn from(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl From<&str> for PoolId {
    fn from(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl From<&str> for ResourceId {
    fn from(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl From<&str> for SignalName {
    fn from(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A 128-bit hash that names a series; 32 hexadecimal digits as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u128);

/// A 128-bit hash that names an incident; 32 hexadecimal digits as text.
///
/// It is a hash of what the incident is about, never of where it stood in a log: a replay gives the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub u128);

/// A text that is not 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an identifier of 32 hexadecimal digits")]
pub struct InvalidId(String);

fn parse_hex(text: &str) -> Result<u128, InvalidId> {
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parsed = if digits { u128::from_str_radix(text, 16).ok() } else { None };
    parsed.ok_or_else(|| InvalidId(text.to_owned()))
}

impl fmt::Display for SeriesId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl FromStr for SeriesId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        parse_hex(text).map(Self)
    }
}

impl FromStr for IncidentId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        parse_hex(text).map(Self)
    }
}

impl Serialize for SeriesId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u128(self.0) }
    }
}

impl Serialize for IncidentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u128(self.0) }
    }
}

impl<'de> Deserialize<'de> for SeriesId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u128::deserialize(deserializer).map(Self);
        }
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for IncidentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u128::deserialize(deserializer).map(Self);
        }
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn hex_schema(what: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$", "description": what })
}

impl JsonSchema for SeriesId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SeriesId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        hex_schema("128-bit series identifier in hexadecimal")
    }
}

impl JsonSchema for IncidentId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IncidentId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        hex_schema("128-bit incident identifier in hexadecimal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_what_they_print() {
        let id = SeriesId(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(id.to_string().parse::<SeriesId>(), Ok(id));
    }

    #[test]
    fn anything_but_32_digits_is_refused() {
        for text in ["", "12", "+1234567890123456789012345678901", "zz345678901234567890123456789012"] {
            assert!(text.parse::<IncidentId>().is_err(), "{text:?}");
        }
    }
}
