//! After a move to another number of partitions, no state from before it is taken for the one after it.

use std::path::Path;
use std::sync::Arc;

use object_store::memory::InMemory;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::custody::{SharedEpochs, SharedStates};
use tidewatch_pipelines::checkpoint::{Checkpointer, choice};
use tidewatch_pipelines::detect::reshard::reshard;
use tidewatch_pipelines::detect::{Lineage, Mark, Marks, Target};
use tidewatch_pipelines::protocol::{Custody, Owned, OwnershipError};
use tidewatch_pipelines::state::{MemoryStore, RocksStore, StateStore};
use tidewatch_schemas::partition::partition_of;
use tidewatch_tests::partition::{PARTITION, checkpoint, checkpointer, feed, open, remembered, remote, settings};

/// The pool of the records that are fed.
const POOL: &[u8] = b"eu-1";
/// How far the state had come before it was moved: further than it comes afterwards.
const BEFORE: i64 = 200;

struct Machine {
    checkpoints: Arc<Checkpointer>,
    custody: Custody,
    folder: TempDir,
}

/// A machine with checkpoints in `bucket` and a copy of the state in `from`, if there is one.
fn machine(bucket: &Arc<InMemory>, from: Option<&Path>) -> Machine {
    let folder = TempDir::new().expect("a folder can be made");
    if let Some(from) = from {
        let store = RocksStore::open(from).expect("it opens");
        store.copy_to(&folder.path().join("3")).expect("it can be copied");
    }
    let checkpoints =
        Arc::new(checkpointer(remote(bucket.clone()), folder.path(), &folder.path().display().to_string()));
    let states = SharedStates { folder: folder.path().to_owned(), checkpoints: Arc::clone(&checkpoints) };
    let epochs = Box::new(SharedEpochs(Arc::clone(&checkpoints)));
    Machine { checkpoints, custody: Custody::new(settings(), Box::new(states), epochs), folder }
}

impl Machine {
    fn gain(&self) -> Result<Owned, OwnershipError> {
        self.custody.open(PARTITION)
    }

    fn refusal(&self) -> String {
        match self.gain() {
            Ok(owned) => panic!("it goes on at {:?}", owned.processor.next_offset()),
            Err(error) => error.to_string(),
        }
    }
}

/// Moves the state in `from` from `counts.0` partitions to `counts.1`. What becomes of it comes to `to`, whatever the number of
/// its partition.
fn move_state(from: &Path, to: &Path, counts: (i32, i32)) -> Lineage {
    let stores = |place: &Path, count: i32| -> Vec<Box<dyn StateStore>> {
        let own = partition_of(POOL, count);
        let store = |partition| -> Box<dyn StateStore> {
            if partition == own {
                Box::new(RocksStore::open(place).expect("it opens"))
            } else {
                Box::new(MemoryStore::default())
            }
        };
        (0..count).map(store).collect()
    };
    let moved = reshard(&stores(from, counts.0), &mut stores(to, counts.1));
    moved.unwrap_or_else(|error| panic!("{error}")).lineage
}

/// A state that has come to `BEFORE`, with a checkpoint in `bucket`, and nothing that waits to be published.
fn state_before(bucket: &Arc<InMemory>, folder: &Path) {
    let first = machine(bucket, None);
    let mut owned = first.gain().expect("an empty state");
    let outputs = feed(&mut owned.processor, BEFORE);
    let sequence = outputs.last().expect("there are outputs").sequence;
    let mut marks = Marks::default();
    for target in Target::OUTBOX {
        marks.set(target, Some(Mark { sequence, offset: 0 }));
    }
    owned.processor.acknowledge(&marks);
    owned.processor.commit().expect("it commits");
    assert!(checkpoint(&first.checkpoints, &owned.processor).is_some());
    drop(owned);
    RocksStore::open(&first.folder.path().join("3")).and_then(|store| store.copy_to(folder)).expect("it can be copied");
}

#[test]
fn no_state_from_before_a_move_is_taken_for_the_one_after_it() {
    let (old, anew) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
    let folder = TempDir::new().expect("a folder can be made");
    let place = |name: &str| folder.path().join(name);
    state_before(&old, &place("before"));
    let lineage = move_state(&place("before"), &place("after"), (2, 4));
    move_state(&place("before"), &place("otherwise"), (2, 8));

    let forgetful = machine(&old, Some(&place("after")));
    let said = forgetful.refusal();
    assert!(said.contains("set another detect.checkpoints.url"), "{said}");
    assert!(
        said.contains(&format!("it is of the lineage never moved, and the state of this machine of {lineage}")),
        "{said}"
    );
    let held = RocksStore::open(&forgetful.folder.path().join("3")).expect("it is still there");
    assert!(Lineage::of(&held).expect("it reads") == lineage, "its state was replaced");

    let right = machine(&anew, Some(&place("after")));
    let mut owned = right.gain().expect("there are no checkpoints yet");
    assert_eq!(owned.processor.next_offset(), Some(0));
    feed(&mut owned.processor, 30);
    assert_eq!(checkpoint(&right.checkpoints, &owned.processor), Some(30));
    let newest = choice::latest(&remote(anew.clone()), None, PARTITION, &[]).expect("it reads").expect("it is there");
    assert_eq!(newest.manifest.lineage, lineage);
    let held = remembered(owned.processor.store());

    for (case, from) in [("with an empty disk", None), ("with the state from before the move", Some(place("before")))] {
        let other = machine(&anew, from.as_deref());
        let owned = other.gain().unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(owned.processor.next_offset(), Some(30), "a machine {case}");
        assert!(remembered(owned.processor.store()) == held, "a machine {case}");
    }
    let foreign = machine(&anew, Some(&place("otherwise"))).refusal();
    assert!(
        foreign.contains(&format!("it is of the lineage {lineage}, and the state of this machine of ")),
        "{foreign}"
    );
}

#[test]
fn a_state_that_was_not_moved_goes_on_as_ever() {
    let bucket = Arc::new(InMemory::new());
    let folder = TempDir::new().expect("a folder can be made");
    state_before(&bucket, &folder.path().join("before"));
    let mut processor = open(RocksStore::open(&folder.path().join("before")).expect("it opens"));
    feed(&mut processor, BEFORE + 10);
    drop(processor);
    let ahead = machine(&bucket, Some(&folder.path().join("before"))).gain().expect("it opens");
    assert_eq!(ahead.processor.next_offset(), Some(BEFORE + 10));
    assert!(Lineage::of(ahead.processor.store()).expect("it reads").is_empty());
}
