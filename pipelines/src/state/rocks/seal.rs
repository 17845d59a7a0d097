//! The seal of a store: what its list of tables held at least.
//!
//! RocksDB takes a list (`MANIFEST`) that was cut short, or whose end is damaged, for one that was being written when the
//! process died, and opens without the tables that it does not name any more. The log of what was in them is long gone, so
//! what is left is a state that never was. The seal says how long the list was and what was in it, and is looked at before
//! the store is opened. The list only ever grows, and RocksDB syncs it before the seal is renewed.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const SEAL: &str = "SEAL";
const CURRENT: &str = "CURRENT";

/// The seal of a store that is open.
#[derive(Debug)]
pub(super) struct Seal {
    folder: PathBuf,
    /// Name of the list.
    list: String,
    bytes: u64,
    hasher: blake3::Hasher,
}

impl Seal {
    /// Looks at the seal of a store that is to be opened. One that has none was never open.
    pub fn check(folder: &Path) -> io::Result<()> {
        let text = match fs::read_to_string(folder.join(SEAL)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            text => text?,
        };
        let damaged =
            |what: &str| io::Error::other(format!("{what}: bring the state back from a checkpoint, or remove it"));
        let (list, bytes, hash) = parse(&text).ok_or_else(|| damaged("its seal is damaged"))?;
        let current = current(folder)?;
        if current != list {
            // The store was opened again and has not been sealed since. Lists are numbered.
            return if current.as_str() > list { Ok(()) } else { Err(damaged("its list of tables is an old one")) };
        }
        let mut hasher = blake3::Hasher::new();
        let read = hasher.update_reader(File::open(folder.join(list))?.take(bytes)).map(|hasher| hasher.count())?;
        if read == bytes && hasher.finalize().to_hex().as_str() == hash {
            return Ok(());
        }
        Err(damaged(&format!("its list of tables, {list}, is damaged")))
    }

    /// Seals a store that was just opened.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        let (list, hasher) = (String::new(), blake3::Hasher::new());
        let mut seal = Self { folder: folder.to_owned(), list, bytes: 0, hasher };
        seal.renew()?;
        Ok(seal)
    }

    /// Takes note of what was added to the list since the last call, which is rare.
    pub fn renew(&mut self) -> io::Result<()> {
        let current = current(&self.folder)?;
        if current != self.list {
            (self.list, self.bytes, self.hasher) = (current, 0, blake3::Hasher::new());
        }
        let path = self.folder.join(&self.list);
        if fs::metadata(&path)?.len() == self.bytes {
            return Ok(());
        }
        let mut list = File::open(&path)?;
        list.seek(SeekFrom::Start(self.bytes))?;
        self.hasher.update_reader(list)?;
        self.bytes = self.hasher.count();
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let (seal, beside) = (self.folder.join(SEAL), self.folder.join("SEAL.next"));
        let mut file = File::create(&beside)?;
        let told = format!("{} {} {}", self.list, self.bytes, self.hasher.finalize().to_hex());
        writeln!(file, "{told} {}", blake3::hash(told.as_bytes()).to_hex())?;
        file.sync_all()?;
        fs::rename(beside, seal)
    }
}

fn current(folder: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(folder.join(CURRENT))?.trim_end().to_owned())
}

/// Name, length and hash of the list; the last word is the hash of these.
fn parse(text: &str) -> Option<(&str, u64, &str)> {
    let (told, hash) = text.strip_suffix('\n')?.rsplit_once(' ')?;
    let mut words = told.split(' ').filter(|_| blake3::hash(told.as_bytes()).to_hex().as_str() == hash);
    let parsed = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    let is_list = parsed.0.starts_with("MANIFEST-") && !parsed.0.contains('/');
    (is_list && words.next().is_none()).then_some(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(list: &str, content: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CURRENT), format!("{list}\n")).unwrap();
        fs::write(folder.path().join(list), content).unwrap();
        folder
    }

    #[test]
    fn a_list_may_grow_and_nothing_else() {
        let folder = folder("MANIFEST-000005", b"one two");
        let list = folder.path().join("MANIFEST-000005");
        assert!(Seal::check(folder.path()).is_ok(), "one without a seal was never open");
        let mut seal = Seal::begin(folder.path()).unwrap();
        fs::write(&list, b"one two three").unwrap();
        assert!(Seal::check(folder.path()).is_ok());
        seal.renew().unwrap();
        assert!(Seal::check(folder.path()).is_ok());
        for damaged in [b"one two thre".as_slice(), b"", b"one two thRee", b"One two three"] {
            fs::write(&list, damaged).unwrap();
            let error = Seal::check(folder.path()).unwrap_err().to_string();
            assert!(error.contains("MANIFEST-000005, is damaged: bring the state back"), "{damaged:?}: {error}");
        }
        fs::write(&list, b"one two three four").unwrap();
        assert!(Seal::check(folder.path()).is_ok());
    }

    #[test]
    fn a_later_list_takes_over_and_an_earlier_one_is_damage() {
        let folder = folder("MANIFEST-000005", b"one");
        Seal::begin(folder.path()).unwrap();
        for (list, is_fine) in [("MANIFEST-000009", true), ("MANIFEST-000004", false)] {
            fs::write(folder.path().join(CURRENT), format!("{list}\n")).unwrap();
            assert_eq!(Seal::check(folder.path()).is_ok(), is_fine, "{list}");
        }
    }

    #[test]
    fn a_damaged_seal_is_damage() {
        let folder = folder("MANIFEST-000005", b"one");
        Seal::begin(folder.path()).unwrap();
        let seal = fs::read(folder.path().join(SEAL)).unwrap();
        for place in 0..seal.len() {
            let mut flipped = seal.clone();
            flipped[place] ^= 1;
            fs::write(folder.path().join(SEAL), &flipped).unwrap();
            assert!(Seal::check(folder.path()).is_err(), "flipped at {place}");
            fs::write(folder.path().join(SEAL), &seal[..place]).unwrap();
            assert!(Seal::check(folder.path()).is_err(), "cut off at {place}");
        }
    }
}
