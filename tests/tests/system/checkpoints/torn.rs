//! Damaged files: of a store on disk, and of checkpoints. Damage is found, or what is read is an earlier state that is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use tidewatch_pipelines::checkpoint::{Epoch, Remote, restore};
use tidewatch_pipelines::detect::{Processor, ProcessorError};
use tidewatch_pipelines::state::{Pair, RocksStore};
use tidewatch_tests::partition::{PARTITION, START, checkpoint, checkpointer, content, feed, open, remote, settings};

/// What is done to the bytes of a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Flip(usize),
    Cut(usize),
    Remove,
}

impl Damage {
    /// Flips and cuts all over a file of `size` bytes, and its loss.
    fn all(size: usize) -> Vec<Self> {
        let places: Vec<usize> = (0..8).map(|part| size * part / 8).filter(|place| *place < size).collect();
        let flips = places.iter().map(|place| Self::Flip(*place));
        flips.chain(places.iter().map(|place| Self::Cut(*place))).chain([Self::Remove]).collect()
    }

    fn strike(self, file: &Path) {
        let mut bytes = fs::read(file).expect("a file can be read");
        match self {
            Self::Flip(place) => bytes[place] ^= 0x10,
            Self::Cut(place) => bytes.truncate(place),
            Self::Remove => return fs::remove_file(file).expect("a file can be removed"),
        }
        fs::write(file, bytes).expect("a file can be written");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be listed") {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("an entry");
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("it can be copied");
        }
    }
}

/// Files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Opens a store and reads all of it, as a service does when it starts.
fn read(folder: &Path) -> Result<(i64, Vec<Vec<Pair>>), ProcessorError> {
    let processor = Processor::open(settings(), Box::new(RocksStore::open(folder)?))?;
    Ok((processor.next_offset().unwrap_or(0), content(processor.store())))
}

/// What a partition holds at each of its commits.
fn history(end: i64) -> Vec<(i64, Vec<Vec<Pair>>)> {
    let mut processor = open(tidewatch_pipelines::state::MemoryStore::default());
    let mut history = vec![(0, content(processor.store()))];
    for offset in (1..=end).filter(|offset| offset % 5 == 0 || *offset == end) {
        feed(&mut processor, offset);
        history.push((offset, content(processor.store())));
    }
    history
}

#[test]
fn a_damaged_store_is_an_error_or_an_earlier_commit_and_never_anything_else() {
    let folder = TempDir::new().expect("a folder");
    let store = folder.path().join("3");
    let mut processor = open(RocksStore::open(&store).expect("it opens"));
    feed(&mut processor, 60);
    // Tables of half of it, and a write-ahead log of the rest.
    processor.store().copy_to(&folder.path().join("copy")).expect("it copies");
    feed(&mut processor, 120);
    drop(processor);
    let history = history(120);
    let (mut errors, mut earlier, mut strikes) = (0, 0, 0);
    for file in files(&store) {
        let name = file.file_name().expect("it has a name").to_string_lossy().into_owned();
        let size = usize::try_from(fs::metadata(&file).expect("it is there").len()).expect("it is small");
        if ["LOG", "LOCK", "IDENTITY"].iter().any(|told| name.starts_with(told)) || name.starts_with("OPTIONS") {
            continue; // They hold no state.
        }
        for damage in Damage::all(size) {
            strikes += 1;
            let torn = TempDir::new().expect("a folder");
            copy(&store, torn.path());
            damage.strike(&torn.path().join(&name));
            match read(torn.path()) {
                Err(_) => errors += 1,
                Ok((offset, held)) => {
                    let at_that_time = history.iter().find(|(end, _)| *end == offset);
                    let is_whole = at_that_time.is_some_and(|(_, content)| *content == held);
                    assert!(is_whole, "{name}, {damage:?}: offset {offset} is a state that never was");
                    earlier += usize::from(offset < 120);
                }
            }
        }
    }
    println!("{strikes} damages: {errors} errors, {earlier} earlier commits");
    assert!(errors > 20 && earlier > 5, "{strikes} damages: {errors} errors, {earlier} earlier commits");
}

/// A folder with two checkpoints, of offsets 40 and 80, and what the state held at each.
fn two_checkpoints(folder: &Path) -> [Vec<Vec<Pair>>; 2] {
    let local = TempDir::new().expect("a folder");
    let checkpoints = checkpointer(reach(folder), local.path(), "first");
    let mut processor = open(RocksStore::open(&local.path().join("3")).expect("it opens"));
    let epoch = checkpoints.claim_epoch(PARTITION, Epoch(0)).expect("an epoch can be claimed");
    checkpoints.begin(PARTITION, (epoch, true), START).expect("it begins");
    [40, 80].map(|end| {
        feed(&mut processor, end);
        assert!(checkpoint(&checkpoints, &processor).is_some());
        content(processor.store())
    })
}

fn reach(folder: &Path) -> Remote {
    remote(Arc::new(LocalFileSystem::new_with_prefix(folder).expect("a folder")))
}

#[test]
fn a_damaged_checkpoint_gives_way_to_the_one_before() {
    let folder = TempDir::new().expect("a folder");
    let [at_40, at_80] = two_checkpoints(folder.path());
    let (mut passed_over, mut untouched, mut refused) = (0, 0, 0);
    for file in files(folder.path()) {
        let inside = file.strip_prefix(folder.path()).expect("it is inside");
        if inside.starts_with("epochs") {
            continue;
        }
        let size = usize::try_from(fs::metadata(&file).expect("it is there").len()).expect("it is small");
        for damage in
            Damage::all(size).into_iter().step_by(3).chain([Damage::Cut(size.saturating_sub(1)), Damage::Remove])
        {
            let torn = TempDir::new().expect("a folder");
            copy(folder.path(), torn.path());
            damage.strike(&torn.path().join(inside));
            let target = torn.path().join("restored");
            let Ok(Some(chosen)) = restore::latest(&reach(torn.path()), None, PARTITION, &target) else {
                assert!(!target.exists(), "{inside:?}, {damage:?}: a failed restore leaves something behind");
                refused += 1;
                continue;
            };
            let held = content(&RocksStore::open(&target).expect("it opens"));
            match chosen.manifest.offset {
                80 => untouched += 1,
                _ => passed_over += usize::from(!chosen.passed_over.is_empty() || matches!(damage, Damage::Remove)),
            }
            let expected = if chosen.manifest.offset == 80 { &at_80 } else { &at_40 };
            assert!(held == *expected, "{inside:?}, {damage:?}: offset {} is another state", chosen.manifest.offset);
        }
    }
    println!("{untouched} did not concern the newest, {passed_over} passed over it, {refused} left none");
    assert!(passed_over > 30 && untouched > 10, "{untouched} untouched, {passed_over} passed over, {refused} refused");
}

#[test]
fn when_no_checkpoint_is_whole_it_is_said_and_nothing_is_restored() {
    let folder = TempDir::new().expect("a folder");
    two_checkpoints(folder.path());
    for manifest in files(&folder.path().join("manifests")) {
        Damage::Flip(30).strike(&manifest);
    }
    let target = folder.path().join("restored");
    let error = restore::latest(&reach(folder.path()), None, PARTITION, &target).expect_err("none is whole");
    let said = error.to_string();
    assert!(said.contains("of partition 3") && said.contains("cannot be used: it is damaged"), "{said}");
    assert!(!target.exists());
}
