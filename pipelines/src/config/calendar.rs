//! The section `calendar`: what day it is for a tenant, for those without a word of their own and for those with one.
//!
//! A tenant has the same keys as the section itself and inherits what it does not name. Files are read here, because a
//! holiday that cannot be read is a mistake of the configuration, and `tidewatch check` finds it.

mod dates;
mod event;
mod files;
mod parts;
pub(super) mod zone;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewatch_detectors::calendar::{Calendars, Member};
use tidewatch_schemas::TenantId;

use super::section::Section;
use parts::Parts;

/// What is read once, however many tenants name it.
#[derive(Default)]
struct Known {
    countries: parts::Countries,
    files: files::Files,
}

pub(super) fn read(section: &mut Section) -> Calendars {
    let mut known = Known::default();
    let base = parts::read(section, &Parts::default(), &mut known);
    let default = base.member(section, None);
    let named = section.sections("tenants", |tenant| {
        let parts = parts::read(tenant, &base, &mut known);
        parts.member(tenant, Some(&default))
    });
    let named: BTreeMap<TenantId, Member> =
        named.into_iter().map(|(name, member)| (TenantId::from(name.as_str()), member)).collect();
    Calendars::new(default, named)
}

/// `made`, or `shared` where it is the same: most tenants differ in one key, and there may be many.
fn shared<T: PartialEq>(made: T, shared: Option<&Arc<T>>) -> Arc<T> {
    match shared.filter(|shared| ***shared == made) {
        Some(shared) => Arc::clone(shared),
        None => Arc::new(made),
    }
}

#[cfg(test)]
mod tests;
