//! What is claimed of Kafka, on Apache Kafka: `make test-kafka` runs these tests.
//!
//! Each case has topics, groups and state of its own, so that cases share nothing but a broker.

#[path = "kafka/alertmanager.rs"]
mod alertmanager;
#[path = "kafka/bad_input.rs"]
mod bad_input;
#[path = "kafka/broker_restart.rs"]
mod broker_restart;
#[path = "kafka/bucket.rs"]
mod bucket;
#[path = "kafka/chaos.rs"]
mod chaos;
#[path = "kafka/crash.rs"]
mod crash;
#[path = "kafka/fail_points.rs"]
mod fail_points;
#[path = "kafka/incidents.rs"]
mod incidents;
#[path = "kafka/lake.rs"]
mod lake;
#[path = "kafka/lost_disk.rs"]
mod lost_disk;
#[path = "kafka/lost_input.rs"]
mod lost_input;
#[path = "kafka/own_topics.rs"]
mod own_topics;
#[path = "kafka/reshard.rs"]
mod reshard;
#[path = "kafka/same_incidents.rs"]
mod same_incidents;
#[path = "kafka/shutdown.rs"]
mod shutdown;
#[path = "kafka/slow_restore.rs"]
mod slow_restore;
#[path = "kafka/two_instances.rs"]
mod two_instances;
#[path = "kafka/verdicts.rs"]
mod verdicts;

use tempfile::TempDir;
use tidewatch_tests::apache_kafka::ApacheKafka;

/// A broker, and the folder that it needs to outlive it.
struct Broker {
    kafka: ApacheKafka,
    _folder: TempDir,
}

impl Broker {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kafka = ApacheKafka::start(folder.path()).unwrap_or_else(|failed| panic!("{failed}"));
        Self { kafka, _folder: folder }
    }

    fn bootstrap(&self) -> &str {
        self.kafka.bootstrap()
    }
}
