//! Delivery: Tidewatch's records on their way out, to Kafka topics.
