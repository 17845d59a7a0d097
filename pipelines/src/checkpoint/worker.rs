//! The thread that uploads checkpoints, one after the other, while detect goes on judging.
//!
//! A partition has at most one checkpoint in the queue, so the queue is as long as there are partitions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidewatch_schemas::Timestamp;

use super::checkpointer::Habits;
use super::collect::{self, Collected, Read};
use super::epoch;
use super::error::CheckpointError;
use super::local::Copy;
use super::name::Epoch;
use super::remote::Remote;
use super::schedule::Last;
use super::upload::{Known, Meta, Uploaded, upload};
use crate::clock::Stopwatch;
use crate::protocol::FailPoint;

/// A checkpoint that was taken and is to be uploaded.
pub(super) struct Job {
    pub copy: Copy,
    pub order: Order,
}

/// What a job is about.
pub(super) struct Order {
    /// With the epoch of the owner, once it has claimed one.
    pub meta: Meta,
    /// What the owner calls itself when it has not; see [`Standing::epoch`].
    pub unclaimed: Option<String>,
    pub called_off: Arc<AtomicBool>,
}

/// What the detect thread and the uploading thread both know.
#[derive(Debug, Default)]
pub(super) struct Board {
    partitions: Mutex<BTreeMap<i32, Standing>>,
    settled: Condvar,
}

/// How it stands with the checkpoints of a partition that is owned.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// The epoch, and whether it is claimed. One that is not was counted without the object store, which did not answer.
    pub epoch: (Epoch, bool),
    /// When the latest was taken, or the partition was gained.
    pub last: Last,
    /// Offset of the latest that was taken.
    pub taken: Option<u64>,
    /// The latest that was uploaded.
    pub uploaded: Option<Meta>,
    /// When the object store last held everything that was committed, or the partition was gained.
    pub saved: Timestamp,
    /// Whether one is in the queue or on its way.
    pub is_busy: bool,
    /// Ends the one that is on its way.
    pub called_off: Arc<AtomicBool>,
}

impl Board {
    pub fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Standing>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is on its way, at most for `limit`; false when something still is.
    pub fn settle(&self, limit: Duration) -> bool {
        let is_busy = |partitions: &mut BTreeMap<i32, Standing>| partitions.values().any(|one| one.is_busy);
        let waited = self.settled.wait_timeout_while(self.lock(), limit, is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn claimed(&self, order: &Order) {
        if let Some(standing) = self.lock().get_mut(&order.meta.partition)
            && Arc::ptr_eq(&standing.called_off, &order.called_off)
        {
            standing.epoch = (order.meta.epoch, true);
        }
    }

    fn done(&self, order: &Order, is_uploaded: bool) {
        if let Some(standing) = self.lock().get_mut(&order.meta.partition)
            && Arc::ptr_eq(&standing.called_off, &order.called_off)
        {
            standing.is_busy = false;
            if is_uploaded {
                standing.uploaded = Some(order.meta.clone());
                standing.saved = order.meta.taken_at;
            } else {
                // What was taken is not there; the next one is worth taking even at the same offset.
                standing.taken = None;
            }
        }
        self.settled.notify_all();
    }
}

/// What the thread remembers of a partition while it has one owner.
struct Memory {
    epoch: Epoch,
    known: Known,
    read: Read,
}

/// Uploads until the sender is gone.
pub(super) fn run(jobs: &Receiver<Job>, remote: &Remote, board: &Board, habits: &Habits) {
    let mut memories: BTreeMap<i32, Memory> = BTreeMap::new();
    while let Ok(Job { copy, mut order }) = jobs.recv() {
        let claimed = claim(remote, &mut order);
        if claimed.is_ok() {
            board.claimed(&order);
        }
        let fresh = || Memory { epoch: order.meta.epoch, known: Known::default(), read: Read::new() };
        let memory = memories.entry(order.meta.partition).or_insert_with(fresh);
        if memory.epoch != order.meta.epoch {
            *memory = fresh();
        }
        let watch = Stopwatch::start();
        let result = claimed.and_then(|()| finish(remote, (&copy, &order), memory, habits));
        drop(copy);
        tell(&order.meta, &result, watch.elapsed());
        if result.is_err() {
            // Whether all that was thought to be there is there, is no longer sure.
            memory.known = Known::default();
        }
        board.done(&order, result.is_ok());
    }
}

/// Claims the epoch of an owner that could not when it gained the partition, unless somebody else has come since.
fn claim(remote: &Remote, order: &mut Order) -> Result<(), CheckpointError> {
    let Some(claimant) = order.unclaimed.take() else { return Ok(()) };
    let Meta { partition, epoch, .. } = order.meta;
    let highest = epoch::highest(remote, partition)?.unwrap_or_default();
    if highest >= epoch {
        return Err(CheckpointError::Superseded { partition, epoch, highest });
    }
    order.meta.epoch = epoch::claim(remote, partition, epoch, &claimant)?;
    Ok(())
}

type Finished = (Uploaded, Result<Collected, CheckpointError>);

fn finish(
    remote: &Remote,
    (copy, order): (&Copy, &Order),
    memory: &mut Memory,
    habits: &Habits,
) -> Result<Finished, CheckpointError> {
    let goes_on = || {
        habits.fail_points.pass(FailPoint::MidCheckpointUpload);
        !order.called_off.load(Ordering::Relaxed)
    };
    let uploaded = upload(remote, copy, &order.meta, &mut memory.known, &goes_on)?;
    let collected = collect::collect(remote, &uploaded.manifest, habits.keep, &mut memory.read);
    Ok((uploaded, collected))
}

fn tell(meta: &Meta, result: &Result<Finished, CheckpointError>, took: Duration) {
    let Meta { partition, epoch, reached, .. } = meta;
    let (epoch, offset, millis) = (epoch.0, reached.next_offset, took.as_millis());
    match result {
        Ok((uploaded, collected)) => {
            let (files, bytes) = (uploaded.manifest.files.len(), uploaded.manifest.bytes());
            let fresh = uploaded.fresh_bytes;
            tracing::debug!(partition, epoch, offset, files, bytes, fresh, millis, "checkpoint uploaded");
            if let Err(error) = collected {
                tracing::warn!(partition, %error, "old checkpoints stay for now");
            }
        }
        Err(error @ CheckpointError::CalledOff { .. }) => {
            tracing::debug!(partition, epoch, offset, %error, "checkpoint");
        }
        Err(error) => {
            tracing::warn!(partition, epoch, offset, %error, "checkpoint failed; the next one is due as usual");
        }
    }
}
