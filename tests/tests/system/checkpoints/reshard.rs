//! `tidewatch state reshard`: what it refuses, and that what it writes is the whole state in another place.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;
use tidewatch_pipelines::detect::snapshot::reached;
use tidewatch_pipelines::detect::{Mark, Marks, Target};
use tidewatch_pipelines::state::RocksStore;
use tidewatch_schemas::partition::partition_of;
use tidewatch_tests::partition::{feed, open, remembered};
use tidewatch_tests::program;

const FROM: i32 = 3;
const TO: i32 = 5;
/// The pool of the records that are fed.
const POOL: &[u8] = b"eu-1";

fn store(folder: &Path, number: i32) -> RocksStore {
    RocksStore::open(&folder.join(number.to_string())).unwrap_or_else(|error| panic!("{error}"))
}

fn reshard(folder: &Path, more: &[&str]) -> Output {
    let state = folder.join("state").display().to_string();
    let (from, to) = (FROM.to_string(), TO.to_string());
    let arguments = ["state", "reshard", "--from", &from, "--to", &to, "--state", &state];
    Command::new(program::path()).args(arguments).args(more).output().expect("the program runs")
}

/// Why it was refused. Nothing may be left behind.
fn refusal(folder: &Path, more: &[&str]) -> String {
    let output = reshard(folder, more);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let entries = std::fs::read_dir(folder).expect("it lists").map(|entry| entry.expect("an entry").file_name());
    let left: Vec<_> = entries.filter(|name| name.to_string_lossy().contains("-of-")).collect();
    assert!(left.is_empty(), "{left:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_state_is_moved_as_a_whole_or_not_at_all() {
    let folder = TempDir::new().expect("a folder can be made");
    let state = folder.path().join("state");
    let own = partition_of(POOL, FROM);
    for number in (0..FROM).filter(|number| *number != own) {
        drop(open(store(&state, number)));
    }
    let missing = refusal(folder.path(), &[]);
    assert!(missing.contains(&format!("partition {own} of 3 is not in ")), "{missing}");

    let mut processor = open(store(&state, own));
    let outputs = feed(&mut processor, 390);
    let used = refusal(folder.path(), &[]);
    assert!(used.contains("cannot open"), "{used}");
    drop(processor);
    let waiting = refusal(folder.path(), &[]);
    assert!(waiting.contains(&format!("partition {own} has ")) && waiting.contains("not published"), "{waiting}");

    let mut processor = open(store(&state, own));
    let sequence = outputs.last().expect("there are outputs").sequence;
    let mut marks = Marks::default();
    for target in Target::OUTBOX {
        marks.set(target, Some(Mark { sequence, offset: 0 }));
    }
    processor.acknowledge(&marks);
    processor.commit().expect("it commits");
    drop(processor);
    let unwritable = refusal(folder.path(), &["--out", "/proc/no-such-folder"]);
    assert!(unwritable.contains("cannot be written"), "{unwritable}");

    let held = remembered(&store(&state, own));
    let moved = reshard(folder.path(), &["--format", "json"]);
    assert_eq!(moved.status.code(), Some(0), "{moved:?}");
    let report: Json = serde_json::from_slice(&moved.stdout).expect("it is JSON");
    let target = partition_of(POOL, TO);
    assert_eq!(report["stood_at"][usize::try_from(own).expect("small")], 390, "{report}");
    assert_eq!(report["partitions"][usize::try_from(target).expect("small")]["pools"], 1, "{report}");
    let out = folder.path().join("state-of-5");
    let names = std::fs::read_dir(&out).expect("it lists").count();
    assert_eq!(names, 5, "nothing else is left there");
    for number in 0..TO {
        let store = store(&out, number);
        let reached = reached(&store).expect("it is read").expect("it begins somewhere");
        assert_eq!((reached.next_offset, reached.sequence), (0, sequence));
        if number == target {
            assert!(remembered(&store) == held, "what was learned has changed");
        } else {
            assert!(remembered(&store).iter().all(Vec::is_empty), "partition {number} has something");
        }
    }
    assert!(remembered(&store(&state, own)) == held, "the old state has changed");

    let again = reshard(folder.path(), &[]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(1) && said.contains("is there already"), "{said}");
}

#[test]
fn a_number_of_partitions_that_is_not_theirs_is_refused() {
    let folder = TempDir::new().expect("a folder can be made");
    for number in 0..=FROM {
        drop(open(store(&folder.path().join("state"), number)));
    }
    let more = refusal(folder.path(), &[]);
    assert!(more.contains("has a partition 3, so --from 3 is not their number"), "{more}");
}
