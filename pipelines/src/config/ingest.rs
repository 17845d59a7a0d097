//! The section `ingest`: what is read, whose it is, and what is too much.
//!
//! What a rule or a source means is checked by the ingest crate itself, so that a configuration that passes here is one
//! that it accepts.

use std::time::Duration;

use tidewatch_ingest::{Format, Ingest, Limits, Rule, Settings, Source};

use super::error::Wrong;
use super::section::Section;
use super::{BATCH, DAY, LINGER, MINUTE, millis};

/// Where a consumer group begins that has no committed offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record that is still there.
    #[default]
    Earliest,
    /// With the next record that comes.
    Latest,
}

/// How input is read.
#[derive(Clone, Debug, PartialEq)]
pub struct IngestConfig {
    /// Consumer group.
    pub group: String,
    /// Sources, rules and limits.
    pub settings: Settings,
    /// Time between two ticks.
    pub tick: Duration,
    /// Most records of a micro-batch.
    pub batch: usize,
    /// Longest wait for a batch to fill.
    pub linger: Duration,
    /// Where the group begins that has no committed offset.
    pub start: Start,
}

/// Lists whose items the ingest crate checks, and what it calls an item of each.
const CHECKED: [(&str, &str); 5] = [
    ("sources", "source "),
    ("tenant", "tenant rule "),
    ("pool", "pool rule "),
    ("resource", "resource rule "),
    ("logs", "logs rule "),
];

pub(super) fn read(section: &mut Section) -> IngestConfig {
    let origins = CHECKED.map(|(key, _)| section.origin(key));
    let settings = Settings {
        sources: section.list("sources", read_source),
        tenant: section.list("tenant", read_rule),
        pool: section.list("pool", read_rule),
        resource: section.list("resource", read_rule),
        logs: section.list("logs", read_rule),
        limits: read_limits(section),
    };
    refuse_what_ingest_refuses(section, &settings, &origins);
    IngestConfig {
        group: section.text("group"),
        settings,
        tick: section.duration("tick", Duration::from_millis(100)..=MINUTE),
        batch: section.whole("batch", BATCH) as usize,
        linger: section.duration("linger", LINGER),
        start: section.choice("start", [("earliest", Start::Earliest), ("latest", Start::Latest)], Start::Earliest),
    }
}

fn read_source(section: &mut Section) -> Source {
    let formats = [
        Format::OtlpProto,
        Format::OtlpMetricsProto,
        Format::OtlpLogsProto,
        Format::OtlpMetricsJson,
        Format::OtlpLogsJson,
        Format::JsonLines,
    ];
    Source {
        topics: section.texts("topics", |_| Ok(())),
        format: section.choice("format", formats.map(|format| (format.name(), format)), Format::JsonLines),
    }
}

fn read_rule(section: &mut Section) -> Rule {
    Rule {
        from: section.text("from"),
        matches: section.optional_text("matches"),
        lookup: section.optional_table("lookup"),
        value: section.optional_text("value"),
    }
}

fn read_limits(section: &mut Section) -> Limits {
    Limits {
        record_bytes: usize::try_from(section.size("record_limit", 1 << 10..=100 << 20)).unwrap_or(usize::MAX),
        attributes: section.whole("attributes_limit", 1..=10_000) as usize,
        future_ms: millis(section.duration("future_limit", Duration::ZERO..=DAY)),
        ..Limits::default()
    }
}

/// Says what is wrong with items that could be read but mean nothing. Their sentences begin with the item: `source 2: `.
fn refuse_what_ingest_refuses(section: &mut Section, settings: &Settings, origins: &[String; 5]) {
    let Err(refused) = Ingest::new(settings.clone()) else { return };
    let [sources, ..] = origins;
    for problem in refused.problems {
        let located = CHECKED.iter().zip(origins).find_map(|((key, called), origin)| {
            let (number, sentence) = problem.strip_prefix(called)?.split_once(": ")?;
            let index = number.parse::<usize>().ok()?.checked_sub(1)?;
            Some((format!("{key}[{index}]"), origin.as_str(), sentence))
        });
        let (key, origin, sentence) = located.unwrap_or_else(|| ("sources".to_owned(), sources.as_str(), &problem));
        if !section.is_wrong(&key) {
            section.refuse(&key, origin, Wrong::new(sentence, ""));
        }
    }
}
