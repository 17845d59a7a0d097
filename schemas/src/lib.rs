//! The words of Tidewatch as types: what crosses a Kafka topic, a crate seam or the command line.
//!
//! Pure data. No I/O, no clock, no async; everything here can be built from its parts and compared.
//!
//! | module | holds |
//! |---|---|
//! | [`ids`] | tenant, pool, resource, signal, series and incident identifiers |
//! | [`time`] | event time in milliseconds |
//! | [`origin`] | where an input came from |
//! | [`series`] | what a series is and how its identifier is computed |
//! | [`observation`], [`lock`] | one value of one series, of every kind that agents send; what a log line says about a lock |
//! | [`envelope`], [`wire`] | the records of `tidewatch.observations` and their bytes |
//! | [`finding`], [`incident`], [`cost_signal`], [`reject`], [`window`] | the JSON records that Tidewatch publishes |
//! | [`verdict`], [`response`] | what people do about an incident, and what its record says of that |
//! | [`catalog`], [`mod@unit`] | the signals Tidewatch knows, and their units |
//! | [`topics`], [`partition`] | topic names, and which partition a key belongs to |
//! | [`json_schema`] | the JSON Schema of each published record |

pub mod catalog;
pub mod cost_signal;
pub mod envelope;
pub mod finding;
pub mod ids;
pub mod incident;
pub mod json_schema;
pub mod lock;
pub mod money;
pub mod observation;
pub mod origin;
pub mod partition;
pub mod reject;
pub mod response;
pub mod series;
pub mod time;
pub mod topics;
pub mod unit;
pub mod verdict;
pub mod window;
pub mod wire;

pub use catalog::{Catalog, SignalSpec};
pub use cost_signal::{CostKind, CostSignal};
pub use envelope::{Content, Envelope, Tick};
pub use finding::Finding;
pub use ids::{IncidentId, PoolId, ResourceId, SeriesId, SignalName, TenantId};
pub use incident::Incident;
pub use lock::{LockEvent, LockStage};
pub use money::Money;
pub use observation::{Observation, Value};
pub use origin::Origin;
pub use reject::{Reject, RejectReason};
pub use response::Response;
pub use series::SeriesKey;
pub use time::Timestamp;
pub use verdict::Verdict;
pub use window::Window;
