//! Checkpoints: copies of the states of partitions in an object store, from which another machine goes on instead of
//! reading days of observations again.
//!
//! ```text
//! epochs/<partition>/<epoch>                   who owned the partition, one after the other
//! manifests/<partition>/<epoch>-<offset>.json  what a checkpoint consists of
//! sst/<partition>/<hash>                       tables of RocksDB, by the hash of their content
//! files/<partition>/<hash>                     its other files, likewise
//! ```
//!
//! A file is named by its content, so a checkpoint uploads what the one before did not have. A manifest is created after
//! all its files and never changed, so a checkpoint that was begun and not finished does not exist. Among the manifests of
//! a partition the one with the highest epoch, then the highest offset counts: an owner that does not know yet that it
//! was replaced writes under its own, lower epoch and never wins. Files lie apart by partition, because only the owner of
//! a partition can know which of them are still needed.
//!
//! | module | does |
//! |---|---|
//! | [`name`], [`manifest`], [`retention`], [`schedule`] | what is decided: names and their order, contents, what goes, when; no I/O |
//! | [`location`], [`remote`], [`transfer`] | the object store as blocking calls, with retries where they make sense |
//! | [`epoch`] | claims the ownership of a partition |
//! | [`choice`] | finds the checkpoint that counts, and says why others do not |
//! | [`local`], [`upload`], [`collect`] | takes a checkpoint, and removes what no checkpoint needs |
//! | [`restore`] | brings a checkpoint back into a folder, checked |
//! | [`custody`] | which state a machine goes on with when it gains a partition |
//! | [`checkpointer`] | all of it for the detect stage, with a thread of its own for what takes long |

pub mod checkpointer;
pub mod choice;
pub mod collect;
pub mod custody;
pub mod epoch;
pub mod error;
pub mod local;
pub mod location;
pub mod manifest;
pub mod name;
pub mod remote;
pub mod restore;
pub mod retention;
pub mod schedule;
pub mod transfer;
pub mod upload;
mod worker;

pub use checkpointer::{Checkpointer, Habits, Taken};
pub use choice::{Chosen, Flawed};
pub use error::CheckpointError;
pub use location::{Location, Provider};
pub use manifest::Manifest;
pub use name::Epoch;
pub use remote::{Patience, Remote};
