//! The embedded broker: the one that librdkafka carries for its own tests, with every topic made beforehand.
//!
//! It speaks the protocol on a real socket, so other clients can read from it. It keeps 5 MiB of a partition in memory
//! and knows no transactions: nothing about guarantees may be concluded from it.

use anyhow::Context as _;
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use tidewatch_schemas::topics::Topics;

use super::forward;
use crate::kafka::topics::Partitions;
use crate::recording::otlp::{LOGS_TOPIC, METRICS_TOPIC, SHARED_TOPIC};

/// Partitions of every topic.
const PARTITIONS: i32 = 4;

/// The embedded broker.
pub struct Broker {
    cluster: MockCluster<'static, DefaultProducerContext>,
    bootstrap: String,
    address: String,
}

impl Broker {
    /// Starts it on any free port; on `port` too where one is asked for.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start(port: Option<u16>) -> anyhow::Result<Self> {
        let cluster = MockCluster::new(1).context("the embedded broker does not start")?;
        for topic in topics() {
            cluster
                .create_topic(&topic, PARTITIONS, 1)
                .with_context(|| format!("topic {topic} of the embedded broker"))?;
        }
        let bootstrap = cluster.bootstrap_servers();
        let address = match port {
            Some(port) => forward::listen(port, &bootstrap)?,
            None => bootstrap.clone(),
        };
        Ok(Self { cluster, bootstrap, address })
    }

    /// Where clients of this process connect.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Where others connect.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A client configuration for it.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.cluster.bootstrap_servers());
        config
    }

    /// How many partitions each topic has.
    #[must_use]
    pub fn partitions(&self) -> Partitions {
        topics().into_iter().map(|topic| (topic, PARTITIONS)).collect()
    }
}

fn topics() -> Vec<String> {
    let own = Topics::default();
    let agents = [METRICS_TOPIC, LOGS_TOPIC, SHARED_TOPIC].map(str::to_owned);
    let own = [own.observations, own.incidents, own.cost_signals, own.findings, own.rejects, own.verdicts, own.windows];
    agents.into_iter().chain(own).collect()
}
