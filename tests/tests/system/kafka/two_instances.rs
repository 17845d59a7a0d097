//! Two instances share the partitions, each with a state of its own; together they find what one would.

use std::path::Path;
use std::time::Duration;

use tidewatch_schemas::partition::partition_of;
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::{PARTITIONS, Sent};
use tidewatch_tests::program;

use super::Broker;

const POOLS: [&str; 2] = ["pool-a", "pool-b"];
const INSTANCES: [&str; 2] = ["one", "two"];
const LIMIT: Duration = Duration::from_mins(2);

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn two_instances_find_together_what_one_would() {
    let partitions_of_pools = |count| POOLS.map(|pool| partition_of(pool.as_bytes(), count));
    let [first, second] = partitions_of_pools(2);
    assert_ne!(first, second, "each of the pools needs an instance of its own");
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "two", "otlp-two");
    case.topic_options = ", partitions: 2".to_owned();
    case.create_source();
    let expected = Sent { topic: &case.source, pools: &POOLS, partitions: PARTITIONS }.incident_records();

    // The first has all partitions until the second comes, which then has one of its two.
    let mut services = INSTANCES.map(|instance| {
        let service = case.start(instance);
        let has_partition = program::until(LIMIT, || holds_partition(&case.state(instance)));
        assert!(has_partition, "instance {instance} got no partition:\n{}", service.last_words());
        service
    });
    let mut replays = POOLS.map(|pool| case.start_replay(pool, "0"));
    for replay in &mut replays {
        let ended = replay.wait(LIMIT);
        assert!(ended.success(), "replay: {ended}\n{}", replay.last_words());
    }
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    case.await_end_of_input();
    for service in &mut services {
        service.end_in_order();
    }
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
    println!("source partitions {:?}, observation partitions {:?}", partitions_of_pools(PARTITIONS), [first, second]);
}

/// Whether the folder of the states has one of a partition.
fn holds_partition(state: &Path) -> bool {
    state.read_dir().is_ok_and(|mut partitions| partitions.next().is_some())
}
