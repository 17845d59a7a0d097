//! Checkpoints in a bucket that goes away and comes back while the service judges: nothing waits for it, it is said, and
//! a machine with an empty disk goes on from what is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tidewatch_pipelines::checkpoint::choice;
use tidewatch_tests::bucket::{Bucket, remote};
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, read_expected};
use tidewatch_tests::detour::{Detour, Mishap};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program;

use super::Broker;
use super::chaos::{pools, send_recordings};

const PARTITIONS: i32 = 8;
/// Recorded seconds per second.
const SPEED: f64 = 30.0;
const LIMIT: Duration = Duration::from_mins(1);

/// A way to the bucket, what makes it refuse everything, and how often it has.
fn detour(bucket: &Bucket) -> (Detour, Arc<AtomicBool>, Arc<AtomicUsize>) {
    let (is_away, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (away, count) = (Arc::clone(&is_away), Arc::clone(&refused));
    let detour = Detour::to(bucket.address(), move |_| {
        if !away.load(Ordering::Relaxed) {
            return Mishap::None;
        }
        count.fetch_add(1, Ordering::Relaxed);
        Mishap::Refused
    });
    (detour, is_away, refused)
}

#[test]
#[ignore = "needs Apache Kafka and a bucket: make test-kafka"]
fn a_bucket_that_fails_stops_nothing_and_holds_what_an_empty_disk_needs() {
    let (broker, bucket) = (Broker::start(), Bucket::start(1_000));
    let (detour, is_away, refused) = detour(&bucket);
    let mut case = Deployment::new(broker.bootstrap(), "bucket", "otlp-bucket");
    (case.batch, case.takes_checkpoints, case.tells_vitals) = (20, true, true);
    case.bucket = Some(detour.address().to_owned());
    case.topic_options = format!(", partitions: {PARTITIONS}");
    case.create_sources(PARTITIONS);
    let pools = pools();
    let names: Vec<&str> = pools.iter().map(String::as_str).collect();
    let expected = Sent { topic: &case.source, pools: &names, partitions: PARTITIONS }.incident_records();
    let senders = send_recordings(broker.bootstrap(), &case.source, &pools, SPEED);

    let healthy = remote(bucket.address(), "bucket", 3);
    let newest = || -> Vec<_> {
        (0..PARTITIONS)
            .map(|partition| choice::names(&healthy, partition).expect("it lists").first().copied())
            .collect()
    };
    let mut first = case.start("first");
    assert!(program::until(LIMIT, || newest().iter().all(Option::is_some)), "no checkpoints\n{}", first.last_words());

    is_away.store(true, Ordering::Relaxed);
    // Each of its calls is made fifteen times before a checkpoint is given up.
    let is_said = || first.said().contains("checkpoint failed");
    assert!(program::until(LIMIT, is_said), "an outage is said\n{}", first.last_words());
    let before = newest();
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    let so_far = incidents.rest().len();
    for sender in senders {
        sender.join().expect("the recording was sent");
    }
    read_expected(&case.topics.tail(&case.names.incidents), &mut found, &expected);
    println!("{} incident records while the bucket was away, {so_far} before", expected.len() - so_far);
    assert_once_each(&found, &expected);
    assert!(refused.load(Ordering::Relaxed) > 0 && newest() == before, "nothing was written");

    is_away.store(false, Ordering::Relaxed);
    let has_all_anew = || newest().iter().zip(&before).all(|(newest, before)| newest > before);
    assert!(program::until(LIMIT, has_all_anew), "the bucket came back, checkpoints did not\n{}", first.last_words());
    first.kill();
    std::fs::remove_dir_all(case.state("first")).expect("its disk can be lost");

    is_away.store(true, Ordering::Relaxed);
    let mut second = case.start("second");
    assert!(program::until(LIMIT, || second.said().contains(" waits: ")), "it does not wait\n{}", second.last_words());
    assert!(second.is_running() && !second.said().contains("partition gained"), "it cannot know what there is");
    is_away.store(false, Ordering::Relaxed);
    let goes_on = || second.said().matches("restored from the checkpoint").count() >= pools.len();
    assert!(program::until(LIMIT, goes_on), "nothing was restored\n{}", second.last_words());
    case.await_end_of_input();
    second.end_in_order();
    let mut found = Counted::new();
    read_expected(&case.topics.tail(&case.names.incidents), &mut found, &expected);
    assert_once_each(&found, &expected);
}
