//! What a series is: a signal of a tenant on a resource, told apart by attributes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{PoolId, ResourceId, SeriesId, SignalName, TenantId};

/// Everything that makes a series this one and no other. Attributes are sorted, so equal keys have equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesKey {
    /// The pool whose fate it shares.
    pub pool: PoolId,
    /// The tenant it belongs to, or one of the reserved tenants.
    pub tenant: TenantId,
    /// The resource it was measured on.
    pub resource: ResourceId,
    /// What was measured.
    pub signal: SignalName,
    /// What else tells it apart, such as the name of a synthetic check.
    pub attributes: BTreeMap<String, String>,
}

impl SeriesKey {
    /// The first 128 bits of BLAKE3 over length-prefixed fields, so that no two keys share their bytes.
    #[must_use]
    pub fn id(&self) -> SeriesId {
        let mut hash = IdHash::new("tidewatch series 1");
        hash.field(self.pool.as_str());
        hash.field(self.tenant.as_str());
        hash.field(self.resource.as_str());
        hash.field(self.signal.as_str());
        for (key, value) in &self.attributes {
            hash.field(key);
            hash.field(value);
        }
        SeriesId(hash.finish())
    }
}

/// Hashes named fields into 128 bits: the one way identifiers are made.
pub struct IdHash(blake3::Hasher);

impl IdHash {
    /// A hash for one purpose; different contexts never give equal identifiers.
    #[must_use]
    pub fn new(context: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    /// Adds a field with its length, so that `("ab", "c")` differs from `("a", "bc")`.
    pub fn field(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// The first 128 bits, big-endian.
    #[must_use]
    pub fn finish(&self) -> u128 {
        let mut first = [0_u8; 16];
        for (target, source) in first.iter_mut().zip(self.0.finalize().as_bytes()) {
            *target = *source;
        }
        u128::from_be_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tenant: &str, resource: &str) -> SeriesKey {
        SeriesKey {
            pool: "eu-1".into(),
            tenant: tenant.into(),
            resource: resource.into(),
            signal: "postgresql.backends".into(),
            attributes: BTreeMap::new(),
        }
    }

    #[test]
    fn field_boundaries_count() {
        assert_ne!(key("ab", "c").id(), key("a", "bc").id());
    }

    #[test]
    fn the_identifier_is_stable_across_releases() {
        assert_eq!(key("acme", "pg-main").id().to_string(), STABLE);
    }

    const STABLE: &str = "20da4c43efc2a2d9ee7fb9d86736ff0c";
}
