//! The section `detect.checkpoints`: where copies of the state go, how often, and how many stay.

use std::collections::BTreeMap;
use std::time::Duration;

use config::{Value, ValueKind};

use super::error::{ConfigError, ConfigErrors, Wrong};
use super::secret::{self, Setting};
use super::section::Section;
use super::value::{origin_of, shown};
use super::{DAY, SECOND};
use crate::checkpoint::{Location, Provider};

/// What is written where there are no checkpoints.
const NONE: &str = "none";

/// How checkpoints are taken.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointsConfig {
    /// Where they go; none are taken without.
    pub location: Option<Location>,
    /// Time between two checkpoints of a partition.
    pub interval: Duration,
    /// Bytes written to a partition after which a checkpoint is due before its time.
    pub size: u64,
    /// How many of a partition are kept.
    pub keep: usize,
    /// Settings of the object store by name.
    pub options: BTreeMap<String, Setting>,
}

impl CheckpointsConfig {
    /// The settings of the object store. Reads the files and variables that hold secrets; an error names each that is
    /// missing.
    pub fn resolved(&self, environment: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ConfigErrors> {
        resolved(&self.options, "detect.checkpoints.options", environment)
    }
}

/// The settings of the object store that are written under `key`, secrets read.
pub(super) fn resolved(
    settings: &BTreeMap<String, Setting>,
    key: &str,
    environment: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ConfigErrors> {
    let (mut options, mut errors) = (BTreeMap::new(), Vec::new());
    for (name, setting) in settings {
        match setting.resolve(environment) {
            Ok(value) => drop(options.insert(name.clone(), value)),
            Err(reason) => {
                let key = format!("{key}.{name}");
                errors.push(ConfigError::at_key("configuration", &key, Wrong::new(reason, "")));
            }
        }
    }
    if errors.is_empty() { Ok(options) } else { Err(ConfigErrors(errors)) }
}

pub(super) fn read(section: &mut Section) -> CheckpointsConfig {
    let location = section.parse("url", None, read_location);
    let options = read_options(section, location.as_ref());
    CheckpointsConfig {
        location,
        interval: section.duration("interval", SECOND..=DAY),
        size: section.size("size", 1 << 20..=1 << 40),
        keep: section.whole("keep", 1..=1000) as usize,
        options,
    }
}

pub(super) fn read_location(value: &Value) -> Result<Option<Location>, Wrong> {
    let advice = "write a folder such as file:///mnt/tidewatch, a bucket such as s3://bucket/prefix, gs://bucket/prefix or az://container/prefix, or none";
    let ValueKind::String(text) = &value.kind else {
        return Err(Wrong::new(format!("{} is not a URL", shown(value)), advice));
    };
    match text.trim() {
        NONE => Ok(None),
        "" => Err(Wrong::new("the text is empty", advice)),
        text => text.parse().map(Some).map_err(|why| Wrong::new(format!("{text:?} cannot be used: {why}"), advice)),
    }
}

pub(super) fn read_options(section: &mut Section, location: Option<&Location>) -> BTreeMap<String, Setting> {
    let mut options = BTreeMap::new();
    for (name, value) in section.entries("options") {
        match read_option(&name, &value, location) {
            Ok(setting) => drop(options.insert(name, setting)),
            Err(wrong) => section.refuse(&format!("options.{name}"), &origin_of(&value), wrong),
        }
    }
    options
}

fn read_option(name: &str, value: &Value, location: Option<&Location>) -> Result<Setting, Wrong> {
    let provider = match location {
        Some(Location::Folder(_)) => return Err(Wrong::new("a folder has no options", "remove it")),
        Some(Location::Bucket { provider, .. }) => *provider,
        // Without a place they are those of what most have.
        None => Provider::S3,
    };
    if !provider.has_option(name) {
        let (store, example) = (provider.name(), provider.for_example());
        let advice = format!("see the settings of the crate object_store for {store}, such as {example}");
        return Err(Wrong::new(format!("{store} has no setting {name}"), advice));
    }
    let written = match &value.kind {
        ValueKind::Table(table) => return secret::reference(table),
        ValueKind::Nil | ValueKind::Array(_) => {
            return Err(Wrong::new(format!("{} is not a setting", shown(value)), "write one value"));
        }
        scalar => scalar.to_string(),
    };
    if provider.is_credential(name) && !secret::is_from_environment(value) {
        return Err(secret::must_not_be_written());
    }
    Ok(Setting::written(name, written))
}
