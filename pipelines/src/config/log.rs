//! The section `log`: what the program says about itself.

use std::time::Duration;

use tracing::Level;

use super::section::Section;
use super::{DAY, SECOND};

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What the program says about itself, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// The least important level that is written.
    pub level: Level,
    /// How a line is written.
    pub format: LogFormat,
    /// Time between two lines that say how far the stages have come.
    pub progress: Duration,
}

pub(super) fn read(section: &mut Section) -> LogConfig {
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    LogConfig {
        level: section.choice("level", levels, Level::INFO),
        format: section.choice("format", [("text", LogFormat::Text), ("json", LogFormat::Json)], LogFormat::Text),
        progress: section.duration("progress", SECOND..=DAY),
    }
}
