//! Replacing visible files by others, and deleting what nothing can show any more.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error as Refusal, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, PutPayload};

use super::{Published, Store};
use crate::LakeError;
use crate::manifest::{self, FileEntry, Manifest, Origin};
use crate::snapshot::{self, Snapshot, View};
use crate::table::Table;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Objects.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Store {
    /// The bytes of a visible file.
    pub(crate) async fn content(&self, file: &FileEntry) -> Result<bytes::Bytes, LakeError> {
        self.read(&Path::from(file.path.as_str())).await
    }

    /// Writes a file that a snapshot will name.
    pub(crate) async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), LakeError> {
        let (path, payload) = (Path::from(path), PutPayload::from(bytes));
        self.insist("write", &path, || async { self.objects.put(&path, payload.clone()).await.map(drop) }).await
    }

    /// Makes a snapshot the newest one, unless another has its number.
    pub(crate) async fn replace(&self, table: Table, snapshot: &Snapshot) -> Result<Published, LakeError> {
        self.create(&snapshot::path(table, snapshot.partition, snapshot.number), &snapshot.written()).await
    }

    /// Deletes what no reader can need that began at `since` or later, in milliseconds since 1970: files, manifests and
    /// snapshots that were replaced before. `i64::MAX` leaves what is visible now, and a question that is being answered at
    /// that moment may miss a file. What a writer is about to make visible stays.
    ///
    /// # Errors
    /// When the object store refuses.
    pub async fn clean(&self, table: Table, since: i64, only_count: bool) -> Result<Cleaned, LakeError> {
        let snapshots = self.objects_in(&snapshot::folder(table)).await?;
        let manifests = self.objects_in(&manifest::folder(table)).await?;
        let data = self.objects_in(&Path::from(table.name())).await?;
        let partitions: BTreeSet<i32> =
            snapshots.iter().filter_map(|object| Some(manifest::named(&object.location)?.0)).collect();
        let mut cleaned = Cleaned::default();
        for partition in partitions {
            let of = |objects: &[ObjectMeta]| -> Vec<(i64, ObjectMeta)> {
                let named =
                    objects.iter().filter_map(|object| Some((manifest::named(&object.location)?, object.clone())));
                named.filter(|((number, _), _)| *number == partition).map(|((_, at), object)| (at, object)).collect()
            };
            let Some(kept) = kept(of(&snapshots), since) else { continue };
            if self.has(&snapshot::path(table, partition, kept.newest.saturating_add(1))).await? {
                continue; // the listing was behind, and what it shows is not what is visible
            }
            let Some(views) = self.kept_views(&kept.paths, of(&manifests)).await? else { continue };
            let named: BTreeSet<&str> = views.iter().flat_map(View::files).map(|file| file.path.as_str()).collect();
            let shown = views.iter().filter_map(|view| view.snapshot.as_ref());
            let until = shown.map(|snapshot| snapshot.next).min().unwrap_or(i64::MIN);
            let mut gone: Vec<ObjectMeta> = data
                .iter()
                .filter(|object| {
                    manifest::data_file(&object.location).is_some_and(|(number, origin)| {
                        let is_settled = match origin {
                            Origin::Records(start) => start < until,
                            Origin::Snapshot(number) => number <= kept.newest,
                        };
                        number == partition && is_settled && !named.contains(object.location.as_ref())
                    })
                })
                .cloned()
                .collect();
            gone.extend(of(&manifests).into_iter().filter(|(start, _)| *start < until).map(|(_, object)| object));
            gone.extend(kept.gone);
            cleaned.objects += gone.len();
            cleaned.bytes += gone.iter().map(|object| object.size).sum::<u64>();
            if !only_count {
                self.delete(&gone).await?;
            }
        }
        Ok(cleaned)
    }

    /// What readers may hold: each of the snapshots at `paths`, and the manifests behind it. `None` when one of them is gone,
    /// because another is deleting as well.
    async fn kept_views(
        &self,
        paths: &[Path],
        manifests: Vec<(i64, ObjectMeta)>,
    ) -> Result<Option<Vec<View>>, LakeError> {
        let Some(snapshots) = self.read_all(paths.to_vec(), Snapshot::read).await? else { return Ok(None) };
        let from = snapshots.iter().map(|snapshot| snapshot.next).min().unwrap_or(i64::MIN);
        let behind = manifests.into_iter().filter(|(start, _)| *start >= from).map(|(_, object)| object.location);
        let Some(manifests) = self.read_all(behind.collect(), Manifest::read).await? else { return Ok(None) };
        Ok(Some(snapshots.into_iter().map(|snapshot| View::of(Some(snapshot), manifests.clone())).collect()))
    }

    async fn delete(&self, gone: &[ObjectMeta]) -> Result<(), LakeError> {
        for object in gone {
            let delete = || async {
                match self.objects.delete(&object.location).await {
                    Ok(()) | Err(Refusal::NotFound { .. }) => Ok(()),
                    Err(refusal) => Err(refusal),
                }
            };
            self.insist("delete", &object.location, delete).await?;
        }
        Ok(())
    }

    async fn objects_in(&self, folder: &Path) -> Result<Vec<ObjectMeta>, LakeError> {
        let list = || async { self.objects.list(Some(folder)).try_collect::<Vec<_>>().await };
        self.insist("list", folder, list).await
    }
}

/// Which snapshots of a partition stay.
struct Kept {
    paths: Vec<Path>,
    /// The number of the newest one.
    newest: u64,
    gone: Vec<ObjectMeta>,
}

/// Whoever began at `since` or later saw a snapshot that is not older, or the last one before. `None` where there was none
/// before, so that what no snapshot speaks of may still be read.
fn kept(mut snapshots: Vec<(i64, ObjectMeta)>, since: i64) -> Option<Kept> {
    snapshots.sort_by_key(|(number, _)| *number);
    let is_before = |object: &ObjectMeta| object.last_modified.timestamp_millis() < since;
    let first = snapshots.iter().rposition(|(_, object)| is_before(object))?;
    let newest = snapshots.last().map_or(0, |(number, _)| u64::try_from(*number).unwrap_or_default());
    let stays = snapshots.split_off(first);
    Some(Kept {
        paths: stays.into_iter().map(|(_, object)| object.location).collect(),
        newest,
        gone: snapshots.into_iter().map(|(_, object)| object).collect(),
    })
}
