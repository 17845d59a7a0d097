//! The section `lake`: where the tables lie, and how much waits before it is written.

use std::collections::BTreeMap;
use std::time::Duration;

use super::checkpoints::{read_location, read_options, resolved};
use super::error::ConfigErrors;
use super::secret::Setting;
use super::section::Section;
use super::{HOUR, SECOND};
use crate::checkpoint::Location;

/// How the lake is written.
#[derive(Clone, Debug, PartialEq)]
pub struct LakeConfig {
    /// Where it is; nothing is written without.
    pub location: Option<Location>,
    /// Consumer group of what is published.
    pub group: String,
    /// Most rows of a partition that wait.
    pub rows: usize,
    /// Most bytes of them.
    pub size: usize,
    /// Longest that a row waits.
    pub flush_after: Duration,
    /// Settings of the object store by name.
    pub options: BTreeMap<String, Setting>,
}

impl LakeConfig {
    /// The settings of the object store. Reads the files and variables that hold secrets; an error names each that is
    /// missing.
    pub fn resolved(&self, environment: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ConfigErrors> {
        resolved(&self.options, "lake.options", environment)
    }
}

pub(super) fn read(section: &mut Section) -> LakeConfig {
    let location = section.parse("url", None, read_location);
    let options = read_options(section, location.as_ref());
    LakeConfig {
        location,
        group: section.text("group"),
        rows: section.whole("rows", 1..=10_000_000) as usize,
        size: usize::try_from(section.size("size", 1 << 20..=1 << 30)).unwrap_or(usize::MAX),
        flush_after: section.duration("flush_after", SECOND..=HOUR),
        options,
    }
}
