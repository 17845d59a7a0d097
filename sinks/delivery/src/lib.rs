//! Delivery: Tidewatch's records on their way out.
//!
//! | module | does |
//! |---|---|
//! | [`record`] | a record with its topic, partition, key, value and headers |
//! | [`publish`] | what it means to publish |
//! | [`topic_publisher`] | publishing to Kafka, in order and acknowledged |

pub mod publish;
pub mod record;
pub mod topic_publisher;

pub use publish::{Publish, PublishError};
pub use record::Record;
pub use topic_publisher::TopicPublisher;
