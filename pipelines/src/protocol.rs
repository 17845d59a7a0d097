//! The exactly-once protocol of a source partition, without a broker and without a clock: what is done in which order,
//! and what follows from each answer.
//!
//! | module | does |
//! |---|---|
//! | [`lane`] | a partition from its input to its topics, one effect at a time |
//! | [`way_out`] | what the protocol asks of the topics that outputs go to |
//! | [`read_back`] | how far outputs stand in a topic, from what a scan of it saw |
//! | [`beginning`] | where reading begins, and what is missing there |
//! | [`ownership`] | opening a partition for its owner: which state, which epoch |
//! | [`fail_point`] | places at which a test ends the process |
//!
//! The stage on Kafka, the driver and the simulator in `tests/` all run this code; what differs is behind the traits.

pub mod beginning;
pub mod fail_point;
pub mod lane;
pub mod ownership;
pub mod read_back;
pub mod way_out;

pub use beginning::{Beginning, Extent, Source};
pub use fail_point::{FailPoint, FailPoints};
pub use lane::{Committed, Lane, LaneError, Step};
pub use ownership::{Custody, Epochs, LocalEpochs, LocalStates, Owned, OwnershipError, States};
pub use read_back::Scan;
pub use way_out::{Append, Failure, Publish, ReadBack};
