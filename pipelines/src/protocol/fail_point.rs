//! Places at which a test ends the process, as a crash would, or lets it take long. A release build has none of them: the
//! checks are compiled with debug assertions only.

use std::collections::BTreeMap;

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU32, Ordering};

/// Name of the environment variable that arms a place, as `place:passes`.
pub const VARIABLE: &str = "TIDEWATCH_FAIL_POINT";
/// Name of the environment variable that makes the opening of a partition take long, as `partition:seconds`.
pub const SLOW_OPENING: &str = "TIDEWATCH_SLOW_OPENING";

/// A place between two steps of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailPoint {
    /// The store took a batch, and nothing of it was published.
    AfterStoreCommit,
    /// Half of a publication was sent.
    MidPublish,
    /// The broker made a publication visible, and nobody took note.
    AfterCommitBeforePrune,
    /// Partitions are being taken or given up.
    InRebalance,
    /// Some files of a checkpoint are in the object store, and its manifest is not.
    MidCheckpointUpload,
    /// The pager read changes of incidents, and its ledger knows nothing of them.
    BeforeLedgerWrite,
    /// The ledger knows that an attempt begins, and the channel was not called.
    AfterLedgerWrite,
    /// The channel answered, and the ledger does not know.
    AfterCall,
    /// The ledger knows the answer, and the group does not.
    AfterAnswer,
}

impl FailPoint {
    /// Every place between detect and its topics.
    pub const ALL: [Self; 5] = [
        Self::AfterStoreCommit,
        Self::MidPublish,
        Self::AfterCommitBeforePrune,
        Self::InRebalance,
        Self::MidCheckpointUpload,
    ];

    /// Every place between the pager and its channels.
    pub const OF_PAGER: [Self; 4] =
        [Self::BeforeLedgerWrite, Self::AfterLedgerWrite, Self::AfterCall, Self::AfterAnswer];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AfterStoreCommit => "after_store_commit",
            Self::MidPublish => "mid_publish",
            Self::AfterCommitBeforePrune => "after_commit_before_prune",
            Self::InRebalance => "in_rebalance",
            Self::MidCheckpointUpload => "mid_checkpoint_upload",
            Self::BeforeLedgerWrite => "before_ledger_write",
            Self::AfterLedgerWrite => "after_ledger_write",
            Self::AfterCall => "after_call",
            Self::AfterAnswer => "after_answer",
        }
    }
}

/// Which place is armed, how often it may still be passed, and what takes long.
#[derive(Debug, Default)]
pub struct FailPoints {
    #[cfg(debug_assertions)]
    armed: Option<(FailPoint, AtomicU32)>,
    #[cfg(debug_assertions)]
    slow: Option<(i32, std::time::Duration)>,
}

impl FailPoints {
    /// What the environment arms; nothing in a release build.
    #[must_use]
    #[cfg_attr(not(debug_assertions), expect(unused_variables, reason = "a release build has no fail points"))]
    pub fn of(environment: &BTreeMap<String, String>) -> Self {
        #[cfg(debug_assertions)]
        {
            let armed = environment.get(VARIABLE).and_then(|text| {
                let (name, passes) = text.split_once(':')?;
                let mut points = FailPoint::ALL.into_iter().chain(FailPoint::OF_PAGER);
                let point = points.find(|point| point.name() == name)?;
                Some((point, AtomicU32::new(passes.parse().ok()?)))
            });
            let slow = environment.get(SLOW_OPENING).and_then(|text| {
                let (partition, seconds) = text.split_once(':')?;
                Some((partition.parse().ok()?, std::time::Duration::from_secs(seconds.parse().ok()?)))
            });
            Self { armed, slow }
        }
        #[cfg(not(debug_assertions))]
        Self::default()
    }

    /// Takes as long as a test wants the opening of this partition to take.
    #[cfg_attr(
        not(debug_assertions),
        expect(unused_variables, clippy::unused_self, reason = "a release build has none")
    )]
    pub fn linger(&self, partition: i32) {
        #[cfg(debug_assertions)]
        if let Some((slow, time)) = self.slow
            && slow == partition
        {
            tracing::warn!(partition, ?time, "the opening takes long, as a test wants");
            std::thread::sleep(time);
        }
    }

    /// Passes a place; ends the process when it is armed and was passed often enough.
    #[cfg_attr(
        not(debug_assertions),
        expect(unused_variables, clippy::unused_self, reason = "a release build has none")
    )]
    pub fn pass(&self, point: FailPoint) {
        #[cfg(debug_assertions)]
        if let Some((armed, passes)) = &self.armed
            && *armed == point
            && passes.fetch_sub(1, Ordering::Relaxed) <= 1
        {
            tracing::error!(point = point.name(), "the fail point ends the process");
            std::process::abort();
        }
    }
}
