//! The state store in RocksDB: its duties, against its twin in memory, under kill -9, and on damaged files.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tempfile::TempDir;
use tidewatch_pipelines::state::{Batch, Family, MemoryStore, Pair, RocksStore, StateStore, StoreError, conformance};

/// Tells the test that is run as a process of its own which store to write to.
const STORE: &str = "TIDEWATCH_TEST_STORE";
/// Batches after which the writer gives up waiting for its end.
const MOST_BATCHES: u64 = 200_000;

fn open(folder: &Path) -> RocksStore {
    RocksStore::open(folder).unwrap_or_else(|error| panic!("{error}"))
}

/// All that a store holds, family by family.
fn content(store: &dyn StateStore) -> Result<Vec<Vec<Pair>>, StoreError> {
    Family::ALL.into_iter().map(|family| store.scan(family)).collect()
}

#[test]
fn keeps_the_duties_of_a_state_store() {
    let folder = TempDir::new().expect("a folder can be made");
    let copies = TempDir::new().expect("a folder can be made");
    conformance::check(&mut || Box::new(open(folder.path())), copies.path());
}

#[test]
fn two_cannot_have_the_same_store_open() {
    let folder = TempDir::new().expect("a folder can be made");
    let _first = open(folder.path());
    let error = RocksStore::open(folder.path()).err().expect("it is in use").to_string();
    assert!(error.contains("cannot open") && error.contains(&folder.path().display().to_string()), "{error}");
}

/// Changes as `(family, key, value)`; few keys, so that they meet.
fn changes() -> impl Strategy<Value = Vec<(usize, u8, Option<Vec<u8>>)>> {
    vec((0..Family::ALL.len(), 0..6_u8, proptest::option::of(vec(any::<u8>(), 0..40))), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn holds_what_its_twin_in_memory_holds(steps in vec((changes(), any::<bool>()), 1..12)) {
        let folder = TempDir::new().expect("a folder can be made");
        let mut twin = MemoryStore::default();
        let mut store = Some(open(folder.path()));
        for (changes, reopens) in steps {
            let mut batch = Batch::default();
            for (family, key, value) in changes {
                match value {
                    Some(value) => batch.put(Family::ALL[family], vec![key], value),
                    None => batch.delete(Family::ALL[family], vec![key]),
                }
            }
            twin.write(&batch).expect("memory takes a batch");
            store.as_mut().expect("it is open").write(&batch).expect("the store takes a batch");
            if reopens {
                drop(store.take());
                store = Some(open(folder.path()));
            }
            let held = store.as_ref().expect("it is open");
            prop_assert_eq!(content(held).expect("it reads"), content(&twin).expect("it reads"));
            for (index, family) in Family::ALL.into_iter().enumerate() {
                let key = [u8::try_from(index).expect("there are few")];
                prop_assert_eq!(held.get(family, &key).expect("it reads"), twin.get(family, &key).expect("it reads"));
            }
        }
    }
}

/// Batch `number`: keys in every family, of which some replace and some remove those of earlier batches.
fn numbered(number: u64) -> Batch {
    let key = |number: u64| number.to_be_bytes().to_vec();
    let mut batch = Batch::default();
    batch.put(Family::Meta, b"last".to_vec(), key(number));
    batch.put(Family::Pools, key(number % 7), key(number));
    batch.put(Family::Series, key(number % 501), vec![number.to_be_bytes()[7]; 200]);
    batch.put(Family::Outbox, key(number), key(number * 3));
    batch.delete(Family::Outbox, key(number.saturating_sub(5)));
    batch
}

/// What a store holds after batches 1 to `last`.
fn after(last: u64) -> Vec<Vec<Pair>> {
    let mut store = MemoryStore::default();
    for number in 1..=last {
        store.write(&numbered(number)).expect("memory takes a batch");
    }
    content(&store).expect("memory reads")
}

fn last_batch(store: &dyn StateStore) -> Result<u64, StoreError> {
    let bytes = store.get(Family::Meta, b"last")?;
    Ok(bytes.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().expect("it is a number"))))
}

#[test]
#[ignore = "is run by the test below as a process of its own, which it kills"]
fn writes_until_it_is_killed() {
    let folder = PathBuf::from(std::env::var_os(STORE).expect("the test below names the store"));
    let mut store = open(&folder);
    let first = last_batch(&store).expect("the store reads") + 1;
    for number in first..first + MOST_BATCHES {
        store.write(&numbered(number)).expect("the store takes a batch");
        println!("\nwritten {number}");
    }
}

/// Runs the writer until it has said `reports` times that a batch is written, kills it, and returns the last batch that
/// it said so of.
fn write_and_kill(folder: &Path, reports: usize) -> u64 {
    let program = std::env::current_exe().expect("the program has a path");
    let mut child = Command::new(program)
        .args(["--exact", "store::writes_until_it_is_killed", "--ignored", "--nocapture", "--test-threads=1"])
        .env(STORE, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the writer starts");
    let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines().map_while(Result::ok);
    let mut written = lines.filter_map(|line| line.strip_prefix("written ")?.parse::<u64>().ok());
    let mut last = written.by_ref().take(reports).last();
    child.kill().expect("the writer can be killed");
    child.wait().expect("the writer ends");
    last = written.last().or(last);
    last.expect("the writer wrote")
}

#[test]
fn what_was_written_outlives_kill_9_and_no_batch_is_half_there() {
    let folder = TempDir::new().expect("a folder can be made");
    for reports in [1, 37, 400, 5, 1_203, 90] {
        let said = write_and_kill(folder.path(), reports);
        let store = open(folder.path());
        let last = last_batch(&store).expect("the store reads");
        // The last line may have been cut off by the end of the process.
        assert!(last >= said, "killed after {reports} reports: batch {said} was written and {last} is the last there");
        assert!(content(&store).expect("the store reads") == after(last), "batch {last} or one before is half there");
    }
}

/// A store of `batches` batches whose newest stand in the write-ahead log only, and the older ones in a table where
/// `tables` says so.
fn written(batches: u64, tables: bool) -> TempDir {
    let folder = TempDir::new().expect("a folder can be made");
    let mut store = open(folder.path());
    for number in 1..=batches {
        if tables && number == batches / 2 {
            // Opening again writes what stood in the log to tables.
            drop(store);
            store = open(folder.path());
        }
        store.write(&numbered(number)).expect("the store takes a batch");
    }
    drop(store);
    folder
}

/// The largest file of a kind.
fn largest(folder: &Path, extension: &str) -> PathBuf {
    let entries = fs::read_dir(folder).expect("a folder can be listed").map(|entry| entry.expect("an entry").path());
    let of_kind = entries.filter(|path| path.extension().is_some_and(|found| found == extension));
    of_kind.max_by_key(|path| path.metadata().map_or(0, |data| data.len())).expect("there is a file of this kind")
}

/// Opens a copy of the store after `damage` to the bytes of `file`.
fn damaged(folder: &Path, file: &Path, damage: impl Fn(&mut Vec<u8>)) -> Result<(u64, Vec<Vec<Pair>>), StoreError> {
    let copy = TempDir::new().expect("a folder can be made");
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, copy.path().join(path.file_name().expect("it has a name"))).expect("a file can be copied");
    }
    let target = copy.path().join(file.file_name().expect("it has a name"));
    let mut bytes = fs::read(&target).expect("a file can be read");
    damage(&mut bytes);
    fs::write(&target, bytes).expect("a file can be written");
    let store = RocksStore::open(copy.path())?;
    Ok((last_batch(&store)?, content(&store)?))
}

#[test]
fn a_damaged_log_gives_a_prefix_of_the_batches() {
    let folder = written(120, true);
    let log = largest(folder.path(), "log");
    let size = usize::try_from(fs::metadata(&log).expect("it is there").len()).expect("it is small");
    let mut cut_short = 0;
    for place in (1..24).map(|part| size * part / 24) {
        for what in ["cut off", "flipped"] {
            let damage = |bytes: &mut Vec<u8>| match what {
                "flipped" => bytes[place] ^= 0x40,
                _ => bytes.truncate(place),
            };
            let Ok((last, held)) = damaged(folder.path(), &log, damage) else { continue };
            assert!(held == after(last), "log {what} at byte {place} of {size}: batch {last} is mixed with others");
            cut_short += u32::from(last < 120);
        }
    }
    assert!(cut_short > 20, "the damage was noticed {cut_short} times only");
}

#[test]
fn a_damaged_table_is_an_error_and_never_other_values() {
    let folder = written(400, true);
    let table = largest(folder.path(), "sst");
    let size = usize::try_from(fs::metadata(&table).expect("it is there").len()).expect("it is small");
    let mut errors = 0;
    for place in (0..24).map(|part| size * part / 24) {
        match damaged(folder.path(), &table, |bytes| bytes[place] ^= 0x40) {
            Err(_) => errors += 1,
            Ok((last, held)) => assert!(held == after(last), "table flipped at byte {place} of {size} goes unnoticed"),
        }
    }
    assert!(errors > 0, "no damage was noticed");
}
