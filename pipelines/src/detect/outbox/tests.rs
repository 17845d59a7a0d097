use super::*;
use crate::detect::{Mark, Target};
use crate::state::MemoryStore;

fn output(sequence: u64, target: Target) -> Outgoing {
    Outgoing { sequence, source_offset: 0, target, key: Vec::new(), value: vec![7; 10] }
}

fn marks(pairs: &[(Target, u64)]) -> Marks {
    let mut marks = Marks::default();
    for (target, sequence) in pairs {
        marks.set(*target, Some(Mark { sequence: *sequence, offset: 0 }));
    }
    marks
}

fn commit(outbox: &mut Outbox, store: &mut MemoryStore) {
    let mut batch = Batch::default();
    outbox.write(&mut batch).unwrap();
    store.write(&batch).unwrap();
    outbox.written();
}

fn waiting(outbox: &Outbox) -> Vec<u64> {
    outbox.waiting().iter().map(|output| output.sequence).collect()
}

fn stored(store: &MemoryStore) -> usize {
    store.scan(Family::Outbox).unwrap().len()
}

/// An outbox with committed incidents 1, 3 and 5 and rejects 2 and 4.
fn five(store: &mut MemoryStore) -> Outbox {
    let mut outbox = Outbox::open(store).unwrap();
    for sequence in 1..=5 {
        let target = if sequence % 2 == 1 { Target::Incidents } else { Target::Rejects };
        outbox.add(output(sequence, target));
    }
    assert!(outbox.waiting().is_empty(), "nothing may be published before it is committed");
    commit(&mut outbox, store);
    outbox
}

#[test]
fn what_is_acknowledged_leaves_by_topic() {
    let mut store = MemoryStore::default();
    let mut outbox = five(&mut store);
    assert_eq!((waiting(&outbox), outbox.bytes()), (vec![1, 2, 3, 4, 5], 50));
    outbox.acknowledge(&marks(&[(Target::Incidents, 3)]));
    assert_eq!((waiting(&outbox), outbox.bytes()), (vec![2, 4, 5], 30), "number 2 is of the other topic");
}

#[test]
fn a_restart_finds_what_waits_and_what_is_published() {
    let mut store = MemoryStore::default();
    let mut outbox = five(&mut store);
    outbox.acknowledge(&marks(&[(Target::Incidents, 3), (Target::Rejects, 2)]));
    assert_eq!(waiting(&Outbox::open(&store).unwrap()), [1, 2, 3, 4, 5], "the acknowledgement is not committed");
    commit(&mut outbox, &mut store);
    let restored = Outbox::open(&store).unwrap();
    assert_eq!(waiting(&restored), [4, 5]);
    assert_eq!(restored.published(), outbox.published());
}

#[test]
fn what_is_read_back_is_dropped_also_when_it_is_not_committed_yet() {
    let mut store = MemoryStore::default();
    let mut outbox = five(&mut store);
    outbox.add(output(6, Target::Rejects));
    outbox.add(output(7, Target::Rejects));
    outbox.reconcile(&marks(&[(Target::Incidents, 5), (Target::Rejects, 6)]), &store).unwrap();
    commit(&mut outbox, &mut store);
    assert_eq!(waiting(&outbox), [7]);
    outbox.add(output(8, Target::Incidents));
    commit(&mut outbox, &mut store);
    assert_eq!((waiting(&outbox), outbox.bytes()), (vec![7, 8], 20), "a replay of number 6 is suppressed");
    outbox.reconcile(&marks(&[(Target::Incidents, 5), (Target::Rejects, 4)]), &store).unwrap();
    assert_eq!(waiting(&outbox), [6, 7, 8], "and is still there should the topic lose it");
}

#[test]
fn outputs_that_a_topic_lost_wait_again_in_their_order() {
    let mut store = MemoryStore::default();
    let mut outbox = five(&mut store);
    outbox.acknowledge(&marks(&[(Target::Incidents, 5), (Target::Rejects, 2)]));
    commit(&mut outbox, &mut store);
    let recalled = outbox.reconcile(&marks(&[(Target::Incidents, 1), (Target::Rejects, 2)]), &store).unwrap();
    assert_eq!((recalled, waiting(&outbox)), (2, vec![3, 4, 5]));
    let mut restored = Outbox::open(&store).unwrap();
    restored.reconcile(&marks(&[(Target::Incidents, 1)]), &store).unwrap();
    assert_eq!(waiting(&restored), [2, 3, 4, 5], "also after a restart");
}

#[test]
fn the_last_thousand_are_kept_and_no_more() {
    let mut store = MemoryStore::default();
    let mut outbox = Outbox::open(&store).unwrap();
    for sequence in 1..=2_500 {
        outbox.add(output(sequence, Target::Incidents));
    }
    commit(&mut outbox, &mut store);
    outbox.acknowledge(&marks(&[(Target::Incidents, 2_400)]));
    commit(&mut outbox, &mut store);
    assert_eq!(stored(&store), KEPT + 100);
    outbox.acknowledge(&marks(&[(Target::Incidents, 2_500)]));
    commit(&mut outbox, &mut store);
    assert_eq!((stored(&store), outbox.is_empty(), outbox.bytes()), (KEPT, true, 0));
}
