//! What may be removed: manifests beyond those that are kept, and files that no manifest names.
//!
//! A file is uploaded before the manifest that names it, so a young file without a manifest may belong to a checkpoint
//! that is being taken. How young a file is, is told by comparing it with the newest manifest: both times come from the
//! object store, and no clock of this machine is asked.

use std::collections::BTreeSet;

use super::name::ManifestName;
use super::remote::Listed;

/// How much older than the newest manifest a file that no manifest names must be before it is removed. A checkpoint takes
/// minutes at most; this is an hour.
pub const GRACE_MS: i64 = 3_600_000;

/// The manifests that are beyond the `keep` greatest.
#[must_use]
pub fn superfluous(names: &[ManifestName], keep: usize) -> Vec<ManifestName> {
    let mut sorted = names.to_vec();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted.split_off(keep.max(1).min(sorted.len()))
}

/// The files that nothing in `named` names, and that are older than the grace before `newest`, the time of the newest
/// manifest in milliseconds by the object store.
#[must_use]
pub fn unreferenced<'a>(listed: &'a [Listed], named: &BTreeSet<String>, newest: i64) -> Vec<&'a Listed> {
    let is_old = |file: &&Listed| newest.saturating_sub(file.modified_ms) > GRACE_MS;
    listed.iter().filter(|file| !named.contains(&file.name)).filter(is_old).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::name::Epoch;

    fn named(epoch: u64, offset: u64) -> ManifestName {
        ManifestName { epoch: Epoch(epoch), offset }
    }

    #[test]
    fn the_greatest_manifests_are_kept_whatever_the_order_of_the_list() {
        let names = [named(1, 900), named(3, 10), named(2, 500), named(3, 20), named(1, 5)];
        assert_eq!(superfluous(&names, 3), [named(1, 900), named(1, 5)]);
        assert_eq!(superfluous(&names, 9), []);
        assert_eq!(superfluous(&names, 0), superfluous(&names, 1), "the one that counts is never removed");
        assert_eq!(superfluous(&[], 3), []);
    }

    #[test]
    fn only_old_files_that_nothing_names_go() {
        let file = |name: &str, modified_ms| Listed { name: name.to_owned(), bytes: 1, modified_ms };
        let newest = 10 * GRACE_MS;
        let listed = [file("a", 0), file("b", 0), file("c", newest - GRACE_MS), file("d", newest + 5)];
        let referenced = BTreeSet::from(["b".to_owned()]);
        let gone: Vec<&str> =
            unreferenced(&listed, &referenced, newest).iter().map(|file| file.name.as_str()).collect();
        assert_eq!(gone, ["a"]);
    }
}
