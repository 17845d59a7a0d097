//! What every state store must do, as a suite that runs against any of them.

use super::{Batch, Family, Pair, StateStore};

/// Checks the duties of a state store. `open` opens the same store again, after the one before was dropped.
///
/// # Panics
/// When a duty is broken; the message names it.
pub fn check(open: &mut dyn FnMut() -> Box<dyn StateStore>) {
    starts_empty(&*open());
    reads_what_was_written(&mut *open());
    keeps_it_over_a_restart(&*open());
    the_last_change_of_a_batch_wins(&mut *open());
    scans_in_order_of_keys_and_only_one_family(&mut *open());
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
