//! The configuration: defaults, file, environment and flags to one [`Config`] that is valid by construction.
//!
//! | module | does |
//! |---|---|
//! | `layers` | merges the sources; every value remembers where it was written |
//! | `section` | reads keys one by one and writes down everything that is wrong, unknown keys included |
//! | `kafka`, `topics`, `ingest`, `detect`, `checkpoints`, `cost`, `calendar`, `pager`, `lake`, `sql`, `log` | one section each: its type, its limits |
//! | `quantity` | `10s`, `1MiB` |
//! | `secret` | settings that must not be seen |
//! | `environment` | reads the process's environment |
//! | `error` | what is wrong, where, and what would be right |
//!
//! `default.yaml` holds every option with its default; there are no defaults in code.

mod calendar;
mod checkpoints;
mod cost;
mod detect;
mod environment;
mod error;
mod incidents;
mod ingest;
mod kafka;
mod lake;
mod layers;
mod log;
mod pager;
mod quantity;
mod secret;
mod section;
mod sql;
mod topics;
mod value;

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

pub use checkpoints::CheckpointsConfig;
pub use detect::{Clock, DetectConfig};
pub use environment::variables;
pub use error::{ConfigError, ConfigErrors, Wrong};
pub use ingest::{IngestConfig, Start};
pub use kafka::{KafkaConfig, Publishing};
pub use lake::LakeConfig;
pub use layers::{DEFAULTS, Flag, PREFIX, Text};
pub use log::{LogConfig, LogFormat};
pub use pager::{ChannelConfig, PagerConfig};
pub use quantity::duration;
pub use secret::Setting;
pub use sql::{AccountConfig, SqlConfig};
pub use topics::TopicsConfig;

use section::Section;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Records of a micro-batch.
const BATCH: RangeInclusive<u32> = 1..=100_000;
/// Waits for a batch to fill.
const LINGER: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(10);

/// Everything that can be configured, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How Kafka is reached.
    pub kafka: KafkaConfig,
    /// The topics that Tidewatch owns.
    pub topics: TopicsConfig,
    /// How input is read.
    pub ingest: IngestConfig,
    /// How detection works.
    pub detect: DetectConfig,
    /// How people are told.
    pub pager: PagerConfig,
    /// How the lake is written.
    pub lake: LakeConfig,
    /// How the lake is asked over the network.
    pub sql: SqlConfig,
    /// What the program says about itself.
    pub log: LogConfig,
}

impl Config {
    /// Reads `file`, if there is one, and puts `environment` and `flags` on top. Either everything is right, or the error
    /// holds everything that is wrong; only text that is not YAML hides what else there may be.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[Flag],
    ) -> Result<Self, ConfigErrors> {
        let Some(path) = file else { return Self::from_text(None, environment, flags) };
        let name = path.display().to_string();
        let yaml = fs::read_to_string(path).map_err(|error| {
            let wrong = Wrong::new(format!("cannot be read: {error}"), "name a file that is there");
            ConfigError::about(&name, wrong)
        })?;
        Self::from_text(Some(Text { name: &name, yaml: &yaml }), environment, flags)
    }

    /// Like [`load`](Self::load) with the content of the file at hand.
    pub fn from_text(
        file: Option<Text>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[Flag],
    ) -> Result<Self, ConfigErrors> {
        let environment: BTreeMap<String, String> = environment.into_iter().collect();
        let merged = layers::merge(file, &environment, flags)?;
        let mut errors = Vec::new();
        let config = Section::read("", merged, &mut errors, read);
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }
}

fn read(root: &mut Section) -> Config {
    let [sources, group, lake] = ["ingest.sources", "detect.group", "lake.group"].map(|path| root.origin(path));
    let calendars = root.section("calendar", calendar::read);
    let cost = root.section("cost", cost::read);
    let incidents = root.section("incidents", incidents::read);
    let config = Config {
        kafka: root.section("kafka", kafka::read),
        topics: root.section("topics", topics::read),
        ingest: root.section("ingest", ingest::read),
        detect: root.section("detect", |section| detect::read(section, (calendars, cost, incidents))),
        pager: root.section("pager", pager::read),
        lake: root.section("lake", lake::read),
        sql: root.section("sql", sql::read),
        log: root.section("log", log::read),
    };
    refuse_own_topics(root, &config, &sources);
    refuse_shared_group(root, &config, [&group, &lake]);
    config
}

/// Reading what Tidewatch writes would be a loop.
fn refuse_own_topics(root: &mut Section, config: &Config, origin: &str) {
    let names = &config.topics.names;
    let own = [
        &names.observations,
        &names.incidents,
        &names.cost_signals,
        &names.findings,
        &names.rejects,
        &names.verdicts,
        &names.windows,
    ];
    for (index, source) in config.ingest.settings.sources.iter().enumerate() {
        let key = format!("ingest.sources[{index}].topics");
        for topic in source.topics.iter().filter(|topic| own.contains(topic)) {
            let problem = format!("{topic:?} is written by Tidewatch itself");
            root.refuse(&key, origin, Wrong::new(problem, "name a topic that agents write, or change topics.prefix"));
        }
    }
}

/// Members of one group share partitions, so two stages in one group would each miss records.
fn refuse_shared_group(root: &mut Section, config: &Config, [origin, lake]: [&str; 2]) {
    let group = &config.detect.group;
    if *group == config.ingest.group && !group.is_empty() {
        let wrong = Wrong::new(format!("{group:?} is also ingest.group"), "write another name");
        root.refuse("detect.group", origin, wrong);
    }
    let others = [("ingest", &config.ingest.group), ("detect", &config.detect.group), ("pager", &config.pager.group)];
    let group = &config.lake.group;
    if let Some((section, _)) = others.into_iter().find(|(_, other)| *other == group && !group.is_empty()) {
        let wrong = Wrong::new(format!("{group:?} is also {section}.group"), "write another name");
        root.refuse("lake.group", lake, wrong);
    }
}

/// A duration of at most 365 days in milliseconds.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
