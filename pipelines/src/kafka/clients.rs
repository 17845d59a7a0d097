//! Settings of consumers. Nothing here may be overridden by a user: the guarantees rest on it.
//!
//! A static member, one with an instance name, takes its partitions back at once when it comes back, also after kill -9;
//! nobody else gets them before its session is over.

use rdkafka::ClientConfig;

/// A consumer of `group`. Offsets are given explicitly at every assignment, so a missing one is an error, never a jump.
#[must_use]
pub fn consumer(client: &ClientConfig, group: &str, instance: Option<&str>) -> ClientConfig {
    let mut config = client.clone();
    let settings = [
        ("group.id", group),
        ("group.protocol", "classic"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("session.timeout.ms", "10000"),
        ("heartbeat.interval.ms", "3000"),
        ("max.poll.interval.ms", "300000"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("isolation.level", "read_committed"),
        ("check.crcs", "true"),
        ("allow.auto.create.topics", "false"),
        ("fetch.min.bytes", "1"),
        ("fetch.wait.max.ms", "50"),
        ("fetch.message.max.bytes", "2097152"),
        ("fetch.max.bytes", "16777216"),
        ("queued.min.messages", "20000"),
        ("queued.max.messages.kbytes", "32768"),
        ("fetch.queue.backoff.ms", "20"),
        ("socket.keepalive.enable", "true"),
        ("log.connection.close", "false"),
        ("topic.metadata.refresh.interval.ms", "10000"),
    ];
    for (name, value) in settings {
        config.set(name, value);
    }
    if let Some(instance) = instance {
        config.set("group.instance.id", instance);
    }
    config
}
