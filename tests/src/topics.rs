//! Topics of a real broker: making them, asking what they are like, and reading them from their beginning.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ConfigSource, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tidewatch_delivery::Numbered;
use tokio::runtime::Runtime;

use crate::program;

const PATIENCE: Duration = Duration::from_mins(1);
/// How long one question may take; asking again is quicker than waiting for a broker that was away.
const ANSWER: Duration = Duration::from_secs(5);

/// What a test asks of a broker.
pub struct Topics {
    bootstrap: String,
    runtime: Runtime,
}

/// A record as it stands in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its value.
    pub value: Vec<u8>,
    /// Its number among the outputs of its source partition.
    pub numbered: Option<Numbered>,
}

/// A reader of a whole topic, from its beginning, outside of any group.
pub struct Tail {
    consumer: BaseConsumer,
    topic: String,
    partitions: Vec<i32>,
}

impl Topics {
    /// Of the broker at `bootstrap`.
    ///
    /// # Panics
    /// When there can be no runtime.
    pub fn at(bootstrap: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self { bootstrap: bootstrap.to_owned(), runtime }
    }

    /// Makes a topic.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn create(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let plain = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let topic = settings.iter().fold(plain, |topic, (key, value)| topic.set(key, value));
        let created = self.runtime.block_on(self.admin().create_topics([&topic], &AdminOptions::new()));
        for result in created.expect("the broker answers") {
            result.unwrap_or_else(|(name, code)| panic!("topic {name}: {code}"));
        }
    }

    /// Deletes a topic and waits until it is gone.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn delete(&self, name: &str) {
        let deleted = self.runtime.block_on(self.admin().delete_topics(&[name], &AdminOptions::new()));
        for result in deleted.expect("the broker answers") {
            result.unwrap_or_else(|(name, code)| panic!("topic {name}: {code}"));
        }
        assert!(program::until(PATIENCE, || self.partitions(name) == 0), "topic {name} is still there");
    }

    /// Deletes the records of a partition before `offset`, as retention does.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn delete_before(&self, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset");
        let deleted = self.runtime.block_on(self.admin().delete_records(&list, &AdminOptions::new()));
        deleted.expect("the broker deletes");
    }

    /// Where a partition ends.
    pub fn end(&self, topic: &str, partition: i32) -> i64 {
        end(&self.consumer("a-test-that-commits-nothing"), topic, partition)
    }

    /// The settings of a topic that were given to it, rather than inherited from the broker.
    ///
    /// # Panics
    /// When the broker does not tell.
    pub fn settings(&self, name: &str) -> BTreeMap<String, String> {
        let asked = [ResourceSpecifier::Topic(name)];
        let told = self.runtime.block_on(self.admin().describe_configs(&asked, &AdminOptions::new()));
        let mut told = told.expect("the broker answers");
        let topic = told.remove(0).unwrap_or_else(|code| panic!("topic {name}: {code}"));
        let own = topic.entries.into_iter().filter(|entry| entry.source == ConfigSource::DynamicTopic);
        own.filter_map(|entry| Some((entry.name, entry.value?))).collect()
    }

    /// How many partitions a topic has; 0 where there is none.
    ///
    /// # Panics
    /// When the broker does not answer.
    pub fn partitions(&self, name: &str) -> usize {
        let metadata = self.admin().inner().fetch_metadata(Some(name), PATIENCE).expect("the broker answers");
        metadata.topics().iter().map(|topic| topic.partitions().len()).sum()
    }

    /// For every partition of `topic` what `group` has committed, 0 where nothing, and where the partition ends.
    ///
    /// # Panics
    /// When the broker does not answer.
    pub fn committed_and_end(&self, group: &str, topic: &str) -> Vec<(i64, i64)> {
        let consumer = self.consumer(group);
        let numbers = 0..i32::try_from(self.partitions(topic)).expect("few partitions");
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, numbers.end - 1);
        // The coordinator of a group may just be moving in.
        let mut committed = None;
        program::until(PATIENCE, || {
            committed = consumer.committed_offsets(list.clone(), ANSWER).ok();
            committed.is_some()
        });
        let committed = committed.expect("the group answers");
        let ends = numbers.map(|number| end(&consumer, topic, number));
        let committed = committed.elements().into_iter().map(|element| element.offset().to_raw().unwrap_or(0).max(0));
        committed.collect::<Vec<_>>().into_iter().zip(ends).collect()
    }

    /// Records of `topic` that `group` has not committed; `None` when the broker does not say at once.
    pub fn lag(&self, group: &str, topic: &str) -> Option<i64> {
        let consumer = self.consumer(group);
        let known = consumer.fetch_metadata(Some(topic), ANSWER).ok()?;
        let partitions = i32::try_from(known.topics().first()?.partitions().len()).ok()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let committed = consumer.committed_offsets(list, ANSWER).ok()?;
        let behind = |element: &TopicPartitionListElem<'_>| {
            let (begin, end) = consumer.fetch_watermarks(topic, element.partition(), ANSWER).ok()?;
            Some(end - element.offset().to_raw().filter(|offset| *offset >= begin).unwrap_or(begin))
        };
        committed.elements().iter().map(behind).sum()
    }

    /// Reads `topic` from its beginning, once it is there.
    ///
    /// # Panics
    /// When it does not come to be.
    pub fn tail(&self, topic: &str) -> Tail {
        let mut count = 0;
        program::until(PATIENCE, || {
            count = self.partitions(topic);
            count > 0
        });
        assert!(count > 0, "topic {topic} is not there after {PATIENCE:?}");
        let partitions: Vec<i32> = (0..i32::try_from(count).expect("few partitions")).collect();
        let mut list = TopicPartitionList::new();
        for number in &partitions {
            list.add_partition_offset(topic, *number, Offset::Beginning).expect("an offset");
        }
        let consumer = self.consumer("a-test-that-commits-nothing");
        consumer.assign(&list).expect("a topic can be read");
        Tail { consumer, topic: topic.to_owned(), partitions }
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("group.id", group).set("enable.auto.commit", "false");
        config.set("fetch.wait.max.ms", "20").set("reconnect.backoff.max.ms", "200");
        config.create().expect("a consumer")
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config.create().expect("an admin client")
    }
}

impl Tail {
    /// The next record that comes within a short while. Errors pass: the broker may be away.
    pub fn next(&self) -> Option<Seen> {
        let message = self.consumer.poll(program::LOOK)?.ok()?;
        let value = message.payload().unwrap_or_default().to_vec();
        let numbered = Numbered::of(&message);
        Some(Seen { partition: message.partition(), offset: message.offset(), value, numbered })
    }

    /// Every record up to what is the end of the topic now.
    ///
    /// # Panics
    /// When the end cannot be reached.
    pub fn rest(&self) -> Vec<Seen> {
        self.rest_with(|| self.next())
    }

    /// The same with keys, headers and timestamps.
    ///
    /// # Panics
    /// When the end cannot be reached.
    pub fn rest_whole(&self) -> Vec<OwnedMessage> {
        self.rest_with(|| Some(self.consumer.poll(program::LOOK)?.ok()?.detach()))
    }

    fn rest_with<T>(&self, mut next: impl FnMut() -> Option<T>) -> Vec<T> {
        let ends = self.partitions.iter().map(|number| (*number, end(&self.consumer, &self.topic, *number)));
        let ends: BTreeMap<i32, i64> = ends.filter(|(_, end)| *end > 0).collect();
        let mut seen = Vec::new();
        let reached = program::until(PATIENCE, || {
            seen.extend(std::iter::from_fn(&mut next));
            let position = self.consumer.position().expect("a position");
            let at = |number| position.find_partition(&self.topic, number).and_then(|found| found.offset().to_raw());
            ends.iter().all(|(number, end)| at(*number).is_some_and(|at| at >= *end))
        });
        assert!(reached, "topic {}: the ends {ends:?} were not reached in {PATIENCE:?}", self.topic);
        seen
    }
}

/// Where a partition ends. A topic that was just made, or a broker that just came back, has no leader at first.
fn end(consumer: &BaseConsumer, topic: &str, partition: i32) -> i64 {
    let mut end = None;
    program::until(PATIENCE, || {
        end = consumer.fetch_watermarks(topic, partition, ANSWER).ok();
        end.is_some()
    });
    end.unwrap_or_else(|| panic!("topic {topic}: the end of partition {partition} is not known after {PATIENCE:?}")).1
}
