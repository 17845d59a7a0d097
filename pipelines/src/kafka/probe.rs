//! Whether the brokers have transactions that fence: asked of them, not guessed from a version.
//!
//! Two producers share a transactional id. Where transactions are real, the first can do nothing any more once the second
//! has begun. It is asked to add a group's offsets to a transaction, which leaves no trace in any topic: a broker that
//! fences refuses, one that only plays along accepts.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::error::{StageError, while_trying};
use crate::config::Publishing;

const PATIENCE: Duration = Duration::from_secs(20);

/// How outputs are published: what the user wants, or with [`Publishing::Auto`] what the brokers can do. Warns where that
/// is less than exactly once in the topics.
///
/// # Errors
/// When the brokers do not answer, or do not allow the transactional id: that is for the user to decide.
pub fn choose(client: &ClientConfig, id_prefix: &str, wanted: Publishing) -> Result<Publishing, StageError> {
    if wanted != Publishing::Auto {
        tracing::info!(publishing = wanted.name(), "outputs are published as the configuration says");
        return Ok(wanted);
    }
    if fences(client, &format!("{id_prefix}.probe"))? {
        return Ok(Publishing::Transactions);
    }
    tracing::warn!(
        "the brokers have no transactions that fence: after a crash or a rebalance an output may stand in its topic twice, \
         with the same number; nothing is lost, and readers that drop repeated numbers (headers sp and seq) see each once"
    );
    Ok(Publishing::Idempotent)
}

fn fences(client: &ClientConfig, id: &str) -> Result<bool, StageError> {
    let first = producer(client, id)?;
    match first.init_transactions(PATIENCE) {
        Ok(()) => {}
        Err(error) if is_unknown(&error) => return Ok(false),
        Err(error) => return Err(while_trying("begin a transaction, to see whether the brokers have any")(error)),
    }
    let second = producer(client, id)?;
    second.init_transactions(PATIENCE).map_err(while_trying("begin a second transaction, to see whether it fences"))?;
    let consumer: BaseConsumer =
        client.clone().set("group.id", id).create().map_err(while_trying("make a consumer"))?;
    let Some(group) = consumer.group_metadata() else { return Ok(false) };
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset("tidewatch-probe", 0, Offset::Offset(0)).map_err(while_trying("name an offset"))?;
    let used = first.begin_transaction().and_then(|()| first.send_offsets_to_transaction(&offsets, &group, PATIENCE));
    match used {
        Ok(()) => Ok(false),
        Err(error) if is_fenced(&error) => Ok(true),
        Err(error) => Err(while_trying("see whether the brokers fence")(error)),
    }
}

fn producer(client: &ClientConfig, id: &str) -> Result<BaseProducer, StageError> {
    let mut config = client.clone();
    config.set("transactional.id", id).set("transaction.timeout.ms", "15000");
    config.create().map_err(while_trying("make a producer with transactions"))
}

fn code(error: &KafkaError) -> Option<Code> {
    error.rdkafka_error_code()
}

fn is_fenced(error: &KafkaError) -> bool {
    matches!(code(error), Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch))
}

fn is_unknown(error: &KafkaError) -> bool {
    matches!(code(error), Some(Code::UnsupportedFeature | Code::UnsupportedVersion))
}
