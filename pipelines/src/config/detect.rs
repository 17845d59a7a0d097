//! The section `detect`: windows, time limits and the one knob of detection.

use std::path::PathBuf;
use std::time::Duration;

use tidewatch_detectors::Cost;
use tidewatch_detectors::calendar::Calendars;
use tidewatch_detectors::contention::Whole;
use tidewatch_detectors::judges::Traced;
use tidewatch_detectors::specialists::Knobs;

use super::checkpoints::{self, CheckpointsConfig};
use super::error::Wrong;
use super::incidents::IncidentsConfig;
use super::ingest::Start;
use super::section::Section;
use super::{BATCH, DAY, HOUR, LINGER, MINUTE, SECOND, millis, quantity};

/// No signal and every signal, where signals are named.
const NO_SIGNAL: &str = "none";
const EVERY_SIGNAL: &str = "all";

/// What `now` is while judging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The ticks that ingest writes.
    #[default]
    Ticks,
    /// The newest event time of each pool, for recordings.
    Events,
}

/// How detection works. Times in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectConfig {
    /// Consumer group.
    pub group: String,
    /// Folder of the state.
    pub state: PathBuf,
    /// Copies of the state.
    pub checkpoints: CheckpointsConfig,
    /// What `now` is.
    pub clock: Clock,
    /// What day it is for each tenant; the section `calendar`.
    pub calendars: Calendars,
    /// What is charged and how; the section `cost`.
    pub cost: Cost,
    /// How incidents are told; the section `incidents`.
    pub incidents: IncidentsConfig,
    /// Length of a window; divides a day.
    pub window_ms: i64,
    /// How long a window stays open after its end.
    pub lateness_ms: i64,
    /// Expected false findings per series and month.
    pub false_alarms: f64,
    /// How the detectors of one kind of trouble share in them.
    pub knobs: Knobs,
    /// How long signals must be back in band before an incident is resolved.
    pub resolve_after_ms: i64,
    /// Findings of one pool that begin this close together are one incident.
    pub correlate_within_ms: i64,
    /// A level that lasts this long becomes normal.
    pub adopt_after_ms: i64,
    /// How long a session must wait for a lock before it is told.
    pub lock_wait_after_ms: i64,
    /// Resources that consist of others.
    pub shared: Vec<Whole>,
    /// Signals whose judged windows are published.
    pub windows: Traced,
    /// Reports missed in a row before a series counts as silent.
    pub silence_after: u32,
    /// Most series of a pool.
    pub series_limit: usize,
    /// Most series of a tenant in a pool.
    pub tenant_series_limit: usize,
    /// Most series of a tenant in a pool that may begin in a minute of event time.
    pub new_series_limit: u32,
    /// How often a record may end the process before it is set aside.
    pub set_aside_after: u8,
    /// Most records of a micro-batch.
    pub batch: usize,
    /// Longest wait for a batch to fill.
    pub linger: Duration,
    /// Where a partition begins that has no state.
    pub start: Start,
}

pub(super) fn read(
    section: &mut Section,
    (calendars, cost, incidents): (Calendars, Cost, IncidentsConfig),
) -> DetectConfig {
    DetectConfig {
        group: section.text("group"),
        state: PathBuf::from(section.text("state")),
        checkpoints: section.section("checkpoints", checkpoints::read),
        clock: section.choice("clock", [("ticks", Clock::Ticks), ("events", Clock::Events)], Clock::Ticks),
        calendars,
        cost,
        incidents,
        window_ms: read_window(section),
        lateness_ms: millis(section.duration("lateness", Duration::ZERO..=DAY)),
        false_alarms: section.number("false_alarms", 0.01..=1000.0),
        knobs: section.section("knobs", read_knobs),
        resolve_after_ms: millis(section.duration("resolve_after", Duration::ZERO..=DAY)),
        correlate_within_ms: millis(section.duration("correlate_within", Duration::ZERO..=DAY)),
        adopt_after_ms: millis(section.duration("adopt_after", MINUTE..=90 * DAY)),
        lock_wait_after_ms: millis(section.duration("lock_wait_after", SECOND..=DAY)),
        shared: section.list("shared", read_whole),
        windows: read_windows(section),
        silence_after: section.whole("silence_after", 1..=1000),
        series_limit: section.whole("series_limit", 1..=10_000_000) as usize,
        tenant_series_limit: section.whole("tenant_series_limit", 1..=10_000_000) as usize,
        new_series_limit: section.whole("new_series_limit", 1..=10_000_000),
        set_aside_after: u8::try_from(section.whole("set_aside_after", 1..=100)).unwrap_or(u8::MAX),
        batch: section.whole("batch", BATCH) as usize,
        linger: section.duration("linger", LINGER),
        start: section.choice("start", [("earliest", Start::Earliest), ("latest", Start::Latest)], Start::Earliest),
    }
}

/// The signals whose windows are published.
fn read_windows(section: &mut Section) -> Traced {
    let names = section.texts("windows", |_| Ok(()));
    match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [NO_SIGNAL] => Traced::Nothing,
        [EVERY_SIGNAL] => Traced::Everything,
        names => Traced::Signals(names.iter().map(|name| (*name).into()).collect()),
    }
}

fn read_whole(section: &mut Section) -> Whole {
    Whole {
        resource: section.text("resource").as_str().into(),
        pool: section.optional_text("pool").map(|pool| pool.as_str().into()),
        parts: section.texts("parts", |_| Ok(())),
    }
}

fn read_knobs(section: &mut Section) -> Knobs {
    let mut share = |key| section.number(key, 0.001..=100.0);
    Knobs { flatline: share("flatline"), shift: share("shift"), sparse: share("sparse"), state: share("state") }
}

/// A day must hold whole windows, or an hour of the day would mean other windows every day.
fn read_window(section: &mut Section) -> i64 {
    let origin = section.origin("window");
    let window = section.duration("window", SECOND..=HOUR);
    if !DAY.as_millis().is_multiple_of(window.as_millis()) {
        let problem = format!("a day does not divide into windows of {}", quantity::show_duration(window));
        section.refuse(
            "window",
            &origin,
            Wrong::new(problem, "write a length that divides a day, such as 10s, 30s or 1m"),
        );
    }
    millis(window)
}
