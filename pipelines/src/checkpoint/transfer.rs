//! Moves files between a folder and the object store, several at a time and in pieces, and hashes what it moves.
//!
//! A file is hashed again on its way in both directions: what lies under a hash has that hash, or is not put there.

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Error as Refusal, GetOptions, GetRange, ObjectStoreExt as _, PutPayload, WriteMultipart};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::error::CheckpointError;
use super::remote::Remote;

/// Files that are moved at the same time.
const AT_A_TIME: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 8 * 1024 * 1024;
/// Pieces of a file that are on their way at the same time.
const PIECES: usize = 2;
/// Bytes that are read at once.
const READ: usize = 1024 * 1024;

/// A file and the object it is, or becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The file.
    pub file: PathBuf,
    /// The object.
    pub object: Path,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub hash: String,
}

/// Why a file was not moved.
enum Trouble {
    Refused(Refusal),
    Local(&'static str, std::io::Error),
    Differs(String),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Remote {
    /// Uploads files. Those that are there already are written again, with the same content.
    ///
    /// # Errors
    /// When the object store refuses, or a file is not what it should be.
    pub fn upload(&self, moves: &[Move]) -> Result<(), CheckpointError> {
        let each = |one| async move {
            self.persistently(|| self.upload_one(one)).await.map_err(|trouble| self.explain("upload", one, trouble))
        };
        self.block_on(futures::stream::iter(moves).map(each).buffer_unordered(AT_A_TIME).try_collect())
    }

    /// Downloads files that are not there yet.
    ///
    /// # Errors
    /// When the object store refuses, or an object is not what it should be.
    pub fn download(&self, moves: &[Move]) -> Result<(), CheckpointError> {
        let each =
            |one| async move { self.download_one(one).await.map_err(|trouble| self.explain("download", one, trouble)) };
        self.block_on(futures::stream::iter(moves).map(each).buffer_unordered(AT_A_TIME).try_collect())
    }

    /// Tries again what the object store refused; what is wrong with a file, stays wrong.
    async fn persistently<F: Future<Output = Result<(), Trouble>>>(&self, call: impl Fn() -> F) -> Result<(), Trouble> {
        let refused = || async {
            match call().await {
                Ok(()) => Ok(None),
                Err(Trouble::Refused(refusal)) => Err(refusal),
                Err(trouble) => Ok(Some(trouble)),
            }
        };
        self.patiently(refused).await?.map_or(Ok(()), Err)
    }

    async fn upload_one(&self, one: &Move) -> Result<(), Trouble> {
        let mut file = File::open(&one.file).await.map_err(|cause| Trouble::Local("read", cause))?;
        if one.bytes <= PIECE as u64 {
            let mut content = Vec::new();
            file.read_to_end(&mut content).await.map_err(|cause| Trouble::Local("read", cause))?;
            check(one, content.len() as u64, blake3::hash(&content))?;
            self.store.put(&one.object, PutPayload::from(content)).await?;
            return Ok(());
        }
        let upload = self.store.put_multipart(&one.object).await?;
        let mut pieces = WriteMultipart::new_with_chunk_size(upload, PIECE);
        match send(one, &mut file, &mut pieces).await {
            Ok(()) => pieces.finish().await.map(drop).map_err(Trouble::from),
            Err(trouble) => {
                // What is left of it costs money and hurts nobody; the refusal before says more.
                let _ = pieces.abort().await;
                Err(trouble)
            }
        }
    }

    /// Piece by piece, each a request of its own: one that fails is asked for again, and a file may take longer than a
    /// request may.
    async fn download_one(&self, one: &Move) -> Result<(), Trouble> {
        let write = |cause| Trouble::Local("write", cause);
        let mut file = File::create(&one.file).await.map_err(write)?;
        let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0);
        while bytes < one.bytes {
            let piece = bytes..one.bytes.min(bytes + PIECE as u64);
            let (length, piece) = self.patiently(|| self.piece(&one.object, piece.clone())).await?;
            if length != one.bytes || piece.is_empty() {
                return Err(Trouble::Differs(format!("it has {length} bytes instead of {}", one.bytes)));
            }
            bytes += piece.len() as u64;
            hasher.update(&piece);
            file.write_all(&piece).await.map_err(write)?;
        }
        file.sync_all().await.map_err(write)?;
        check(one, bytes, hasher.finalize())
    }

    /// A piece of an object, and the length of the whole.
    async fn piece(&self, object: &Path, range: Range<u64>) -> Result<(u64, Bytes), Refusal> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let found = self.store.get_opts(object, options).await?;
        Ok((found.meta.size, found.bytes().await?))
    }

    fn explain(&self, what: &'static str, one: &Move, trouble: Trouble) -> CheckpointError {
        match trouble {
            Trouble::Refused(refusal) => CheckpointError::remote(&self.url, what, &one.object, &refusal),
            Trouble::Local(what, cause) => CheckpointError::local(what, &one.file)(cause),
            Trouble::Differs(difference) => {
                CheckpointError::Damaged { url: self.url.clone(), path: one.object.to_string(), difference }
            }
        }
    }
}

async fn send(one: &Move, file: &mut File, pieces: &mut WriteMultipart) -> Result<(), Trouble> {
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0);
    loop {
        let mut piece = bytes::BytesMut::with_capacity(READ);
        let read = file.read_buf(&mut piece).await.map_err(|cause| Trouble::Local("read", cause))?;
        if read == 0 {
            return check(one, bytes, hasher.finalize());
        }
        bytes += read as u64;
        hasher.update(&piece);
        pieces.wait_for_capacity(PIECES).await?;
        pieces.put(piece.freeze());
    }
}

fn check(one: &Move, bytes: u64, hash: blake3::Hash) -> Result<(), Trouble> {
    if bytes != one.bytes {
        return Err(Trouble::Differs(format!("it has {bytes} bytes instead of {}", one.bytes)));
    }
    if hash.to_hex().as_str() != one.hash {
        return Err(Trouble::Differs(format!("its content has the hash {} instead of {}", hash.to_hex(), one.hash)));
    }
    Ok(())
}

/// BLAKE3 of a file in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn hash_of(file: &FilePath) -> Result<String, CheckpointError> {
    let hashed = || {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(file)?)?;
        Ok(hasher.finalize().to_hex().to_string())
    };
    hashed().map_err(CheckpointError::local("read", file))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::checkpoint::remote::Patience;

    fn remote() -> Remote {
        Remote::new(Arc::new(InMemory::new()), "memory".to_owned(), Patience::USUAL).unwrap()
    }

    /// A file of `length` bytes that are not all the same.
    fn file(folder: &FilePath, length: usize) -> Move {
        let content: Vec<u8> = (0..=250_u8).cycle().take(length).collect();
        let file = folder.join(length.to_string());
        std::fs::write(&file, content).unwrap();
        let hash = hash_of(&file).unwrap();
        Move { file, object: Path::from(format!("sst/0/{hash}")), bytes: length as u64, hash }
    }

    #[test]
    fn files_of_any_length_come_back_as_they_were() {
        let (folder, remote) = (tempfile::tempdir().unwrap(), remote());
        let moves = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17].map(|length| file(folder.path(), length));
        remote.upload(&moves).unwrap();
        let back = moves.clone().map(|one| Move { file: one.file.with_extension("back"), ..one });
        remote.download(&back).unwrap();
        for (one, back) in moves.iter().zip(&back) {
            assert!(std::fs::read(&one.file).unwrap() == std::fs::read(&back.file).unwrap(), "{} bytes", one.bytes);
        }
    }

    #[test]
    fn what_has_another_hash_or_length_is_not_moved() {
        let (folder, remote) = (tempfile::tempdir().unwrap(), remote());
        for length in [100, PIECE + 100] {
            let right = file(folder.path(), length);
            let wrong_hash = Move { hash: "00".repeat(32), ..right.clone() };
            let wrong_length = Move { bytes: right.bytes + 1, ..right.clone() };
            for (wrong, said) in [(wrong_hash, "its content has the hash"), (wrong_length, "bytes instead of")] {
                let error = remote.upload(std::slice::from_ref(&wrong)).unwrap_err();
                assert!(error.to_string().contains(said) && !error.passes(), "{error}");
                assert_eq!(remote.find(&right.object).unwrap(), None, "nothing was put there");
                remote.create(&right.object, &std::fs::read(&right.file).unwrap()).unwrap();
                let error = remote.download(&[Move { file: folder.path().join("back"), ..wrong }]).unwrap_err();
                assert!(error.to_string().contains(said), "{error}");
                remote.remove(&right.object).unwrap();
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let (folder, remote) = (tempfile::tempdir().unwrap(), remote());
        let missing = Move { file: folder.path().join("none"), ..file(folder.path(), 5) };
        let upload = remote.upload(std::slice::from_ref(&missing)).unwrap_err().to_string();
        assert!(upload.contains("cannot read") && upload.contains("none"), "{upload}");
        let download = remote.download(&[missing]).unwrap_err().to_string();
        assert!(download.starts_with("checkpoints at memory: cannot download sst/0/"), "{download}");
    }
}
