//! Instances of the whole pipeline are killed, lose their disk, are stopped past their session, ended, added and removed,
//! and their broker is killed too, while recordings arrive. In the end every incident stands in its topic exactly once, and
//! every finding comes out exactly once for a reader who drops repeated numbers.
//!
//! One instance is only ever stopped, so that there is one in which a leak would show.
//!
//! CI takes a few minutes; `SOAK_MINUTES=60 make soak` takes as long as it is told, with new pools all the time.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use tidewatch_delivery::{Publish as _, Record, SequenceFilter, TopicPublisher};
use tidewatch_pipelines::recording::Recording;
use tidewatch_pipelines::replay::{self, Plan};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::{Content, wire};
use tidewatch_tests::deployment::{Counted, Deployment, assert_once_each, of_sources, read_expected};
use tidewatch_tests::expected::Published;
use tidewatch_tests::program::{self, Program};
use tidewatch_tests::simulator::random::Random;
use tidewatch_tests::vitals::{Bounds, DETECT_LAG, INGEST_LAG, Said, Soak, Vitals};

use super::Broker;
use super::lake::is_lake_of;

const SEED: u64 = 20_261_125;
/// Partitions of the topics; each pool has one of each for itself.
const PARTITIONS: i32 = 8;
/// Recorded seconds per second: a recording of 24 minutes takes five.
const SPEED: f64 = 5.0;
const ROUND: Duration = Duration::from_mins(5);
/// Longer than a session.
const STOPPED: Duration = Duration::from_secs(13);
const ORDERLY_END: Duration = Duration::from_secs(20);
/// An instance that is ended this soon after its broker may give up what nobody acknowledged.
const BROKER_RECOVERS: Duration = Duration::from_secs(30);
/// The one that lives through it all.
const STEADY: &str = "one";
const NAMES: [&str; 3] = [STEADY, "two", "three"];
const CHECKPOINTS: Duration = Duration::from_secs(5);
/// One thing of so many that go wrong is the end of the broker.
const BROKER_EVERY: usize = 6;
/// Fewer cost signals than come of one recording.
const LEAST_COSTS: usize = 50;
/// Records of a round that nobody can read.
const GARBAGE: usize = 200;
/// How long what waits may take to be gone, once there is peace.
const PEACE: Duration = Duration::from_mins(1);
/// A debug build with eight partitions. Checkpoints may be twelve intervals old: a process is stopped for two and a half
/// of them, and each end of the broker costs as much.
const BOUNDS: Bounds =
    Bounds { memory_per_hour: 8.0, memory_slack: 48.0, files: 1_000.0, threads: 200.0, checkpoint_age: 60.0 };

/// A number from the environment, for those who want more than CI does.
pub fn wanted(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Pools of which each has a partition of its own.
pub fn pools() -> Vec<String> {
    let mut pools: BTreeMap<i32, String> = BTreeMap::new();
    for number in 0.. {
        if pools.len() == usize::try_from(PARTITIONS).expect("few") {
            break;
        }
        let name = format!("pool-{number}");
        pools.entry(partition_of(name.as_bytes(), PARTITIONS)).or_insert(name);
    }
    pools.into_values().collect()
}

/// Sends the recording for every pool at once.
pub fn send_recordings(bootstrap: &str, topic: &str, pools: &[String], speed: f64) -> Vec<thread::JoinHandle<()>> {
    let send = |pool: &String| {
        let (pool, topic) = (pool.clone(), topic.to_owned());
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", bootstrap).set("reconnect.backoff.max.ms", "500");
        move || {
            let recording = Recording::embedded().expect("the embedded recording can be read");
            let partitions = BTreeMap::from([(topic.clone(), PARTITIONS)]);
            let plan = Plan { pool, speed, topic: Some(topic), partitions };
            let mut publisher = TopicPublisher::new(&client).expect("a producer");
            replay::send(&recording, &plan, &mut publisher, &mut |_, _| true).expect("the broker takes the recording");
        }
    };
    pools.iter().map(|pool| thread::spawn(send(pool))).collect()
}

/// Sends records that nobody can read among those of the pools, all through a round.
fn send_garbage(bootstrap: &str, topic: &str, pools: &[String]) -> thread::JoinHandle<()> {
    let (pools, topic, mut client) = (pools.to_vec(), topic.to_owned(), ClientConfig::new());
    client.set("bootstrap.servers", bootstrap).set("reconnect.backoff.max.ms", "500");
    thread::spawn(move || {
        let mut publisher = TopicPublisher::new(&client).expect("a producer");
        for (number, pool) in (0..GARBAGE).zip(pools.iter().cycle()) {
            let (key, value) = (pool.as_bytes(), format!("garbage {number}"));
            let partition = partition_of(key, PARTITIONS);
            let headers = Vec::new();
            let record = Record { topic: &topic, partition, key, value: value.as_bytes(), timestamp_ms: None, headers };
            publisher.publish(&[record]).expect("the broker takes anything");
            thread::sleep(ROUND / u32::try_from(GARBAGE).expect("few"));
        }
    })
}

/// The instances, and what was done to them.
struct Fleet<'a> {
    case: &'a Deployment,
    random: Random,
    running: BTreeMap<&'static str, Program>,
    done: BTreeMap<&'static str, usize>,
    since: Instant,
    /// When the broker was killed last.
    broker_killed: Option<Instant>,
    soak: Soak,
}

impl<'a> Fleet<'a> {
    /// Two to begin with.
    fn of(case: &'a Deployment, seed: u64) -> Self {
        let (running, done, soak) = (BTreeMap::new(), BTreeMap::new(), Soak::default());
        let (random, since) = (Random::new(seed), Instant::now());
        let mut fleet = Self { case, random, running, done, since, broker_killed: None, soak };
        NAMES.iter().take(2).for_each(|_| fleet.start_one());
        fleet
    }

    fn start_one(&mut self) {
        if let Some(name) = NAMES.into_iter().find(|name| !self.running.contains_key(name)) {
            self.running.insert(name, self.case.start(name));
        }
    }

    /// One thing that goes wrong.
    fn disturb(&mut self, broker: &mut Broker) {
        self.verify_alive();
        let names: Vec<&'static str> = self.running.keys().copied().collect();
        let any = names[self.random.below(names.len())];
        let mortal: Vec<&'static str> = names.into_iter().filter(|name| *name != STEADY).collect();
        let mortal = (!mortal.is_empty()).then(|| mortal[self.random.below(mortal.len())]);
        let happened: usize = self.done.values().sum();
        // However the dice fall, the broker is among those who end.
        let thrown = if happened % BROKER_EVERY == BROKER_EVERY - 1 { 12 } else { self.random.below(13) };
        let what = match (thrown, mortal) {
            (0..=2, Some(name)) => self.kill(name, false),
            (3, Some(name)) => self.kill(name, true),
            (4..=5, _) => self.stop_and_continue(any),
            (6..=7, Some(name)) => self.end(name, true),
            (8, Some(name)) => self.end(name, false),
            (0..=10, _) => {
                self.start_one();
                "added"
            }
            _ => {
                self.broker_killed = Some(Instant::now());
                broker.kafka.kill().unwrap_or_else(|failed| panic!("{failed}"));
                broker.kafka.restart().unwrap_or_else(|failed| panic!("{failed}"));
                "broker killed"
            }
        };
        *self.done.entry(what).or_default() += 1;
        let pause = Duration::from_millis(500 + 500 * self.random.below(8) as u64);
        self.watch(pause);
        if let Some((ingest, detect)) = self.case.lag() {
            self.soak.push(INGEST_LAG, self.since.elapsed(), ingest as f64);
            self.soak.push(DETECT_LAG, self.since.elapsed(), detect as f64);
        }
    }

    /// Lets time pass and looks at everybody each second.
    fn watch(&mut self, time: Duration) {
        let begun = Instant::now();
        loop {
            for (name, instance) in &self.running {
                if let Some(vitals) = Vitals::of(instance) {
                    self.soak.looked(&vitals, self.since.elapsed(), *name == STEADY);
                }
            }
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(Duration::from_secs(1)));
        }
    }

    /// Nothing waits any more, and checkpoints hold everything.
    fn await_rest(&self) {
        let said = || self.running.values().map(|instance| Said::last(&instance.said())).collect::<Vec<_>>();
        let old = 3.0 * CHECKPOINTS.as_secs_f64();
        let at_rest = |said: &Said| said.outbox == 0.0 && said.checkpoint_age.is_some_and(|age| age <= old);
        let are_at_rest = || said().iter().all(|said| said.as_ref().is_some_and(at_rest));
        assert!(program::until(PEACE, are_at_rest), "{PEACE:?} after the end of the input: {:?}", said());
        let behind = || self.case.lag();
        assert!(program::until(PEACE, || behind() == Some((0, 0))), "records behind: {:?}", behind());
    }

    fn kill(&mut self, name: &'static str, and_its_disk: bool) -> &'static str {
        if let Some(mut instance) = self.running.remove(name) {
            instance.kill();
        }
        let state = self.case.state(name);
        if and_its_disk && state.exists() {
            std::fs::remove_dir_all(state).expect("its disk can be lost");
        }
        self.running.insert(name, self.case.start(name));
        if and_its_disk { "lost with its disk" } else { "killed" }
    }

    fn stop_and_continue(&mut self, name: &'static str) -> &'static str {
        self.running[name].signal("STOP");
        self.watch(STOPPED);
        self.running[name].signal("CONT");
        "stopped past the session"
    }

    fn end(&mut self, name: &'static str, comes_back: bool) -> &'static str {
        if let Some(mut instance) = self.running.remove(name) {
            instance.signal("TERM");
            let ended = instance.wait(ORDERLY_END);
            // One that was only just started has nothing to drain yet and does not listen to signals.
            let had_begun = ended.signal().is_none();
            // It ends with 0 when everything was published, which a broker that has only just come back may not allow in time.
            let is_back = self.broker_killed.is_none_or(|at| at.elapsed() > BROKER_RECOVERS + ORDERLY_END);
            assert!(
                ended.success() || !had_begun || !is_back,
                "{name} after SIGTERM: {ended}\n{}",
                instance.last_words()
            );
        }
        if comes_back {
            self.running.insert(name, self.case.start(name));
            return "ended and started";
        }
        "removed"
    }

    fn verify_alive(&mut self) {
        for (name, instance) in &mut self.running {
            assert!(instance.is_running(), "{name} ended by itself:\n{}", instance.last_words());
        }
    }
}

/// Ingest lost nothing: each record of a source stands in the observations, as observations or as rejects, and within a
/// partition of observations those of a source partition stand in order but for repeats.
fn verify_observations(case: &Deployment) -> usize {
    let mut last: BTreeMap<(String, i32, i32), (i64, u32)> = BTreeMap::new();
    let mut offsets: BTreeMap<(String, i32), BTreeSet<i64>> = BTreeMap::new();
    let (mut repeated, mut wrong) = (0, Vec::new());
    for record in case.topics.tail(&case.names.observations).rest() {
        let (Content::Observations { origin, .. } | Content::Rejects { origin, .. }) =
            wire::decode(&record.value).expect("an envelope").content
        else {
            continue;
        };
        let source = (origin.topic.to_string(), origin.partition);
        let before = last.entry((source.0.clone(), source.1, record.partition)).or_insert((-1, 0));
        let is_known = !offsets.entry(source).or_default().insert(origin.offset);
        if origin.position() > *before {
            *before = origin.position();
        } else if is_known {
            repeated += 1;
        } else {
            wrong.push(format!("{}/{}: {:?} after {before:?}", origin.topic, origin.partition, origin.position()));
        }
    }
    for ((topic, partition), offsets) in offsets {
        let gaps = offsets.iter().zip(offsets.iter().skip(1)).filter(|(one, other)| *other - *one != 1);
        wrong.extend(gaps.map(|(one, other)| format!("{topic}/{partition}: nothing between {one} and {other}")));
    }
    assert!(wrong.is_empty(), "ingest left out records: {wrong:?}");
    repeated
}

/// Every record of a topic stands there once, and there are enough of them for something to have been tried.
fn verify_once(case: &Deployment, topic: &str, (expected, least): (&[Vec<u8>], usize)) {
    let sorted = |mut records: Vec<Vec<u8>>| {
        records.sort();
        records.into_iter().map(|record| String::from_utf8_lossy(&record).into_owned()).collect::<Vec<_>>()
    };
    let found = case.topics.tail(topic).rest().into_iter().map(|record| record.value).collect();
    assert_eq!(sorted(found), sorted(expected.to_vec()), "{topic}");
    assert!(expected.len() >= least, "{topic} has {} records: nothing was tried", expected.len());
}

/// Every finding, once each for a reader who filters; as they stand in the topic some may be repeated.
fn verify_findings(case: &Deployment, expected: &[Vec<u8>]) -> usize {
    let mut filters: BTreeMap<i32, SequenceFilter> = BTreeMap::new();
    let (mut due, mut repeated) = (Counted::new(), 0);
    for finding in expected {
        *due.entry(finding.clone()).or_default() += 1;
    }
    for record in case.topics.tail(&case.names.findings).rest() {
        if filters.entry(record.partition).or_default().admits(record.numbered) {
            let count = due.get_mut(&record.value).expect("a finding that the driver has, too");
            *count = count.checked_sub(1).expect("a finding that was not there before");
        } else {
            repeated += 1;
        }
    }
    let missing: usize = due.values().sum();
    assert_eq!(missing, 0, "findings are missing of {}", expected.len());
    repeated
}

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn whatever_is_killed_every_incident_is_there_once() {
    let rounds = wanted("SOAK_MINUTES").map_or(1, |minutes| (minutes * 60).div_ceil(ROUND.as_secs()).max(1));
    let mut broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "chaos", "otlp-chaos-0");
    (case.batch, case.takes_checkpoints, case.checkpoint_interval, case.tells_vitals) = (50, true, CHECKPOINTS, true);
    case.topic_options = format!(", partitions: {PARTITIONS}");
    case.has_lake = true;
    case.further_sources = (1..rounds).map(|round| format!("otlp-chaos-{round}")).collect();
    case.create_sources(PARTITIONS);
    let pools = pools();
    let seed = wanted("CHAOS_SEED").unwrap_or(SEED);
    let mut fleet = Fleet::of(&case, seed);

    for (round, source) in case.sources().enumerate() {
        // A pool that has come to the end of its recording cannot begin again: each round has its own.
        let pools: Vec<String> = if round == 0 { pools.clone() } else { in_round(&pools, round) };
        let started = Instant::now();
        let mut senders = send_recordings(broker.bootstrap(), source, &pools, SPEED);
        senders.push(send_garbage(broker.bootstrap(), source, &pools));
        while started.elapsed() < ROUND {
            fleet.disturb(&mut broker);
        }
        for sender in senders {
            sender.join().expect("the recording was sent");
        }
    }
    let (published, sent_again) = of_sources(&case, PARTITIONS, pools.len());
    let Published { incidents: expected, rejects, findings, costs, .. } = published;
    let (incidents, mut found) = (case.topics.tail(&case.names.incidents), Counted::new());
    case.await_end_of_input();
    let ingested_again = verify_observations(&case);
    read_expected(&incidents, &mut found, &expected);
    fleet.verify_alive();
    fleet.await_rest();
    println!("{}", fleet.soak);
    let missing = is_lake_of(&case);
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    fleet.running.values_mut().for_each(Program::end_in_order);
    read_expected(&incidents, &mut found, &expected);
    assert_once_each(&found, &expected);
    verify_once(&case, &case.names.rejects, (&rejects, GARBAGE));
    verify_once(&case, &case.names.cost_signals, (&costs, LEAST_COSTS));
    let repeated = verify_findings(&case, &findings);
    println!(
        "{rounds} rounds, {:?}: {} incident records, {} rejects and {} cost signals once each; {} findings once each, {repeated} repeats dropped; {sent_again} records sent and {ingested_again} envelopes ingested again",
        fleet.done,
        expected.len(),
        rejects.len(),
        costs.len(),
        findings.len()
    );
    let broken = fleet.soak.broken(&BOUNDS);
    assert!(broken.is_empty(), "out of bounds: {}", broken.join("; "));
}

/// Names of pools in the same partitions for another round.
fn in_round(pools: &[String], round: usize) -> Vec<String> {
    let in_partition = |pool: &String| {
        let wanted = partition_of(pool.as_bytes(), PARTITIONS);
        let mut names = (0..).map(|number: u32| format!("pool-{round}-{number}"));
        names.find(|name| partition_of(name.as_bytes(), PARTITIONS) == wanted).expect("some name fits")
    };
    pools.iter().map(in_partition).collect()
}
