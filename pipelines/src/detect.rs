//! Detect: one partition of `tidewatch.observations` at a time, from records to findings and incidents.
//!
//! | module | does |
//! |---|---|
//! | [`processor`] | takes records in offset order, commits them as one batch, hands out what is to be published |
//! | [`pool`] | judges the observations of one pool |
//! | [`outgoing`] | an output on its way to a topic |
//! | [`settings`] | what a processor is configured with |
//! | [`snapshot`] | what a store holds, for people |
//!
//! Nothing here knows a broker or a clock.

mod classes;
mod entry;
mod folded;
mod neighbours;
pub mod outgoing;
pub mod pool;
pub mod processor;
mod progress;
pub mod settings;
pub mod snapshot;
mod stored;

pub use outgoing::{Outgoing, Target};
pub use processor::{Processor, ProcessorError, Received};
pub use settings::Settings;
