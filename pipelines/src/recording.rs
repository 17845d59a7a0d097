//! A recording: what agents measured and logged over some time, in the order in which it happened.
//!
//! The demo, `tidewatch replay`, `tidewatch backtest` and the tests all start from one; [`otlp`] turns it into the
//! messages that an OpenTelemetry Collector would have sent.
//!
//! | file in a folder | holds |
//! |---|---|
//! | `metrics*.jsonl`, `synthetic*.jsonl`, `cron_runs*.jsonl` | one metric event a line |
//! | `odoo*.log` | Odoo's server log, UTC |
//! | `postgresql*.json` | PostgreSQL's jsonlog, UTC |
//!
//! each as it is or gzipped (`.gz`). Other files of a folder stay out: in the recorded lab the `derived_*`,
//! `loadgen_ops` and `other_processes_cpu` files were computed from the raw logs or seen by the load generator, no agent
//! would send them; they are there to check parsers against.

mod embedded;
mod error;
mod event;
mod files;
mod metric_events;
mod odoo_log;
pub mod otlp;
mod postgresql_log;

use std::path::PathBuf;

use tidewatch_schemas::Timestamp;

pub use embedded::embedded_labels;
pub use error::RecordingError;
pub use event::{AttributeValue, Detail, Event, Log, Metric, MetricKind, Number};

/// Events in time order; events of one moment stand in the order of the files and lines they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    events: Vec<Event>,
}

impl Recording {
    /// The recorded Odoo lab that the binary carries.
    pub fn embedded() -> Result<Self, RecordingError> {
        Ok(Self::from_events(embedded::events()?))
    }

    /// Everything in `paths`, which are folders or files. A folder gives the files that the table above names, sorted by
    /// name; a file that is named itself must be one of them, or a `.jsonl` of metric events under any name.
    pub fn read(paths: &[PathBuf]) -> Result<Self, RecordingError> {
        Ok(Self::from_events(files::find(paths)?.all_good()?))
    }

    /// Like [`read`](Self::read), but a line that is no event costs no other: such lines are given as errors.
    pub fn read_what_can_be(paths: &[PathBuf]) -> Result<(Self, Vec<RecordingError>), RecordingError> {
        let files::Found { events, bad } = files::find(paths)?;
        Ok((Self::from_events(events), bad))
    }

    /// Brings events into time order; those of one moment keep their order.
    #[must_use]
    pub fn from_events(mut events: Vec<Event>) -> Self {
        events.sort_by_key(|event| event.at);
        Self { events }
    }

    /// The events, in time order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// When the first event happened; `None` when there is none.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.events.first().map(|event| event.at)
    }

    /// When the last event happened; `None` when there is none.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.events.last().map(|event| event.at)
    }
}

#[cfg(test)]
mod tests;
