//! Sends a recording to Kafka as a collector would, at a chosen speed. The demo and `tidewatch replay` share it.

use std::time::Duration;

use tidewatch_delivery::{Publish, PublishError, Record};
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::partition::partition_of;

use crate::clock::Stopwatch;
use crate::kafka::topics::Partitions;
use crate::recording::Recording;
use crate::recording::otlp::{self, LOGS_TOPIC, METRICS_TOPIC, Message, SIGNAL_HEADER};

/// Messages that are sent before acknowledgements are waited for.
const BATCH: usize = 64;
/// Longest sleep between two looks at the time.
const LOOK: Duration = Duration::from_millis(20);

/// Where a recording goes, and how fast.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Pool to which everything belongs; also the key of every message.
    pub pool: String,
    /// Recorded seconds per second; 0 sends as fast as the broker takes it.
    pub speed: f64,
    /// Topic for everything, in place of `otlp_metrics` and `otlp_logs`.
    pub topic: Option<String>,
    /// Partitions of the topics.
    pub partitions: Partitions,
}

impl Plan {
    /// The topics the plan sends to.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        match &self.topic {
            Some(topic) => vec![topic.clone()],
            None => vec![METRICS_TOPIC.to_owned(), LOGS_TOPIC.to_owned()],
        }
    }

    fn topic_of<'a>(&'a self, message: &'a Message) -> &'a str {
        self.topic.as_deref().unwrap_or(message.topic)
    }

    fn record<'a>(&'a self, message: &'a Message) -> Record<'a> {
        let topic = self.topic_of(message);
        let partitions = self.partitions.get(topic).copied().unwrap_or(1);
        Record {
            topic,
            partition: partition_of(&message.key, partitions),
            key: &message.key,
            value: &message.value,
            timestamp_ms: Some(message.at.0),
            headers: vec![(SIGNAL_HEADER, message.signal.to_owned())],
        }
    }
}

/// Sends the recording. Before each batch `may_go_on` is told the event time reached and how many messages were sent;
/// it may wait, and ends the replay by answering false. Returns how many messages were sent.
///
/// # Errors
/// When the broker does not take a message.
pub fn send(
    recording: &Recording,
    plan: &Plan,
    publisher: &mut dyn Publish,
    may_go_on: &mut dyn FnMut(Timestamp, u64) -> bool,
) -> Result<u64, PublishError> {
    let pace = Pace { speed: plan.speed, start: recording.start().unwrap_or_default(), watch: Stopwatch::start() };
    let mut messages = otlp::messages(recording, &plan.pool).peekable();
    let mut sent = 0;
    while let Some(first) = messages.peek() {
        let reached = first.at;
        if !may_go_on(reached, sent) {
            break;
        }
        pace.wait_for(reached);
        let horizon = pace.horizon();
        let due = std::iter::from_fn(|| messages.next_if(|message| message.at <= reached.max(horizon)));
        let batch: Vec<Message> = due.take(BATCH).collect();
        let records: Vec<Record<'_>> = batch.iter().map(|message| plan.record(message)).collect();
        publisher.publish(&records)?;
        sent += batch.len() as u64;
    }
    Ok(sent)
}

/// Recorded time against the host's time.
struct Pace {
    speed: f64,
    start: Timestamp,
    watch: Stopwatch,
}

impl Pace {
    /// The event time up to which everything is due.
    fn horizon(&self) -> Timestamp {
        if self.speed <= 0.0 {
            return Timestamp(i64::MAX);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a float cast to an integer saturates")]
        let elapsed = (self.watch.elapsed().as_secs_f64() * self.speed * 1_000.0) as i64;
        self.start + elapsed
    }

    fn wait_for(&self, at: Timestamp) {
        while self.horizon() < at {
            std::thread::sleep(LOOK);
        }
    }
}
