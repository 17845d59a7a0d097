//! Checkpoints and a lake in a bucket, through HTTP: `make test-s3` runs these tests, and `make test-kafka` what needs both.

#[path = "bucket/calls.rs"]
mod calls;
#[path = "bucket/command.rs"]
mod command;
#[path = "bucket/faults.rs"]
mod faults;
#[path = "bucket/lake.rs"]
mod lake;
#[path = "bucket/lasting.rs"]
mod lasting;
