//! Reads what the pipeline publishes from its topics, as any consumer would.

use std::time::Duration;

use anyhow::Context as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use tidewatch_schemas::Incident;
use tidewatch_schemas::topics::Topics;

/// How long one look at the topics waits.
pub(super) const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);

/// A consumer of everything that goes through the outbox.
pub(super) struct Reader {
    consumer: BaseConsumer,
    incidents: String,
}

impl Reader {
    pub fn start(bootstrap: &str) -> anyhow::Result<Self> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("group.id", "tidewatch-demo");
        config.set("enable.auto.commit", "false").set("auto.offset.reset", "earliest").set("fetch.wait.max.ms", "20");
        let consumer: BaseConsumer = config.create().context("a consumer of incidents")?;
        let topics = Topics::default();
        let mut list = TopicPartitionList::new();
        for topic in [&topics.incidents, &topics.rejects, &topics.cost_signals] {
            let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).with_context(|| format!("topic {topic}"))?;
            for partition in metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions) {
                list.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
            }
        }
        consumer.assign(&list).context("reading incidents")?;
        Ok(Self { consumer, incidents: topics.incidents })
    }

    /// The next incident that is there within a short while; every record that detect published is counted.
    pub fn next(&self, outputs: &mut u64) -> anyhow::Result<Option<(Incident, Vec<u8>)>> {
        let message = match self.consumer.poll(LOOK) {
            None => return Ok(None),
            Some(Ok(message)) => message,
            Some(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) => {
                return Ok(None);
            }
            Some(Err(error)) => return Err(error).context("reading incidents"),
        };
        // What ingest refused carries no sequence number; only detect's outputs are waited for.
        *outputs += u64::from(message.headers().is_some());
        if message.topic() != self.incidents {
            return Ok(None);
        }
        let bytes = message.payload().unwrap_or_default().to_vec();
        let incident = serde_json::from_slice(&bytes).context("a record of the incident topic")?;
        Ok(Some((incident, bytes)))
    }
}
