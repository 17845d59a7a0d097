//! Checkpoints: what comes back is what was taken, and nothing else ever comes back.

mod command;
mod continuation;
mod crash;
mod custody;
mod faults;
mod golden;
mod lineage;
mod owners;
mod reshard;
mod restore_time;
mod torn;
