//! What every state store must do, as a suite that runs against any of them.

use std::path::Path;

use super::{Batch, Family, Pair, RocksStore, StateStore};

/// Checks the duties of a state store. `open` opens the same store again, after the one before was dropped; copies of it go
/// into `folder`.
///
/// # Panics
/// When a duty is broken; the message names it.
pub fn check(open: &mut dyn FnMut() -> Box<dyn StateStore>, folder: &Path) {
    starts_empty(&*open());
    reads_what_was_written(&mut *open());
    keeps_it_over_a_restart(&*open());
    the_last_change_of_a_batch_wins(&mut *open());
    scans_in_order_of_keys_and_only_one_family(&mut *open());
    a_copy_holds_what_the_store_held(&mut *open(), &folder.join("copy"));
    says_how_much_was_written(&mut *open());
}

fn scan(store: &dyn StateStore, family: Family) -> Vec<Pair> {
    store.scan(family).unwrap_or_else(|error| unreadable(&error))
}

#[expect(clippy::panic, reason = "the suite reports by panicking, as tests do")]
fn unreadable(error: &super::StoreError) -> ! {
    panic!("{error}")
}

fn write(store: &mut dyn StateStore, batch: &Batch) {
    store.write(batch).unwrap_or_else(|error| unreadable(&error));
}

fn starts_empty(store: &dyn StateStore) {
    for family in Family::ALL {
        assert!(scan(store, family).is_empty(), "{} is not empty at first", family.name());
    }
}

fn reads_what_was_written(store: &mut dyn StateStore) {
    let mut batch = Batch::default();
    batch.put(Family::Meta, b"a".to_vec(), b"1".to_vec());
    batch.put(Family::Series, Vec::new(), Vec::new());
    write(store, &batch);
    assert_eq!(store.get(Family::Meta, b"a").ok().flatten(), Some(b"1".to_vec()), "a value reads back");
    assert_eq!(store.get(Family::Series, b"").ok().flatten(), Some(Vec::new()), "an empty value is a value");
    assert_eq!(store.get(Family::Pools, b"a").ok().flatten(), None, "families do not share keys");
}

fn keeps_it_over_a_restart(store: &dyn StateStore) {
    assert_eq!(store.get(Family::Meta, b"a").ok().flatten(), Some(b"1".to_vec()), "a value outlives a restart");
}

fn the_last_change_of_a_batch_wins(store: &mut dyn StateStore) {
    let mut batch = Batch::default();
    batch.delete(Family::Meta, b"a".to_vec());
    batch.put(Family::Meta, b"b".to_vec(), b"1".to_vec());
    batch.put(Family::Meta, b"b".to_vec(), b"2".to_vec());
    batch.put(Family::Meta, b"c".to_vec(), b"1".to_vec());
    batch.delete(Family::Meta, b"c".to_vec());
    write(store, &batch);
    assert_eq!(scan(store, Family::Meta), [(b"b".to_vec(), b"2".to_vec())], "the last change of a key wins");
}

fn scans_in_order_of_keys_and_only_one_family(store: &mut dyn StateStore) {
    let mut batch = Batch::default();
    for key in [300_u64, 2, 70_000, 1] {
        batch.put(Family::Outbox, key.to_be_bytes().to_vec(), vec![0]);
    }
    write(store, &batch);
    let keys: Vec<Vec<u8>> = scan(store, Family::Outbox).into_iter().map(|(key, _)| key).collect();
    let expected: Vec<Vec<u8>> = [1_u64, 2, 300, 70_000].iter().map(|key| key.to_be_bytes().to_vec()).collect();
    assert_eq!(keys, expected, "a scan is in ascending order of bytes");
}

fn a_copy_holds_what_the_store_held(store: &mut dyn StateStore, folder: &Path) {
    let content = |store: &dyn StateStore| Family::ALL.map(|family| scan(store, family));
    let before = content(store);
    store.copy_to(folder).unwrap_or_else(|error| unreadable(&error));
    let mut batch = Batch::default();
    batch.put(Family::Meta, b"b".to_vec(), b"after".to_vec());
    batch.put(Family::Pools, b"new".to_vec(), Vec::new());
    write(store, &batch);
    let mut copy = RocksStore::open(folder).unwrap_or_else(|error| unreadable(&error));
    assert!(content(&copy) == before, "a copy is not what the store was");
    let after = content(store);
    batch.put(Family::Classes, b"mine".to_vec(), Vec::new());
    write(&mut copy, &batch);
    assert!(content(store) == after, "what is written to a copy shows in the store");
    assert!(store.copy_to(folder).is_err(), "a copy goes over one that is there");
}

fn says_how_much_was_written(store: &mut dyn StateStore) {
    let before = store.written();
    let mut batch = Batch::default();
    batch.put(Family::Meta, b"abc".to_vec(), b"12345".to_vec());
    batch.delete(Family::Meta, b"abc".to_vec());
    write(store, &batch);
    assert_eq!(store.written() - before, 11, "bytes of keys and values");
}
