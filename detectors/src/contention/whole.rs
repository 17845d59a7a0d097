//! Which resources are parts of one that is shared.
//!
//! Containers and volumes report under names of their own, one tenant each, while the node or the disk below is what they
//! share. What is seen of a part then counts as seen of the whole.

use tidewatch_schemas::{PoolId, ResourceId};

/// A shared resource and what it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// What is shared.
    pub resource: ResourceId,
    /// Only in this pool; in every one where none is named.
    pub pool: Option<PoolId>,
    /// Names of the parts; one that ends with `*` stands for all that begin so.
    pub parts: Vec<String>,
}

impl Whole {
    /// Whether `resource` of `pool` is a part of it.
    #[must_use]
    pub fn has(&self, pool: &PoolId, resource: &ResourceId) -> bool {
        let name = resource.as_str();
        let is_part = |part: &String| part.strip_suffix('*').map_or(part == name, |begin| name.starts_with(begin));
        self.pool.as_ref().is_none_or(|own| own == pool) && self.parts.iter().any(is_part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pool: Option<&str>) -> Whole {
        let parts = vec!["acme-*".to_owned(), "borealis-web".to_owned()];
        Whole { resource: "node-1".into(), pool: pool.map(PoolId::from), parts }
    }

    #[test]
    fn a_part_is_named_or_begins_as_written() {
        let (whole, pool) = (whole(None), PoolId::from("eu-1"));
        let parts = ["acme-web", "acme-", "borealis-web", "borealis-web-2", "node-1", "acme"];
        let has = parts.map(|part| whole.has(&pool, &part.into()));
        assert_eq!(has, [true, true, true, false, false, false]);
    }

    #[test]
    fn a_pool_limits_it() {
        let whole = whole(Some("eu-1"));
        assert!(whole.has(&"eu-1".into(), &"acme-web".into()));
        assert!(!whole.has(&"eu-2".into(), &"acme-web".into()));
    }
}
