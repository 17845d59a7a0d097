//! The stages on Kafka. One thread is one consumer is one member of its group; what it decides is decided by the same
//! code as in the driver.
//!
//! | module | does |
//! |---|---|
//! | [`clients`] | settings of consumers |
//! | [`topics`] | creates what is missing, with explicit settings |
//! | [`ingest_stage`] | users' topics to observations |
//! | [`detect_stage`] | observations to incidents |
//! | [`opening`] | opens partitions beside polling |
//! | [`pager_stage`] | incidents to the channels of people |
//! | [`ownership`] | which partitions a detect thread has, through rebalances |
//! | [`way_out`], [`read_back`] | publishes what detect decided, and reads back how far it came |
//! | `rebalance` | answers a rebalance, whatever is held |
//! | [`probe`] | whether the brokers have transactions that fence |
//! | [`incident_reader`] | incidents from their topic, for people |
//! | [`gauges`] | how far the stages have come, for those who watch |
//! | [`error`] | why a stage ended |

pub mod clients;
pub mod cloud_event;
pub mod detect_stage;
pub mod error;
pub mod gauges;
pub mod incident_reader;
pub mod ingest_stage;
pub mod lake_stage;
pub mod opening;
pub mod ownership;
pub mod pager_stage;
pub mod probe;
pub mod read_back;
mod rebalance;
pub mod topics;
pub mod way_out;

pub use error::StageError;
pub use gauges::Gauges;
