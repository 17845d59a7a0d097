//! What the tests that drive Tidewatch from outside share: real brokers and the processes around them.

pub mod accuracy;
pub mod apache_kafka;
pub mod bucket;
pub mod deployment;
pub mod detour;
pub mod expected;
pub mod gateway;
pub mod lake;
pub mod lives;
pub mod object_faults;
pub mod paging;
pub mod partition;
pub mod picture;
pub mod program;
pub mod receiver;
pub mod scenario;
pub mod simulator;
pub mod topics;
pub mod vitals;
