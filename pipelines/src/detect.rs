//! Detect: one partition of `tidewatch.observations` at a time, from records to findings and incidents.
//!
//! | module | does |
//! |---|---|
//! | [`processor`] | takes records in offset order, commits them as one batch, hands out what is to be published |
//! | [`pool`] | judges the observations of one pool |
//! | [`outgoing`] | an output on its way to a topic |
//! | [`outbox`], [`marks`] | outputs from their commit until they stand in their topics; where they stand |
//! | [`loss`] | input that was gone before it was judged: an incident of its own |
//! | `undelivered` | what people were not told: an incident of its own |
//! | [`lineage`] | which history a state belongs to, so that an earlier one is not taken for it |
//! | [`reshard`] | moves what is remembered to another number of partitions |
//! | [`settings`] | what a processor is configured with |
//! | [`snapshot`] | what a store holds, for people |
//!
//! Nothing here knows a broker or a clock.

mod archive;
mod attempts;
mod classes;
mod costs;
mod entry;
mod folded;
pub mod lineage;
pub mod loss;
pub mod marks;
mod neighbours;
pub mod outbox;
pub mod outgoing;
pub mod pool;
pub mod processor;
mod progress;
pub mod reshard;
pub mod settings;
mod sharing;
pub mod snapshot;
pub(crate) mod stored;
mod tenants;
mod undelivered;

pub use lineage::{Kinship, Lineage};
pub use loss::{Gap, Missing};
pub use marks::{Mark, Marks};
pub use outbox::Outbox;
pub use outgoing::{Note, NumberedNote, Outgoing, Target};
pub use processor::{Processor, ProcessorError, Received};
pub use settings::Settings;
pub use tenants::Limits;
