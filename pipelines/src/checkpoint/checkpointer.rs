//! Checkpoints for the detect stage: a few calls that return at once, and a thread that does what takes long.
//!
//! The thread of a partition calls [`claim_epoch`](Checkpointer::claim_epoch) and, where its own state is missing or
//! behind, [`restore`](Checkpointer::restore) when it gains the partition; [`due`](Checkpointer::due) and
//! [`take`](Checkpointer::take) after commits; [`forget`](Checkpointer::forget) when it loses the partition; and
//! [`settle`](Checkpointer::settle) before it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tidewatch_schemas::Timestamp;

use super::choice::{self, Chosen};
use super::error::CheckpointError;
use super::local::Copy;
use super::name::Epoch;
use super::remote::Remote;
use super::schedule::{Last, Schedule};
use super::upload::Meta;
use super::worker::{self, Board, Job, Order, Standing};
use super::{epoch, local, restore};
use crate::clock;
use crate::detect::Lineage;
use crate::detect::snapshot::{Reached, reached};
use crate::protocol::FailPoints;
use crate::state::StateStore;

/// How checkpoints are taken.
#[derive(Clone, Debug)]
pub struct Habits {
    /// The log that is read: its cluster and topic. Checkpoints of another one are refused.
    pub source: String,
    /// What no other process calls itself.
    pub instance: String,
    /// Folder of the states, for copies that are being uploaded.
    pub folder: PathBuf,
    /// When they are due.
    pub schedule: Schedule,
    /// How many of a partition are kept.
    pub keep: usize,
    /// Where tests end the process.
    pub fail_points: Arc<FailPoints>,
}

/// What came of taking a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is being uploaded.
    Queued(Reached),
    /// The one before is still being uploaded.
    Busy,
    /// Nothing was read since the one before.
    Unchanged,
}

/// Takes checkpoints and brings them back.
pub struct Checkpointer {
    habits: Habits,
    remote: Arc<Remote>,
    board: Arc<Board>,
    claims: AtomicU64,
    copies: AtomicU64,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread that uploads.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn new(remote: Remote, habits: Habits) -> Result<Self, CheckpointError> {
        let (remote, board) = (Arc::new(remote), Arc::<Board>::default());
        let (jobs, queue) = channel();
        let (uploading, watching, own) = (Arc::clone(&remote), Arc::clone(&board), habits.clone());
        let thread = thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || worker::run(&queue, &uploading, &watching, &own))
            .map_err(|cause| CheckpointError::Start { what: "the thread of checkpoints", cause })?;
        let (claims, copies) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { habits, remote, board, claims, copies, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Where checkpoints are, for messages.
    #[must_use]
    pub fn url(&self) -> &str {
        self.remote.url()
    }

    /// Becomes the owner of a partition, as far as checkpoints are concerned: nobody with a lower epoch writes one that
    /// counts. The epoch is above `last`, the one that the state knows.
    ///
    /// # Errors
    /// When the object store refuses.
    pub fn claim_epoch(&self, partition: i32, last: Epoch) -> Result<Epoch, CheckpointError> {
        epoch::claim(&self.remote, partition, last, &self.claimant())
    }

    /// What no claim before was made with.
    fn claimant(&self) -> String {
        format!("{}/{}", self.habits.instance, self.claims.fetch_add(1, Ordering::Relaxed))
    }

    /// The checkpoint of a partition that counts; `None` when there is none.
    ///
    /// # Errors
    /// When the object store refuses, or there are checkpoints and none can be used.
    pub fn latest(&self, partition: i32) -> Result<Option<Chosen>, CheckpointError> {
        choice::latest(&self.remote, Some(&self.habits.source), partition, &[])
    }

    /// Restores that checkpoint into `folder`, which must be empty or missing; `None` when there is none.
    ///
    /// # Errors
    /// As [`latest`](Self::latest), and when the folder has something in it or what comes back is not what was taken.
    pub fn restore(&self, partition: i32, folder: &Path) -> Result<Option<Chosen>, CheckpointError> {
        restore::latest(&self.remote, Some(&self.habits.source), partition, folder)
    }

    /// Begins to take checkpoints of a partition, whose store this process has open, the first one an interval after
    /// `now`. An epoch that is not claimed is claimed before the first of them, unless somebody else came meanwhile.
    ///
    /// # Errors
    /// When copies that a process left behind as it died cannot be removed.
    pub fn begin(&self, partition: i32, epoch: (Epoch, bool), now: Timestamp) -> Result<(), CheckpointError> {
        let made = self.copies.load(Ordering::Relaxed);
        local::clear_copies(&self.habits.folder, partition, made)?;
        let last = Last { at: now, written: 0 };
        let called_off = Arc::default();
        let standing = Standing { epoch, last, taken: None, uploaded: None, saved: now, is_busy: false, called_off };
        self.board.lock().insert(partition, standing);
        Ok(())
    }

    /// Whether it is time for a checkpoint of a partition whose store has written so many bytes.
    #[must_use]
    pub fn due(&self, partition: i32, now: Timestamp, written: u64) -> bool {
        let partitions = self.board.lock();
        partitions.get(&partition).is_some_and(|standing| {
            !standing.is_busy && self.habits.schedule.is_due(partition, standing.last, now, written)
        })
    }

    /// Takes a checkpoint of what is committed. It returns when the copy is made, which is quick, and uploads it later.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn take(&self, partition: i32, store: &dyn StateStore, now: Timestamp) -> Result<Taken, CheckpointError> {
        let mut partitions = self.board.lock();
        let Some(standing) = partitions.get_mut(&partition) else { return Ok(Taken::Unchanged) };
        if standing.is_busy {
            return Ok(Taken::Busy);
        }
        standing.last = Last { at: now, written: store.written() };
        let reached = reached(store)?.filter(|reached| standing.taken != Some(reached.next_offset));
        let Some(reached) = reached else {
            standing.saved = now;
            return Ok(Taken::Unchanged);
        };
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let copy = Copy::take(store, self.habits.folder.join(local::copy_name(partition, number)))?;
        let source = self.habits.source.clone();
        let (epoch, is_claimed) = standing.epoch;
        let meta = Meta { source, partition, epoch, reached, lineage: Lineage::of(store)?, taken_at: now };
        let unclaimed = (!is_claimed).then(|| self.claimant());
        let job = Job { copy, order: Order { meta, unclaimed, called_off: Arc::clone(&standing.called_off) } };
        if self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok()) {
            (standing.is_busy, standing.taken) = (true, Some(reached.next_offset));
        }
        Ok(Taken::Queued(reached))
    }

    /// When the latest checkpoint of a partition that is there was taken, and its offset.
    #[must_use]
    pub fn uploaded(&self, partition: i32) -> Option<(Timestamp, u64)> {
        let partitions = self.board.lock();
        let meta = partitions.get(&partition)?.uploaded.as_ref()?;
        Some((meta.taken_at, meta.reached.next_offset))
    }

    /// When the object store last held everything that was committed to any partition; `None` without partitions. One that
    /// was only just gained counts from then.
    #[must_use]
    pub fn saved(&self) -> Option<Timestamp> {
        self.board.lock().values().map(|standing| standing.saved).min()
    }

    /// Takes no more checkpoints of a partition and calls off the one that is on its way.
    pub fn forget(&self, partition: i32) {
        if let Some(standing) = self.board.lock().remove(&partition) {
            standing.called_off.store(true, Ordering::Relaxed);
        }
    }

    /// Waits until everything is uploaded, at most for `limit`; false when something is still on its way.
    #[must_use]
    pub fn settle(&self, limit: Duration) -> bool {
        self.board.settle(limit)
    }
}

impl Drop for Checkpointer {
    /// Calls off what is on its way and waits for the thread.
    fn drop(&mut self) {
        for standing in self.board.lock().values() {
            standing.called_off.store(true, Ordering::Relaxed);
        }
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of checkpoints panicked");
        }
    }
}

/// A name that no other process has: what the kernel makes up, or the number and the beginning of this process where it
/// does not.
#[must_use]
pub fn unlike_any_other() -> String {
    let made_up = std::fs::read_to_string("/proc/sys/kernel/random/uuid");
    made_up.map_or_else(
        |_| format!("{}-{}", std::process::id(), clock::now().0),
        |identifier| identifier.trim().to_owned(),
    )
}
