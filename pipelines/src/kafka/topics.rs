//! Tidewatch's own topics: created where missing, with every setting that matters written out.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::error::{StageError, while_trying};
use crate::config::TopicsConfig;

const PATIENCE: Duration = Duration::from_secs(30);
/// How often a topic that was just created is looked for.
const LOOKS: u32 = 50;
/// Incidents, cost signals and rejects are few: thirty days of them.
const MONTH_MS: &str = "2592000000";

/// How many partitions each topic has.
pub type Partitions = BTreeMap<String, i32>;

/// Creates the missing ones among Tidewatch's own topics, that of windows only where they are published, and returns how many
/// partitions each topic has.
///
/// # Errors
/// When the brokers cannot be asked, or refuse.
pub fn ensure(client: &ClientConfig, config: &TopicsConfig, has_windows: bool) -> Result<Partitions, StageError> {
    let admin: AdminClient<DefaultClientContext> = client.create().map_err(while_trying("make an admin client"))?;
    let present = existing(&admin)?;
    let retention = config.observations_retention.as_millis().to_string();
    let wanted = settings(config, &retention).into_iter();
    let wanted = wanted.filter(|topic| has_windows || topic.name != config.names.windows);
    let missing: Vec<NewTopic<'_>> = wanted.filter(|topic| !present.contains_key(topic.name)).collect();
    if missing.is_empty() {
        return Ok(present);
    }
    create(&admin, &missing)?;
    wait_for(&admin, &missing)
}

/// The identifier of the cluster, which no other cluster has.
///
/// # Errors
/// When the brokers cannot be asked.
pub fn cluster(client: &ClientConfig) -> Result<String, StageError> {
    let admin: AdminClient<DefaultClientContext> = client.create().map_err(while_trying("make an admin client"))?;
    let unanswered = || KafkaError::Global(RDKafkaErrorCode::OperationTimedOut);
    let identifier = admin.inner().fetch_cluster_id(PATIENCE).ok_or_else(unanswered);
    identifier.map_err(while_trying("ask which cluster it is"))
}

fn settings<'a>(config: &'a TopicsConfig, retention: &'a str) -> Vec<NewTopic<'a>> {
    let names = &config.names;
    let (count, replicas) = (config.partitions, config.replication);
    let topic = |name: &'a str, retention: &'a str| {
        NewTopic::new(name, count, TopicReplication::Fixed(replicas))
            .set("cleanup.policy", "delete")
            .set("retention.ms", retention)
            .set("max.message.bytes", "2097152")
            .set("message.timestamp.type", "CreateTime")
    };
    vec![
        topic(&names.observations, retention),
        topic(&names.incidents, MONTH_MS),
        topic(&names.cost_signals, MONTH_MS),
        topic(&names.rejects, MONTH_MS),
        topic(&names.findings, retention),
        topic(&names.verdicts, MONTH_MS),
        topic(&names.windows, retention),
    ]
}

/// Partitions of every topic the brokers have.
///
/// # Errors
/// When the brokers cannot be asked.
pub fn existing(admin: &AdminClient<DefaultClientContext>) -> Result<Partitions, StageError> {
    let metadata = admin.inner().fetch_metadata(None, PATIENCE).map_err(while_trying("ask the brokers for topics"))?;
    let count = |topic: &rdkafka::metadata::MetadataTopic| i32::try_from(topic.partitions().len()).unwrap_or(0);
    let usable = metadata.topics().iter().filter(|topic| !topic.partitions().is_empty());
    Ok(usable.map(|topic| (topic.name().to_owned(), count(topic))).collect())
}

fn create(admin: &AdminClient<DefaultClientContext>, missing: &[NewTopic<'_>]) -> Result<(), StageError> {
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|cause| failed("", cause.to_string()))?;
    let results = runtime.block_on(admin.create_topics(missing, &options)).map_err(while_trying("create topics"))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(failed(&topic, code.to_string())),
        }
    }
    Ok(())
}

fn failed(topic: &str, cause: String) -> StageError {
    StageError::Topic { topic: topic.to_owned(), cause }
}

/// A topic that was created is known to all brokers a little later.
fn wait_for(admin: &AdminClient<DefaultClientContext>, created: &[NewTopic<'_>]) -> Result<Partitions, StageError> {
    for _ in 0..LOOKS {
        let present = existing(admin)?;
        if created.iter().all(|topic| present.contains_key(topic.name)) {
            return Ok(present);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let names: Vec<&str> = created.iter().map(|topic| topic.name).collect();
    Err(failed(&names.join(", "), "created, but the brokers do not list it".to_owned()))
}
