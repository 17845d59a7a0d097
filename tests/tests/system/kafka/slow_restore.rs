//! A partition whose state takes longer to bring back than a session lasts: its member stays in the group, the other
//! partitions go on, the group can rebalance meanwhile, and every incident is there once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tidewatch_pipelines::protocol::fail_point;
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program::{self, Program};

use super::Broker;
use super::chaos::{pools, send_recordings};

const PARTITIONS: i32 = 8;
/// The partition that takes long. It stays where it is when somebody joins.
const SLOW: i32 = 6;
/// How long: two sessions and a half.
const TIME: Duration = Duration::from_secs(25);
/// Recorded seconds per second.
const SPEED: f64 = 20.0;
const LIMIT: Duration = Duration::from_mins(1);

/// Partitions that an instance has said to have gained.
fn gained(service: &Program) -> BTreeSet<i32> {
    let said = service.said();
    let partition = |line: &str| line.split("partition=").nth(1)?.split_whitespace().next()?.parse().ok();
    said.lines().filter(|line| line.contains("partition gained")).filter_map(partition).collect()
}

/// How far detect has told its group that it is, partition by partition.
fn committed(case: &Deployment) -> Vec<i64> {
    let all = case.topics.committed_and_end("slow-detect", &case.names.observations);
    all.into_iter().map(|(committed, _)| committed).collect()
}

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn a_slow_restore_holds_up_its_partition_and_nothing_else() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "slow", "otlp-slow");
    (case.batch, case.takes_checkpoints) = (20, true);
    case.topic_options = format!(", partitions: {PARTITIONS}");
    case.create_sources(PARTITIONS);
    let pools = pools();
    let names: Vec<&str> = pools.iter().map(String::as_str).collect();
    let expected = Sent { topic: &case.source, pools: &names, partitions: PARTITIONS }.incident_records();
    let senders = send_recordings(broker.bootstrap(), &case.source, &pools, SPEED);
    let mut lost = case.start("lost");
    let in_slow = |name: &std::path::PathBuf| name.parent().is_some_and(|folder| folder.ends_with(SLOW.to_string()));
    let has_all = || case.checkpoints().len() >= pools.len() && case.checkpoints().iter().any(in_slow);
    assert!(program::until(LIMIT, has_all), "it takes no checkpoints\n{}", lost.last_words());
    lost.kill();

    let slow = format!("{SLOW}:{}", TIME.as_secs());
    let mut service = case.start_with("slow", &[(fail_point::SLOW_OPENING, &slow)]);
    let all_but_one: BTreeSet<i32> = (0..PARTITIONS).filter(|number| *number != SLOW).collect();
    let has_others = program::until(LIMIT, || gained(&service).is_superset(&all_but_one));
    assert!(has_others && gained(&service) == all_but_one, "{:?}\n{}", gained(&service), service.last_words());
    let since = Instant::now();
    let before = committed(&case);
    let others_go_on = || {
        let both = committed(&case).into_iter().zip(&before);
        both.enumerate().all(|(number, (now, before))| i32::try_from(number) == Ok(SLOW) || now > *before)
    };
    assert!(program::until(LIMIT, others_go_on), "others wait: {before:?} to {:?}", committed(&case));
    assert_eq!(gained(&service), all_but_one, "others go on after {:?}, when all could", since.elapsed());

    // Somebody joins the group while the restore is under way, and gets its share at once.
    let mut second = case.start("second");
    assert!(program::until(LIMIT, || gained(&second).len() >= 2), "no share\n{}", second.last_words());
    assert!(since.elapsed() < TIME, "the group waited for the restore");
    let is_open = || gained(&second).contains(&SLOW) || gained(&service).contains(&SLOW);
    assert!(program::until(2 * TIME, is_open), "it is never opened\n{}", service.last_words());
    for sender in senders {
        sender.join().expect("the recording was sent");
    }
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    read_expected(&incidents, &mut found, &expected);
    case.await_end_of_input();
    let share = gained(&second);
    // It gave up what the newcomer got, and was never thrown out.
    let given_up = service.said().matches("given up").count();
    assert_eq!(given_up, share.len(), "partitions went back and forth:\n{}", service.said());
    assert!(
        !share.contains(&SLOW) && service.said().contains(&format!("restored from the checkpoint partition={SLOW}"))
    );
    for instance in [&mut service, &mut second] {
        instance.end_in_order();
    }
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
    println!("{SLOW} took {TIME:?}, the newcomer got {share:?}; {} incident records once each", expected.len());
}
