//! Places at which a test ends the process, as a crash would. A release build has none of them: the check is compiled
//! with debug assertions only.

use std::collections::BTreeMap;

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU32, Ordering};

/// Name of the environment variable that arms a place, as `place:passes`.
pub const VARIABLE: &str = "TIDEWATCH_FAIL_POINT";

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
    /// A checkpoint was taken and is being uploaded.
    MidCheckpointUpload,
}

impl FailPoint {
    /// Every place.
    pub const ALL: [Self; 5] = [
        Self::AfterStoreCommit,
        Self::MidPublish,
        Self::AfterCommitBeforePrune,
        Self::InRebalance,
        Self::MidCheckpointUpload,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AfterStoreCommit => "after_store_commit",
            Self::MidPublish => "mid_publish",
            Self::AfterCommitBeforePrune => "after_commit_before_prune",
            Self::InRebalance => "in_rebalance",
            Self::MidCheckpointUpload => "mid_checkpoint_upload",
        }
    }
}

/// Which place is armed, and how often it may still be passed.
#[derive(Debug, Default)]
pub struct FailPoints {
    #[cfg(debug_assertions)]
    armed: Option<(FailPoint, AtomicU32)>,
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
                let point = FailPoint::ALL.into_iter().find(|point| point.name() == name)?;
                Some((point, AtomicU32::new(passes.parse().ok()?)))
            });
            Self { armed }
        }
        #[cfg(not(debug_assertions))]
        Self::default()
    }

    /// Passes a place; ends the process when it is armed and was passed often enough.
    #[cfg_attr(not(debug_assertions), expect(unused_variables, clippy::unused_self, reason = "as above"))]
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
