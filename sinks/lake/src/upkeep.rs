//! What replaces visible files: small ones are merged, old rows go, a tenant is forgotten.
//!
//! All three are one step: some files of a partition are read, others are written, and a snapshot puts these in the place of
//! those. Readers see either. When somebody else made a snapshot meanwhile, the step begins again from that one.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;

use crate::manifest::{FileEntry, merged_path};
use crate::parquet_file::written;
use crate::retention::{Age, Retention};
use crate::rewrite::{entry, read, sorted};
use crate::snapshot::View;
use crate::table::Table;
use crate::{LakeError, Published, Store, forget};

/// How often a step begins again at most.
const TRIES: usize = 20;

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Merges small files of a day.
    Merge(Merging),
    /// Lets rows go that are too old at a moment, in microseconds since 1970.
    Retain(Retention, i64),
    /// Forgets a tenant.
    Forget(String),
}

/// Which files are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merging {
    /// Fewest files that are worth it.
    pub few: usize,
    /// Bytes and rows from which a file is not small; merged ones have up to twice as much.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
}

impl Merging {
    /// Up to 16 MiB and 125,000 rows: what is merged at a time fits in some hundred MiB of memory.
    pub const USUAL: Self = Self { few: 2, bytes: 16 << 20, rows: 125_000 };
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Visible files before.
    pub files_before: usize,
    /// Visible files after.
    pub files_after: usize,
    /// Rows that went, with all or with some of what they said.
    pub rows_gone: u64,
    /// Rows that stay and lost what they said about a tenant.
    pub rows_changed: u64,
}

/// Files that become one or none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    /// Places of the files among the visible ones of the partition, in order.
    places: Vec<usize>,
    /// Whether all their rows go, which needs no reading.
    is_old: bool,
}

/// One step on the files of a partition.
struct Step<'a> {
    store: &'a Store,
    table: Table,
    partition: i32,
    work: &'a Work,
    dry: bool,
}

/// What becomes of a group.
enum Outcome {
    /// It stays as it is.
    Same,
    /// It would become one file, which a dry run does not make.
    Merged,
    /// It becomes one file or none, and so many rows lose something.
    Replaced(Option<FileEntry>, u64),
}

impl Store {
    /// Does `work` on a table, or with `dry` only says what it would come to.
    ///
    /// # Errors
    /// When the object store refuses, a file is damaged, or others replace files all the time.
    pub async fn keep_up(&self, table: Table, work: &Work, dry: bool) -> Result<Done, LakeError> {
        let mut all = Done::default();
        let partitions: Vec<i32> = self.views(table).await?.into_keys().collect();
        for partition in partitions {
            let step = Step { store: self, table, partition, work, dry };
            let mut tries = 0;
            let done = loop {
                let view = self.views(table).await?.remove(&partition).unwrap_or_default();
                if let Some(done) = step.take(&view).await? {
                    break done;
                }
                tries += 1;
                if tries == TRIES {
                    let is_whole = view.has_beginning();
                    let (contended, incomplete) =
                        (LakeError::Contended { table }, LakeError::Incomplete { table, partition });
                    return Err(if is_whole { contended } else { incomplete });
                }
            };
            all.files_before += done.files_before;
            all.files_after += done.files_after;
            all.rows_gone += done.rows_gone;
            all.rows_changed += done.rows_changed;
        }
        Ok(all)
    }
}

impl Step<'_> {
    /// Makes one snapshot on top of what `view` shows; `None` when another was made meanwhile.
    async fn take(&self, view: &View) -> Result<Option<Done>, LakeError> {
        if !view.has_beginning() {
            return Ok(None);
        }
        let files: Vec<FileEntry> = view.files().cloned().collect();
        let mut done = Done { files_before: files.len(), files_after: files.len(), ..Done::default() };
        let mut places: Vec<Option<FileEntry>> = files.iter().cloned().map(Some).collect();
        let mut has_changed = false;
        for group in groups(self.work, self.table, &files) {
            let inputs: Vec<&FileEntry> = group.places.iter().filter_map(|at| files.get(*at)).collect();
            match self.outcome(&group, &inputs, view.next_number()).await? {
                Outcome::Same => {}
                Outcome::Merged => done.files_after = (done.files_after + 1).saturating_sub(inputs.len()),
                Outcome::Replaced(file, changed) => {
                    let rows_before: u64 = inputs.iter().map(|file| file.rows).sum();
                    done.rows_gone += rows_before.saturating_sub(file.as_ref().map_or(0, |file| file.rows));
                    done.rows_changed += changed;
                    done.files_after = (done.files_after + usize::from(file.is_some())).saturating_sub(inputs.len());
                    place(&mut places, &group.places, file);
                    has_changed = true;
                }
            }
        }
        // To forget is also to leave behind the manifests that list the name.
        let is_due = has_changed || (matches!(self.work, Work::Forget(_)) && !view.chain.is_empty());
        let snapshot = view.successor(places.into_iter().flatten().collect());
        let Some(snapshot) = snapshot.filter(|_| is_due && !self.dry) else { return Ok(Some(done)) };
        let published = self.store.replace(self.table, &snapshot).await?;
        Ok((published == Published::Ours).then_some(done))
    }

    async fn outcome(&self, group: &Group, inputs: &[&FileEntry], number: u64) -> Result<Outcome, LakeError> {
        if group.is_old {
            return Ok(Outcome::Replaced(None, 0));
        }
        if self.dry && matches!(self.work, Work::Merge(_)) {
            return Ok(Outcome::Merged);
        }
        let mut batches = Vec::with_capacity(inputs.len());
        for file in inputs {
            batches.push(read(self.table, &file.path, self.store.content(file).await?)?);
        }
        let Some((batch, changed)) = rewritten(self.work, self.table, &batches)? else { return Ok(Outcome::Same) };
        let day = inputs.first().map_or("", |file| day(&file.path));
        let Some((file, bytes)) = output(self.table, self.partition, number, day, &batch)? else {
            return Ok(Outcome::Replaced(None, changed));
        };
        if !self.dry {
            self.store.put(&file.path, bytes).await?;
        }
        Ok(Outcome::Replaced(Some(file), changed))
    }
}

/// Puts a file where the first of the ones was that it replaces.
fn place(places: &mut [Option<FileEntry>], replaced: &[usize], mut file: Option<FileEntry>) {
    for at in replaced {
        if let Some(place) = places.get_mut(*at) {
            *place = file.take();
        }
    }
}

/// The folder of the day that a file lies in.
fn day(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Which of the visible files of a partition `work` may be about.
fn groups(work: &Work, table: Table, files: &[FileEntry]) -> Vec<Group> {
    match work {
        Work::Merge(merging) => mergeable(*merging, files),
        Work::Retain(retention, now) => {
            let aged = files.iter().enumerate().map(|(at, file)| (at, retention.age(table, file, *now)));
            aged.filter(|(_, age)| *age != Age::Young)
                .map(|(at, age)| Group { places: vec![at], is_old: age == Age::Old })
                .collect()
        }
        // Rows of others may name the tenant, which no entry says.
        Work::Forget(_) => (0..files.len()).map(|at| Group { places: vec![at], is_old: false }).collect(),
    }
}

/// Small files of one day that become one, in the order of offsets.
fn mergeable(merging: Merging, files: &[FileEntry]) -> Vec<Group> {
    let mut days: BTreeMap<&str, Vec<Small>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        if file.bytes >= merging.bytes || file.rows >= merging.rows {
            continue;
        }
        let of_day = days.entry(day(&file.path)).or_default();
        match of_day.last_mut() {
            Some(last) if last.bytes < merging.bytes && last.rows < merging.rows => {
                last.places.push(at);
                last.bytes += file.bytes;
                last.rows += file.rows;
            }
            _ => of_day.push(Small { places: vec![at], bytes: file.bytes, rows: file.rows }),
        }
    }
    let groups = days.into_values().flatten().map(|small| Group { places: small.places, is_old: false });
    groups.filter(|group| group.places.len() >= merging.few.max(2)).collect()
}

/// Small files that are gathered.
struct Small {
    places: Vec<usize>,
    bytes: u64,
    rows: u64,
}

/// The rows that stay of those of a group, and how many of them are not as they were; `None` where nothing changes.
fn rewritten(work: &Work, table: Table, batches: &[RecordBatch]) -> Result<Option<(RecordBatch, u64)>, LakeError> {
    let batch = sorted(table, batches)?;
    match work {
        Work::Merge(_) => Ok(Some((batch, 0))),
        Work::Retain(retention, now) => {
            let kept = retention.kept(table, &batch, *now);
            if kept.false_count() == 0 {
                return Ok(None);
            }
            Ok(Some((filter_record_batch(&batch, &kept)?, 0)))
        }
        Work::Forget(tenant) => forget::without(table, tenant, &batch),
    }
}

/// The file with the rows of `batch`; `None` where there are none.
fn output(
    table: Table,
    partition: i32,
    number: u64,
    day: &str,
    batch: &RecordBatch,
) -> Result<Option<(FileEntry, Vec<u8>)>, LakeError> {
    if batch.num_rows() == 0 {
        return Ok(None);
    }
    let bytes = written(std::slice::from_ref(batch))?;
    let content = blake3::hash(&bytes).to_hex();
    let content = content.get(..16).unwrap_or_default();
    let path = merged_path(table, partition, number, day, content);
    Ok(Some((entry(table, path, bytes.len(), batch), bytes)))
}

#[cfg(test)]
mod tests;
