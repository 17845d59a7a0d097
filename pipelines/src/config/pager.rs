//! The section `pager`: channels, which incidents go to which, and how.
//!
//! A configuration without channels pages nobody, and that is fine. One with channels must leave no critical incident without
//! one: that is a mistake that `tidewatch check` finds, not one to be found at night.

mod channel;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use config::{Value, ValueKind};
use tidewatch_schemas::incident::{Kind, Severity};

use super::SECOND;
use super::error::Wrong;
use super::ingest::Start;
use super::section::Section;
use super::value::shown;
use crate::pager::routes::Route;

pub use channel::ChannelConfig;
pub(super) use channel::optional_truth;

/// Where `runbooks` has the name of one.
const RUNBOOK: &str = "{runbook}";

/// How people are told.
#[derive(Clone, Debug, PartialEq)]
pub struct PagerConfig {
    /// Consumer group.
    pub group: String,
    /// Folder of the ledgers.
    pub state: PathBuf,
    /// Where a group begins that was never here.
    pub start: Start,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// Where runbooks lie, with `{runbook}` for the name of one; empty when nobody said.
    pub runbooks: String,
    /// Channels.
    pub channels: Vec<ChannelConfig>,
    /// Which incidents go to which channels.
    pub routes: Vec<Route>,
}

pub(super) fn read(section: &mut Section) -> PagerConfig {
    let [routes, channels, runbooks] = ["routes", "channels", "runbooks"].map(|key| section.origin(key));
    let config = PagerConfig {
        group: section.text("group"),
        state: PathBuf::from(section.text("state")),
        start: section.choice("start", [("earliest", Start::Earliest), ("latest", Start::Latest)], Start::Latest),
        timeout: section.duration("timeout", SECOND..=Duration::from_mins(1)),
        runbooks: section.parse("runbooks", String::new(), read_runbooks),
        channels: section
            .sections("channels", channel::read)
            .into_iter()
            .map(|(name, read)| read.named(name))
            .collect(),
        routes: section.list("routes", read_route),
    };
    let pages = !config.channels.is_empty();
    if pages && config.runbooks.is_empty() && !section.is_wrong("runbooks") {
        let problem = "whoever is paged would be told the name of a runbook, and not where it lies";
        let advice = format!("write an address such as https://wiki.example.com/{RUNBOOK}");
        section.refuse("runbooks", &runbooks, Wrong::new(problem, advice));
    }
    if !section.is_wrong("routes") && !section.is_wrong("channels") {
        refuse_loose_ends(section, &config, [&routes, &channels]);
    }
    config
}

fn read_runbooks(value: &Value) -> Result<String, Wrong> {
    let advice = format!("write an address such as https://wiki.example.com/{RUNBOOK}");
    match &value.kind {
        ValueKind::String(text) if text.is_empty() || text.contains(RUNBOOK) => Ok(text.clone()),
        _ => Err(Wrong::new(format!("{} has no place for the name of a runbook", shown(value)), advice)),
    }
}

fn read_route(section: &mut Section) -> Route {
    let severities = [
        ("info", Severity::Info),
        ("warning", Severity::Warning),
        ("error", Severity::Error),
        ("critical", Severity::Critical),
    ];
    let offered = section.offers("severity");
    let severity = if offered { section.choice("severity", severities, Severity::Info) } else { Severity::Info };
    Route {
        severity,
        tenants: optional_texts(section, "tenants"),
        pools: optional_texts(section, "pools"),
        kinds: read_kinds(section),
        escalation: if section.offers("escalation") { section.whole("escalation", 0..=3) } else { 0 },
        channels: section.texts("channels", |_| Ok(())),
        goes_on: channel::optional_truth(section, "continue"),
    }
}

fn optional_texts(section: &mut Section, key: &str) -> Vec<String> {
    if section.offers(key) { section.texts(key, |_| Ok(())) } else { Vec::new() }
}

fn read_kinds(section: &mut Section) -> Vec<Kind> {
    let kinds = [
        ("unusual", Kind::Unusual),
        ("silent", Kind::Silent),
        ("slow", Kind::Slow),
        ("failing", Kind::Failing),
        ("data_loss", Kind::DataLoss),
    ];
    let known = |text: &str| kinds.iter().find(|(name, _)| *name == text);
    let check = |text: &str| {
        let names = kinds.map(|(name, _)| name).join(", ");
        let wrong = || Wrong::new(format!("{text:?} is no kind of incident"), format!("write some of {names}"));
        known(text).map(|_| ()).ok_or_else(wrong)
    };
    if !section.offers("kinds") {
        return Vec::new();
    }
    section.texts("kinds", check).iter().filter_map(|text| known(text)).map(|(_, kind)| *kind).collect()
}

/// Routes to nowhere, channels without a route, and incidents that nobody would hear of.
fn refuse_loose_ends(section: &mut Section, config: &PagerConfig, [routes, channels]: [&str; 2]) {
    let known: BTreeSet<&str> = config.channels.iter().map(|channel| channel.name.as_str()).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (index, route) in config.routes.iter().enumerate() {
        for name in &route.channels {
            if !known.contains(name.as_str()) {
                let names = known.iter().copied().collect::<Vec<_>>().join(", ");
                let advice = if names.is_empty() {
                    "write it under pager.channels".to_owned()
                } else {
                    format!("write one of {names}")
                };
                section.refuse(
                    &format!("routes[{index}].channels"),
                    routes,
                    Wrong::new(format!("there is no channel {name:?}"), advice),
                );
            }
            used.insert(name);
        }
    }
    for name in known.difference(&used) {
        let advice = "name it in a route, or remove it";
        section.refuse(&format!("channels.{name}"), channels, Wrong::new("no route leads to it", advice));
    }
    let reaches_somebody = config.routes.iter().any(|route| route.takes_all(Severity::Critical));
    if !known.is_empty() && !reaches_somebody {
        let problem = "a critical incident may match no route and reach nobody";
        let advice = "add a last route with nothing but channels";
        section.refuse("routes", routes, Wrong::new(problem, advice));
    }
}

#[cfg(test)]
mod tests;
