//! Delivery: Tidewatch's records on their way out, and what readers of them need.
//!
//! | module | does |
//! |---|---|
//! | [`record`] | a record with its topic, partition, key, value and headers |
//! | [`publish`] | what it means to publish |
//! | [`topic_publisher`] | publishing to Kafka, in order and acknowledged |
//! | [`output_publisher`] | publishing the outputs of a source partition, fenced, in transactions |
//! | [`pager`] | what people's channels are sent, and what their answers mean |
//! | [`sequence_filter`] | for readers: drops repeats by their number |

mod acknowledgements;
pub mod output_publisher;
pub mod pager;
pub mod publish;
pub mod record;
pub mod sequence_filter;
pub mod topic_publisher;

pub use output_publisher::{OutputError, OutputPublisher};
pub use publish::{Publish, PublishError};
pub use record::Record;
pub use sequence_filter::{Numbered, SequenceFilter};
pub use topic_publisher::TopicPublisher;
