//! What a machine goes on with when it gains a partition.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use object_store::memory::InMemory;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::custody::{SharedEpochs, SharedStates};
use tidewatch_pipelines::checkpoint::{Checkpointer, choice};
use tidewatch_pipelines::detect::Processor;
use tidewatch_pipelines::protocol::{Custody, Owned, OwnershipError};
use tidewatch_tests::object_faults::{Fault, Faulty};
use tidewatch_tests::partition::{PARTITION, checkpoint, checkpointer, feed, remote, settings};

struct Machine {
    folder: TempDir,
    checkpoints: Arc<Checkpointer>,
    custody: Custody,
    is_down: Arc<AtomicBool>,
}

/// A machine whose object store may be down.
fn machine(store: &Arc<InMemory>, name: &str) -> Machine {
    let folder = TempDir::new().expect("a folder can be made");
    let is_down = Arc::new(AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let fate = move |_, _: &_| if down.load(Ordering::Relaxed) { Fault::Refused } else { Fault::None };
    let view = remote(Arc::new(Faulty::new(store.clone(), fate)));
    let checkpoints = Arc::new(checkpointer(view, folder.path(), name));
    let states = SharedStates { folder: folder.path().to_owned(), checkpoints: Arc::clone(&checkpoints) };
    let epochs = Box::new(SharedEpochs(Arc::clone(&checkpoints)));
    let custody = Custody::new(settings(), Box::new(states), epochs);
    Machine { folder, checkpoints, custody, is_down }
}

impl Machine {
    fn gain(&self) -> Result<Owned, OwnershipError> {
        self.custody.open(PARTITION)
    }

    fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }
}

fn reach(processor: &mut Processor, machine: &Machine, end: i64) {
    feed(processor, end);
    assert!(checkpoint(&machine.checkpoints, processor).is_some(), "no checkpoint of {end}");
}

fn is_there(folder: &Path, name: &str) -> bool {
    folder.join(name).exists()
}

#[test]
fn what_has_come_further_is_gone_on_with() {
    let store = Arc::new(InMemory::new());
    let [first, second] = ["first", "second"].map(|name| machine(&store, name));
    let mut there = first.gain().expect("an empty state");
    assert_eq!((there.epoch, there.processor.next_offset()), (1, None));
    reach(&mut there.processor, &first, 50);
    first.custody.release(PARTITION);
    drop(there);

    let mut here = second.gain().expect("it restores");
    assert_eq!(
        (here.epoch, here.processor.next_offset()),
        (2, Some(50)),
        "a machine without a state takes the checkpoint"
    );
    reach(&mut here.processor, &second, 90);
    feed(&mut here.processor, 100);
    drop(here);
    let again = second.gain().expect("it opens");
    assert_eq!((again.epoch, again.processor.next_offset()), (3, Some(100)), "its own state has come further");
    drop(again);

    let back = first.gain().expect("it restores");
    assert_eq!((back.epoch, back.processor.next_offset()), (4, Some(90)), "its own state is behind");
    assert!(!is_there(first.folder.path(), "3.behind"), "what is behind is removed");
}

#[test]
fn without_the_object_store_only_a_machine_with_a_state_goes_on() {
    let store = Arc::new(InMemory::new());
    let [first, second] = ["first", "second"].map(|name| machine(&store, name));
    let mut owned = first.gain().expect("an empty state");
    reach(&mut owned.processor, &first, 50);
    drop(owned);
    first.set_down(true);
    second.set_down(true);
    let waits = matches!(second.gain(), Err(OwnershipError::Unreachable { .. }));
    assert!(waits, "there may be a checkpoint that it cannot see");
    assert!(!is_there(second.folder.path(), "3"), "nothing is begun");
    let mut owned = first.gain().expect("it goes on with its own");
    assert_eq!((owned.epoch, owned.processor.next_offset()), (2, Some(50)));
    feed(&mut owned.processor, 60);
    assert_eq!(checkpoint(&first.checkpoints, &owned.processor), None);

    first.set_down(false);
    feed(&mut owned.processor, 70);
    assert_eq!(checkpoint(&first.checkpoints, &owned.processor), Some(70), "the epoch is claimed later");
    let newest = choice::latest(&remote(store), None, PARTITION, &[]).expect("it reads").expect("it is there");
    assert!(newest.manifest.epoch.0 > 2, "above the one that was counted without the object store");
}

#[test]
fn an_epoch_is_not_claimed_late_when_somebody_else_came_meanwhile() {
    let store = Arc::new(InMemory::new());
    let [first, second] = ["first", "second"].map(|name| machine(&store, name));
    let mut owned = first.gain().expect("an empty state");
    reach(&mut owned.processor, &first, 50);
    drop(owned);
    first.set_down(true);
    let mut zombie = first.gain().expect("it goes on with its own");
    let mut owner = second.gain().expect("it restores");
    reach(&mut owner.processor, &second, 55);
    reach(&mut owner.processor, &second, 60);
    first.set_down(false);
    feed(&mut zombie.processor, 200);
    assert_eq!(checkpoint(&first.checkpoints, &zombie.processor), None);
    let newest = choice::latest(&remote(store), None, PARTITION, &[]).expect("it reads").expect("it is there");
    assert_eq!((newest.manifest.epoch.0, newest.manifest.offset), (owner.epoch, 60));
}

#[test]
fn a_process_that_died_while_it_replaced_its_state_finds_it_again() {
    let store = Arc::new(InMemory::new());
    let first = machine(&store, "first");
    let mut owned = first.gain().expect("an empty state");
    feed(&mut owned.processor, 30);
    drop(owned);
    let folder = first.folder.path();
    std::fs::rename(folder.join("3"), folder.join("3.behind")).expect("it can be put aside");
    std::fs::create_dir(folder.join("3.restoring")).expect("it can be made");
    assert_eq!(first.gain().expect("it opens").processor.next_offset(), Some(30));
}
