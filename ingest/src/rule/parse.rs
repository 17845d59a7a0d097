//! Settings to checked rules and sources. Everything that is wrong is said at once, each with what would be right.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use regex::Regex;

use super::{CheckedRule, Field, RuleList};
use crate::logs::LogFormat;
use crate::settings::{Format, Limits, Rule, Source};

/// Everything that is wrong with settings, one sentence each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.join("; "))]
pub struct SettingsError {
    /// What is wrong, naming the place, its value and what would be right.
    pub problems: Vec<String>,
}

/// The rules under `name`, and a sentence in `problems` for each that is wrong.
pub(crate) fn rules(name: &str, raw: Vec<Rule>, fallback: &'static str, problems: &mut Vec<String>) -> RuleList {
    let mut rules = Vec::with_capacity(raw.len());
    for (position, rule) in raw.into_iter().enumerate() {
        let place = format!("{name} rule {}", position + 1);
        let from = from(&rule.from).map_err(|problem| problems.push(format!("{place}: {problem}")));
        let matches = pattern(rule.matches.as_deref()).map_err(|problem| problems.push(format!("{place}: {problem}")));
        problems.extend(contradiction(&rule).map(|problem| format!("{place}: {problem}")));
        if let (Ok(from), Ok(matches)) = (from, matches) {
            rules.push(CheckedRule { from, matches, lookup: rule.lookup, value: rule.value });
        }
    }
    RuleList { rules, fallback }
}

/// The rules that say how log records are read, and a sentence in `problems` for each that gives no format.
pub(crate) fn log_formats(raw: Vec<Rule>, problems: &mut Vec<String>) -> RuleList {
    for (position, rule) in raw.iter().enumerate() {
        let names = rule.lookup.values().chain(&rule.value);
        for name in names.filter(|name| !name.is_empty() && LogFormat::named(name).is_none()) {
            let known = LogFormat::ALL.map(LogFormat::name).join(", ");
            problems.push(format!("logs rule {}: format {name:?} must be one of {known}", position + 1));
        }
    }
    rules("logs", raw, LogFormat::Recognise.name(), problems)
}

fn from(text: &str) -> Result<Field, String> {
    let parts = text.split_once(':').filter(|(_, key)| !key.trim().is_empty());
    match parts {
        Some(("header", name)) => Ok(Field::Header(name.to_owned())),
        Some(("resource", key)) => Ok(Field::Resource(key.to_owned())),
        Some(("attribute", key)) => Ok(Field::Attribute(key.to_owned())),
        _ => Err(format!("from {text:?} must be header:NAME, resource:KEY or attribute:KEY")),
    }
}

fn pattern(text: Option<&str>) -> Result<Option<Regex>, String> {
    let Some(text) = text else { return Ok(None) };
    Regex::new(text).map(Some).map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("matches {text:?} must be a regular expression: {last}")
    })
}

fn contradiction(rule: &Rule) -> Option<String> {
    if rule.value.as_deref() == Some("") {
        return Some("value \"\" must be a name, such as _shared".to_owned());
    }
    if let Some((key, _)) = rule.lookup.iter().find(|(_, name)| name.is_empty()) {
        return Some(format!("lookup of {key:?} gives \"\" and must give a name"));
    }
    let value = rule.value.as_ref().filter(|_| !rule.lookup.is_empty())?;
    Some(format!("value {value:?} makes lookup pointless; keep one of the two"))
}

/// The format of each topic, and a sentence in `problems` for each source that is wrong.
pub(crate) fn sources(raw: Vec<Source>, problems: &mut Vec<String>) -> BTreeMap<String, Format> {
    let mut formats = BTreeMap::new();
    if raw.is_empty() {
        problems.push("sources is empty and must name at least one source with topics and format".to_owned());
    }
    for (position, source) in raw.into_iter().enumerate() {
        let place = format!("source {}", position + 1);
        if source.topics.is_empty() {
            problems.push(format!("{place}: topics is empty and must name at least one topic"));
        }
        for topic in source.topics {
            if let Some(problem) = wrong_topic(&topic) {
                problems.push(format!("{place}: topic {topic:?} {problem}"));
                continue;
            }
            match formats.entry(topic) {
                Entry::Vacant(free) => {
                    free.insert(source.format);
                }
                Entry::Occupied(found) => {
                    let topic = found.key();
                    problems.push(format!("{place}: topic {topic:?} stands twice and must stand in one source"));
                }
            }
        }
    }
    formats
}

/// Kafka's own rule for names.
fn wrong_topic(topic: &str) -> Option<&'static str> {
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let is_name = (1..=249).contains(&topic.len()) && topic != "." && topic != ".." && topic.chars().all(is_legal);
    (!is_name).then_some("must be 1 to 249 letters, digits, '.', '_' and '-'")
}

/// A sentence in `problems` for each limit that would let nothing through.
pub(crate) fn limits(limits: Limits, problems: &mut Vec<String>) {
    let at_least = [
        ("record_bytes", limits.record_bytes, 1_024),
        ("attributes", limits.attributes, 1),
        ("attribute_bytes", limits.attribute_bytes, 16),
    ];
    for (name, value, least) in at_least {
        if value < least {
            problems.push(format!("limits: {name} {value} must be at least {least}"));
        }
    }
    if !(0..=crate::point::DAY_MS).contains(&limits.future_ms) {
        problems.push(format!("limits: future_ms {} must be 0 to {}", limits.future_ms, crate::point::DAY_MS));
    }
}
