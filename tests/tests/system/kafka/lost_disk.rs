//! A machine that is lost with its disk: another one goes on from the last checkpoint, with every incident there once.

use std::time::Duration;

use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program;

use super::Broker;
use super::chaos::{pools, send_recordings};

const PARTITIONS: i32 = 8;
/// Recorded seconds per second.
const SPEED: f64 = 30.0;
/// Machines that are lost, one after the other.
const LOST: usize = 3;
/// How long a machine may take until it has left checkpoints behind.
const LIMIT: Duration = Duration::from_mins(1);

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn a_lost_disk_costs_nothing_and_repeats_nothing() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "lost-disk", "otlp-lost-disk");
    (case.batch, case.takes_checkpoints) = (20, true);
    case.topic_options = format!(", partitions: {PARTITIONS}");
    case.create_sources(PARTITIONS);
    let pools = pools();
    let names: Vec<&str> = pools.iter().map(String::as_str).collect();
    let expected = Sent { topic: &case.source, pools: &names, partitions: PARTITIONS }.incident_records();
    let senders = send_recordings(broker.bootstrap(), &case.source, &pools, SPEED);
    let mut taken = case.checkpoints();
    for turn in 0..LOST {
        let machine = format!("machine-{turn}");
        let mut service = case.start(&machine);
        let enough = usize::try_from(PARTITIONS).expect("a few");
        let has_more = || case.checkpoints().difference(&taken).count() >= enough;
        assert!(program::until(LIMIT, has_more), "{machine} takes no checkpoints\n{}", service.last_words());
        taken = case.checkpoints();
        service.kill();
        std::fs::remove_dir_all(case.state(&machine)).expect("its disk can be lost");
    }
    let mut service = case.start("survivor");
    for sender in senders {
        sender.join().expect("the recording was sent");
    }
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    case.await_end_of_input();
    assert!(service.said().contains("restored from the checkpoint"), "{}", service.last_words());
    service.end_in_order();
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
    println!("{LOST} machines lost, {} incident records once each", expected.len());
}
