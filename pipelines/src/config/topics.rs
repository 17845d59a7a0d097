//! The section `topics`: the topics that Tidewatch owns.

use std::time::Duration;

use tidewatch_schemas::topics::Topics;

use super::error::Wrong;
use super::section::Section;
use super::{DAY, HOUR};

/// Kafka's limit for names of topics is 249 bytes, and the longest word after the prefix has 13.
const LONGEST_PREFIX: usize = 200;

/// Names and settings of the topics that Tidewatch owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicsConfig {
    /// Their names.
    pub names: Topics,
    /// Partitions of those that Tidewatch creates.
    pub partitions: i32,
    /// Copies of those that Tidewatch creates.
    pub replication: i32,
    /// How long observations are kept. A replay after a loss reaches back this far.
    pub observations_retention: Duration,
}

pub(super) fn read(section: &mut Section) -> TopicsConfig {
    let origin = section.origin("prefix");
    let prefix = section.text("prefix");
    if !section.is_wrong("prefix") && !is_prefix(&prefix) {
        let advice = format!("write up to {LONGEST_PREFIX} letters, digits, dots, dashes and underscores");
        section.refuse("prefix", &origin, Wrong::new(format!("{prefix:?} cannot begin the name of a topic"), advice));
    }
    TopicsConfig {
        names: Topics::under(&prefix),
        partitions: section.whole("partitions", 1..=10_000).cast_signed(),
        replication: section.whole("replication", 1..=10).cast_signed(),
        observations_retention: section.duration("observations_retention", HOUR..=365 * DAY),
    }
}

fn is_prefix(text: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&letter);
    text.len() <= LONGEST_PREFIX && text.chars().all(is_allowed)
}
