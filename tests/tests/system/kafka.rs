//! What is claimed of Kafka, on Apache Kafka: `make test-kafka` runs these tests.
//!
//! Each case has topics, groups and state of its own, so that cases share nothing but a broker.

mod alertmanager;
mod bad_input;
mod broker_restart;
mod bucket;
mod chaos;
mod crash;
mod fail_points;
mod incidents;
mod lake;
mod lost_disk;
mod lost_input;
mod own_topics;
mod reshard;
mod same_incidents;
mod shutdown;
mod slow_restore;
mod two_instances;
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
