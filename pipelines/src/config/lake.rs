//! The section `lake`: where the tables lie, and how much waits before it is written.

use std::collections::BTreeMap;
use std::time::Duration;

use config::{Value, ValueKind};
use tidewatch_lake::{Retention, Table};

use super::checkpoints::{read_location, read_options, resolved};
use super::error::{ConfigErrors, Wrong};
use super::secret::Setting;
use super::section::Section;
use super::value::{origin_of, shown};
use super::{DAY, HOUR, MINUTE, SECOND, quantity};
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
    /// Time between two times that small files are merged and old rows go.
    pub upkeep: Duration,
    /// How long files stay that were replaced, for those who still read them.
    pub grace: Duration,
    /// How long rows are kept.
    pub retention: Retention,
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
        upkeep: section.duration("upkeep", MINUTE..=DAY),
        grace: section.duration("grace", MINUTE..=30 * DAY),
        retention: section.section("retention", read_retention),
        options,
    }
}

fn read_retention(section: &mut Section) -> Retention {
    let mut retention = Retention::default();
    for table in Table::ALL {
        if let Some(keep) = section.parse(table.name(), None, keep_of) {
            retention.tables.insert(table, keep);
        }
    }
    for (tenant, value) in section.entries("tenants") {
        match keep_of(&value) {
            Ok(Some(keep)) => drop(retention.tenants.insert(tenant, keep)),
            Ok(None) => drop(retention.tenants.insert(tenant, Duration::MAX)),
            Err(wrong) => section.refuse(&format!("tenants.{tenant}"), &origin_of(&value), wrong),
        }
    }
    retention
}

/// How long something is kept; `None` for ever.
fn keep_of(value: &Value) -> Result<Option<Duration>, Wrong> {
    let advice = "write a number and a unit such as 400d, or none to keep everything";
    let ValueKind::String(text) = &value.kind else {
        return Err(Wrong::new(format!("{} is not a duration", shown(value)), advice));
    };
    if text.trim() == "none" {
        return Ok(None);
    }
    let keep = quantity::duration(text)?;
    if keep < DAY { Err(Wrong::new(format!("{} is less than a day", shown(value)), advice)) } else { Ok(Some(keep)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_for_days_or_for_ever() {
        let keep = |text: &str| keep_of(&Value::from(text));
        assert_eq!(keep("400d").unwrap(), Some(400 * DAY));
        assert_eq!(keep("none").unwrap(), None);
        assert!(keep("1h").is_err() && keep("long").is_err() && keep_of(&Value::from(3)).is_err());
    }
}
