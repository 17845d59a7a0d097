//! Checkpoints: what comes back is what was taken, and nothing else ever comes back.

#[path = "checkpoints/command.rs"]
mod command;
#[path = "checkpoints/continuation.rs"]
mod continuation;
#[path = "checkpoints/crash.rs"]
mod crash;
#[path = "checkpoints/custody.rs"]
mod custody;
#[path = "checkpoints/faults.rs"]
mod faults;
#[path = "checkpoints/golden.rs"]
mod golden;
#[path = "checkpoints/lineage.rs"]
mod lineage;
#[path = "checkpoints/owners.rs"]
mod owners;
#[path = "checkpoints/reshard.rs"]
mod reshard;
#[path = "checkpoints/restore_time.rs"]
mod restore_time;
#[path = "checkpoints/torn.rs"]
mod torn;
