//! The recording gives the same incident records on Apache Kafka as in the driver, whatever the size of batches.

use std::collections::BTreeMap;

use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tidewatch_tests::deployment::{Counted, Deployment, read_expected};
use tidewatch_tests::expected::Sent;

use super::Broker;

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn apache_kafka_gives_the_records_of_the_driver_once_each_whatever_the_batch() {
    let broker = Broker::start();
    let expected = Sent::to(SHARED_TOPIC).incident_records();
    for batch in [1, 7, 8_192] {
        let mut case = Deployment::new(broker.bootstrap(), &format!("batch-{batch}"), SHARED_TOPIC);
        case.batch = batch;
        if batch == 1 {
            case.create_source();
            case.replay();
        }
        let mut service = case.start("service");
        let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
        read_expected(&incidents, &mut found, &expected);
        case.await_end_of_input();
        service.end_in_order();
        read_expected(&incidents, &mut found, &expected);
        let once: BTreeMap<_, _> = expected.iter().map(|record| (record.clone(), 1)).collect();
        assert!(found == once, "batch {batch}: {} records instead of {}", found.len(), once.len());
    }
}
