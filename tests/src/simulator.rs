//! A simulated world for the exactly-once protocol: the very lane and processor of the service, over a log, topics, disks
//! and a group that misbehave as a seeded scheduler says.
//!
//! | module | does |
//! |---|---|
//! | [`random`] | draws |
//! | [`input`] | a log of observations, and what comes of it when nothing goes wrong |
//! | [`fuse`] | ends a process at any effect, before it or after it |
//! | [`disk`] | the store of an instance: loses what a power cut takes, or all of it |
//! | [`topics`] | output topics: transactions, fencing, late requests, lost ends |
//! | [`exit`] | an instance's way to the topics, and what the network does on it |
//! | [`instance`] | an instance: a disk, a lane, and what it believes |
//! | [`schedule`] | the scheduler, its faults, and the rules that can be broken |
//! | [`oracle`] | what must hold in the end |
//!
//! One source partition and three instances: partitions share nothing but machines.

pub mod disk;
pub mod exit;
pub mod fuse;
pub mod input;
pub mod instance;
pub mod oracle;
pub mod random;
pub mod schedule;
pub mod topics;

pub use oracle::Violation;
pub use schedule::{Broken, Faults, run};
