//! One Tidewatch on a real broker: its topics, groups, state and configuration, all of its own, and its processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use tempfile::TempDir;
use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_schemas::topics::Topics as Names;

use crate::bucket;
use crate::expected::{self, PARTITIONS, PRICES, Published};
use crate::program::{self, Program};
use crate::topics::{Tail, Topics};

/// How long a Tidewatch may take for the recording.
const LIMIT: Duration = Duration::from_mins(2);

/// A Tidewatch that shares nothing with others but the broker.
#[expect(clippy::struct_excessive_bools, reason = "what a test wants is there or not")]
pub struct Deployment {
    /// Its own topics.
    pub names: Names,
    /// Topic that agents write to.
    pub source: String,
    /// Its broker.
    pub topics: Topics,
    /// Records of a micro-batch, in both stages.
    pub batch: usize,
    /// Lines to be added to the section `topics` of its configuration.
    pub topic_options: String,
    /// Topics that agents write to, besides `source`.
    pub further_sources: Vec<String>,
    /// Whether instances are static members of their groups, each by its name.
    pub is_static: bool,
    /// Whether instances take checkpoints, all to the same folder.
    pub takes_checkpoints: bool,
    /// Where the bucket of the checkpoints answers; they go to a folder without.
    pub bucket: Option<String>,
    /// Time between two checkpoints of a partition.
    pub checkpoint_interval: Duration,
    /// Whether what is published goes to a lake, all to the same folder, within seconds.
    pub has_lake: bool,
    /// Whether judged windows are published.
    pub publishes_windows: bool,
    /// Whether instances log as JSON, and every second how it goes: what [`Vitals`](crate::vitals::Vitals) reads.
    pub tells_vitals: bool,
    bootstrap: String,
    name: String,
    folder: TempDir,
}

/// Records by their bytes, and how often each was published.
pub type Counted = BTreeMap<Vec<u8>, usize>;

impl Deployment {
    /// The Tidewatch `name`, which reads the topic `source`.
    ///
    /// # Panics
    /// When there can be no folder for it.
    pub fn new(bootstrap: &str, name: &str, source: &str) -> Self {
        Self {
            names: Names::under(name),
            source: source.to_owned(),
            topics: Topics::at(bootstrap),
            batch: 8_192,
            topic_options: String::new(),
            further_sources: Vec::new(),
            is_static: false,
            takes_checkpoints: false,
            bucket: None,
            checkpoint_interval: Duration::from_secs(1),
            has_lake: false,
            publishes_windows: false,
            tells_vitals: false,
            bootstrap: bootstrap.to_owned(),
            name: name.to_owned(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Makes the topic that agents write to. Recorded time may lie ahead of the broker's clock, or far behind it.
    pub fn create_source(&self) {
        self.create_sources(PARTITIONS);
    }

    /// The same for every topic that agents write to, with so many partitions.
    pub fn create_sources(&self, partitions: i32) {
        let settings = [
            ("retention.ms", "-1"),
            ("message.timestamp.after.max.ms", "9223372036854775807"),
            ("max.message.bytes", "4194304"),
        ];
        for topic in self.sources() {
            self.topics.create(topic, partitions, &settings);
        }
    }

    /// Starts `tidewatch run` with the state folder `instance`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&self, instance: &str) -> Program {
        self.start_with(instance, &[])
    }

    /// The same with further environment variables.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with(&self, instance: &str, environment: &[(&str, &str)]) -> Program {
        self.run(instance, &[], environment)
    }

    /// Starts one stage of `tidewatch run` with the state folder `instance`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_stage(&self, instance: &str, stage: &str) -> Program {
        self.run(instance, &["--only", stage], &[])
    }

    /// The configuration of an instance, written to a file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn configured(&self, instance: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{instance}.yaml"));
        fs::write(&file, self.configuration(instance)).expect("a configuration can be written");
        file
    }

    fn run(&self, instance: &str, more: &[&str], environment: &[(&str, &str)]) -> Program {
        let file = self.configured(instance);
        let said = self.folder.path().join(instance);
        let environment = [environment, &[("S3_SECRET", "secret")]].concat();
        let arguments = [&["run", "--config", shown(&file)], more].concat();
        Program::start_with(&arguments, &said, &environment)
    }

    /// The topics that agents write to.
    pub fn sources(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.source).chain(&self.further_sources)
    }

    /// Where the broker is.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Starts `tidewatch replay`, which sends the whole recording as that of `pool`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_replay(&self, pool: &str, speed: &str) -> Program {
        let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/recordings/odoo-lab-a");
        let to = ["--brokers", &self.bootstrap, "--topic", &self.source, "--pool", pool, "--speed", speed];
        let arguments = [&["replay", "--input", shown(&recording)], &to[..]].concat();
        Program::start(&arguments, &self.folder.path().join(format!("replay-{pool}")))
    }

    /// Sends the recording as fast as it goes, and waits for it.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub fn replay(&self) {
        let mut replay = self.start_replay(RECORDING_POOL, "0");
        let ended = replay.wait(LIMIT);
        assert!(ended.success(), "replay: {ended}\n{}", replay.last_words());
    }

    /// The consumer group of the ingest stage.
    pub fn ingest_group(&self) -> String {
        format!("{}-ingest", self.name)
    }

    /// The consumer group of the lake stage.
    pub fn lake_group(&self) -> String {
        format!("{}-lake", self.name)
    }

    /// Folder of the lake.
    pub fn lake_folder(&self) -> PathBuf {
        self.folder.path().join("lake")
    }

    /// Waits until both stages have told their groups that they are at the end of their input.
    ///
    /// # Panics
    /// When they do not come there.
    pub fn await_end_of_input(&self) {
        let mut inputs: Vec<(String, &String)> = self.sources().map(|topic| (self.ingest_group(), topic)).collect();
        inputs.push((format!("{}-detect", self.name), &self.names.observations));
        let position = |(group, topic): &(String, &String)| self.topics.committed_and_end(group, topic);
        let positions = || inputs.iter().map(position).collect::<Vec<_>>();
        let at_end = || positions().iter().flatten().all(|(committed, end)| committed == end);
        assert!(program::until(LIMIT, at_end), "committed offsets and ends after {LIMIT:?}: {:?}", positions());
    }

    /// Folder of the states of `instance`, a folder per partition in it.
    pub fn state(&self, instance: &str) -> PathBuf {
        self.folder.path().join(format!("{instance}-state"))
    }

    /// Names of all checkpoints that are there.
    pub fn checkpoints(&self) -> BTreeSet<PathBuf> {
        let folders = fs::read_dir(self.folder.path().join("checkpoints/manifests")).into_iter().flatten().flatten();
        let names = |folder: fs::DirEntry| fs::read_dir(folder.path()).into_iter().flatten().flatten();
        folders.flat_map(names).map(|entry| entry.path()).collect()
    }

    /// Files of checkpoints that no checkpoint names: of those that were begun and not finished.
    pub fn unnamed_files(&self) -> usize {
        let texts = self.checkpoints().into_iter().filter_map(|path| fs::read_to_string(path).ok());
        let named: String = texts.collect();
        let folder = self.folder.path().join("checkpoints");
        let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = ["sst", "files"].into_iter().flat_map(|kind| list(folder.join(kind))).flat_map(list);
        let is_named = |file: &PathBuf| file.file_name().is_some_and(|name| named.contains(&*name.to_string_lossy()));
        files.filter(|file| !is_named(file)).count()
    }

    /// Records that ingest and detect have still to read, as far as their groups know; `None` when the broker does not say.
    pub fn lag(&self) -> Option<(i64, i64)> {
        let of = |stage: &str, topic| self.topics.lag(&format!("{}-{stage}", self.name), topic);
        let ingest = self.sources().map(|topic| of("ingest", topic)).sum::<Option<i64>>()?;
        Some((ingest, of("detect", &self.names.observations)?))
    }

    fn checkpoints_section(&self) -> String {
        let interval = self.checkpoint_interval.as_secs();
        let folder = || (self.folder.path().join("checkpoints").display().to_string(), String::new());
        let (url, options) = self.bucket.as_ref().map_or_else(folder, |address| {
            // What is written here is what the documentation shows; the secret comes from the environment.
            let options = "aws_allow_http: true, aws_access_key_id: key, aws_secret_access_key: { env: S3_SECRET }";
            let options = format!(", options: {{ aws_endpoint: \"http://{address}\", {options} }}");
            (format!("s3://{}/{}", bucket::NAME, self.name), options)
        });
        format!(", checkpoints: {{ url: \"{url}\", interval: {interval}s{options} }}")
    }

    fn configuration(&self, instance: &str) -> String {
        let Self { bootstrap, name, batch, topic_options, .. } = self;
        let sources: Vec<&str> = self.sources().map(String::as_str).collect();
        let sources = sources.join(", ");
        let member = if self.is_static { format!(", instance: {instance}") } else { String::new() };
        let state = self.state(instance);
        let checkpoints = if self.takes_checkpoints { self.checkpoints_section() } else { String::new() };
        let lake = if self.has_lake {
            format!(
                "lake: {{ url: \"{}\", group: {}, flush_after: 1s, rows: 150 }}\n",
                self.lake_folder().display(),
                self.lake_group()
            )
        } else {
            String::new()
        };
        let windows = if self.publishes_windows { ", windows: all" } else { "" };
        let log = if self.tells_vitals { "log: { format: json, progress: 1s }\n" } else { "" };
        format!(
            "kafka: {{ brokers: [\"{bootstrap}\"]{member} }}\n\
             topics: {{ prefix: {name}{topic_options} }}\n\
             ingest:\n  group: {name}-ingest\n  batch: {batch}\n  \
             sources: [{{ topics: [{sources}], format: otlp_proto }}]\n\
             detect: {{ group: {name}-detect, batch: {batch}, clock: events, state: \"{}\"{windows}{checkpoints} }}\n{PRICES}{lake}{log}",
            state.display()
        )
    }
}

/// What the driver makes of the records that stand in the topics that agents write to, and how many were sent twice. Each
/// topic has so many partitions and got the recording for so many pools.
///
/// A broker that ends before it answers a sender may get a record again. It drops what it knows, but it knows a sender for
/// a day from the time of its last record, and those of a recording are older. What agents send is not what is tested.
///
/// # Panics
/// When a part of a recording is not there.
pub fn of_sources(case: &Deployment, partitions: i32, pools: usize) -> (Published, usize) {
    let due = pools * expected::messages();
    let (mut all, mut repeated) = (Published::default(), 0);
    for source in case.sources() {
        let records = case.topics.tail(source).rest_whole();
        let keyed: BTreeSet<_> = records.iter().map(|record| (record.key(), record.payload())).collect();
        assert!(keyed.len() >= due, "{source}: {} different records instead of {due}", keyed.len());
        repeated += records.len() - keyed.len();
        all.extend(expected::of_records(source, partitions, records));
    }
    (all, repeated)
}

/// Says which records are not there exactly once.
///
/// # Panics
/// When there are any.
pub fn assert_once_each(found: &Counted, expected: &BTreeSet<Vec<u8>>) {
    let text = |record: &Vec<u8>| String::from_utf8_lossy(&record[..record.len().min(130)]).into_owned();
    let wrong = found.iter().filter(|(record, count)| **count != 1 || !expected.contains(*record));
    let wrong: Vec<String> = wrong.map(|(record, count)| format!("{count} times: {}", text(record))).collect();
    assert!(wrong.is_empty(), "repeated, or not expected:\n{}", wrong.join("\n"));
    assert_eq!(found.len(), expected.len(), "records");
}

/// Reads incident records into `found` until every one of `expected` is there, then to the end of the topic.
///
/// # Panics
/// When some do not come; the message tells which.
pub fn read_expected(incidents: &Tail, found: &mut Counted, expected: &BTreeSet<Vec<u8>>) {
    let started = Instant::now();
    loop {
        for record in incidents.rest() {
            *found.entry(record.value).or_default() += 1;
        }
        let missing = || expected.iter().filter(|record| !found.contains_key(*record));
        if missing().next().is_none() {
            return;
        }
        let is_late = started.elapsed() > LIMIT;
        assert!(!is_late, "after {LIMIT:?} {} records are missing:\n{}", missing().count(), listed(missing(), found));
        std::thread::sleep(program::LOOK);
    }
}

/// The beginnings of the missing records, and of those that are there.
fn listed<'a>(missing: impl Iterator<Item = &'a Vec<u8>>, found: &Counted) -> String {
    let text = |record: &Vec<u8>| String::from_utf8_lossy(&record[..record.len().min(130)]).into_owned();
    let missing: Vec<String> = missing.map(text).collect();
    let found: Vec<String> = found.keys().map(text).collect();
    format!("{}\nthese are there:\n{}", missing.join("\n"), found.join("\n"))
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path is text")
}
