//! Why something could not be done with checkpoints, and whether trying again makes sense.

use std::io;
use std::path::Path as FilePath;

use object_store::Error as Refusal;
use object_store::path::Path;

use super::manifest::Flaw;
use super::name::{Epoch, ManifestName};
use crate::detect::ProcessorError;
use crate::state::StoreError;

/// Something could not be done with checkpoints.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The object store did not do what it was asked.
    #[error("checkpoints at {url}: cannot {what} {path}: {cause}; {advice}")]
    Remote {
        /// Where the checkpoints are.
        url: String,
        /// What was asked.
        what: &'static str,
        /// Of which object.
        path: String,
        /// Why not.
        cause: String,
        /// What to do.
        advice: &'static str,
        /// Whether it may work later.
        passes: bool,
    },
    /// An object is not what its name says, or a file is not what it was when its name was made.
    #[error("checkpoints at {url}: {path} is damaged: {difference}; look for what damages files")]
    Damaged {
        /// Where the checkpoints are.
        url: String,
        /// Which object.
        path: String,
        /// How it is different.
        difference: String,
    },
    /// A file of this machine could not be used.
    #[error("cannot {what} {path}: {cause}")]
    Local {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: String,
        /// Why not.
        cause: io::Error,
    },
    /// The store of the partition failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store of the partition holds what this release cannot read.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// The checkpoint cannot be used.
    #[error("checkpoint {name} of partition {partition} at {url} cannot be used: {flaw}")]
    Flawed {
        /// Where the checkpoints are.
        url: String,
        /// Which partition.
        partition: i32,
        /// Which checkpoint.
        name: ManifestName,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// What was restored is not what the manifest says.
    #[error("checkpoint {name} of partition {partition} restores to another state: {difference}")]
    Differs {
        /// Which partition.
        partition: i32,
        /// Which checkpoint.
        name: ManifestName,
        /// What is different.
        difference: String,
    },
    /// There is something in the folder to restore to.
    #[error("{folder} is not empty: name another folder, or remove it when its state is not needed")]
    NotEmpty {
        /// The folder.
        folder: String,
    },
    /// The manifest is there already, with another content.
    #[error(
        "checkpoint {name} of partition {partition} was written by another owner of epoch {epoch}; epochs must be claimed"
    )]
    Contested {
        /// Which partition.
        partition: i32,
        /// Which checkpoint.
        name: ManifestName,
        /// The epoch that two owners believe to have.
        epoch: Epoch,
    },
    /// The partition has a later owner.
    #[error(
        "partition {partition} has an owner of epoch {highest}, and epoch {epoch} was counted without the object store"
    )]
    Superseded {
        /// Which partition.
        partition: i32,
        /// The epoch that was not claimed.
        epoch: Epoch,
        /// The highest that was.
        highest: Epoch,
    },
    /// The epoch was claimed again and again by others.
    #[error("no epoch of partition {partition} could be claimed in {tries} tries at {url}")]
    NoEpoch {
        /// Which partition.
        partition: i32,
        /// How often it was tried.
        tries: u32,
        /// Where.
        url: String,
    },
    /// The checkpoint was called off.
    #[error("the checkpoint of partition {partition} was called off: the partition was given up")]
    CalledOff {
        /// Which partition.
        partition: i32,
    },
    /// A thread or runtime could not be started.
    #[error("cannot start {what}: {cause}")]
    Start {
        /// What.
        what: &'static str,
        /// Why not.
        cause: io::Error,
    },
    /// The configured place cannot be used.
    #[error("checkpoints at {url}: {cause}")]
    Place {
        /// The place.
        url: String,
        /// Why not.
        cause: String,
    },
}

impl CheckpointError {
    /// Whether trying again later makes sense.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Remote { passes, .. } => *passes,
            Self::NoEpoch { .. } => true,
            _ => false,
        }
    }

    pub(super) fn remote(url: &str, what: &'static str, path: &Path, refusal: &Refusal) -> Self {
        let (url, path, cause) = (url.to_owned(), path.to_string(), refusal.to_string());
        let passes = may_pass(refusal) || is_about_rights(refusal);
        Self::Remote { url, what, path, advice: advice(refusal, &cause), cause, passes }
    }

    pub(super) fn local(what: &'static str, path: &FilePath) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |cause| Self::Local { what, path, cause }
    }
}

/// Whether a refusal may be another one a moment later. What the request itself is to blame for, stays.
pub(super) fn may_pass(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Generic { .. } | Refusal::JoinError { .. })
}

/// Whether a credential is to blame. To ask again at once is in vain, but what was right may have expired and may be put
/// right: a machine that has a state goes on with it as if nobody had answered.
fn is_about_rights(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::PermissionDenied { .. } | Refusal::Unauthenticated { .. })
}

const RIGHTS: &str = "give the rights to read, write, list and delete there";
const CREDENTIALS: &str = "set the credentials in detect.checkpoints.options";

/// What to do. A listing that a bucket refuses tells why in its words only.
fn advice(refusal: &Refusal, cause: &str) -> &'static str {
    match refusal {
        Refusal::NotFound { .. } => "it was removed, or the URL is another one",
        Refusal::PermissionDenied { .. } => RIGHTS,
        Refusal::Unauthenticated { .. } => CREDENTIALS,
        Refusal::NotImplemented { .. } | Refusal::NotSupported { .. } => {
            "use an object store that can create an object only where there is none"
        }
        Refusal::Generic { .. } if cause.contains("NoSuchBucket") => {
            "make the bucket, or correct detect.checkpoints.url"
        }
        Refusal::Generic { .. } if cause.contains("403 Forbidden") => RIGHTS,
        Refusal::Generic { .. } if cause.contains("401 Unauthorized") => CREDENTIALS,
        Refusal::Generic { .. } | Refusal::JoinError { .. } => "it is tried again; see that the object store answers",
        _ => "look at detect.checkpoints.url",
    }
}
