//! What the tests that drive Tidewatch from outside share: real brokers and the processes around them.

pub mod apache_kafka;
pub mod scenario;
