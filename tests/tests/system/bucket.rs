//! Checkpoints and a lake in a bucket, through HTTP: `make test-s3` runs these tests, and `make test-kafka` what needs both.

mod calls;
mod command;
mod faults;
mod lake;
mod lasting;
