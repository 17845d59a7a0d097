//! Incidents as text for people: one block for every change of an incident, and a last screen.
//!
//! ```text
//! +08:27  OPENED    error     slow     acme, borealis, delta                                a1b2c3d4
//!         acme, borealis and delta are slow
//!         - lab.synthetic.check.duration of acme on odoo-web: 868 ms, usually 30 ms to 92 ms
//!         recording: noisy_neighbour_pg by acme, 10:26:28-10:28:14
//! ```
//!
//! Lines are at most [`WIDTH`] columns wide. Everything here is a function of its arguments; whether colours are wanted
//! is the caller's business.

mod comparison;
mod last_screen;
pub(crate) mod layout;
pub(crate) mod measure;
pub(crate) mod moment;
pub(crate) mod paint;
mod series;
pub(crate) mod words;

use std::fmt::Write as _;

use tidewatch_schemas::incident::{Evidence, State};
use tidewatch_schemas::{Incident, Timestamp};

use crate::labels::Labels;
use layout::{clipped, wrapped};
use measure::Measure;
use paint::{Ink, Paint};
use words::{SHORT_ID, change, ink_of, ink_of_change, kind, names, severity, short_id};

pub use comparison::comparison;
pub use last_screen::{Broker, NextSteps, last_screen};
pub use series::series;

/// A value of `signal` in `unit`, as people write it.
#[must_use]
pub fn amount(signal: &str, unit: &str, value: f64) -> String {
    Measure::of(signal, unit).text(value)
}

/// A length of time as people write it: `1 min 52 s`.
#[must_use]
pub fn span(millis: i64) -> String {
    moment::span(millis)
}

/// Columns that a line may have.
pub const WIDTH: usize = 100;

/// Most series that a block shows.
const EVIDENCE: usize = 3;

/// Most tenants that a heading names.
const TENANTS: usize = 6;

/// Under what a block's lines stand: the text after the time since the start.
const INDENT: usize = 8;

/// Writes blocks about incidents.
#[derive(Clone, Copy, Debug)]
pub struct Presenter<'a> {
    started: Timestamp,
    labels: Option<&'a Labels>,
    paint: Paint,
}

impl<'a> Presenter<'a> {
    /// Times are told since `started`; with `labels` every block says what really went on; `colour` asks for ANSI
    /// colours.
    #[must_use]
    pub fn new(started: Timestamp, labels: Option<&'a Labels>, colour: bool) -> Self {
        Self { started, labels, paint: Paint::new(colour) }
    }

    /// The block about one revision of an incident; every line ends with a line feed.
    #[must_use]
    pub fn incident(&self, incident: &Incident) -> String {
        let mut text = self.heading(incident);
        for line in wrapped(&incident.summary, WIDTH - INDENT) {
            let _ = writeln!(text, "{:INDENT$}{line}", "");
        }
        if let (State::Resolved, Some(end)) = (incident.state, incident.resolved_at) {
            let _ = writeln!(text, "{:INDENT$}resolved after {}", "", moment::span(end - incident.started_at));
        } else {
            for evidence in incident.evidence.iter().take(EVIDENCE) {
                let line = clipped(&format!("- {}", sentence(evidence)), WIDTH - INDENT);
                let _ = writeln!(text, "{:INDENT$}{line}", "");
            }
        }
        for line in self.reality(incident.opened_at) {
            let line = self.paint.text(Ink::Faint, &clipped(&line, WIDTH - INDENT));
            let _ = writeln!(text, "{:INDENT$}{line}", "");
        }
        text
    }

    /// When, what happened, how bad, what kind, with whom, which incident.
    fn heading(&self, incident: &Incident) -> String {
        let since = moment::since(self.started, incident.updated_at);
        let what = self.paint.text(ink_of_change(incident), &format!("{:<8}", change(incident)));
        let severity = self.paint.text(ink_of(incident.severity), &format!("{:<8}", severity(incident.severity)));
        let room = WIDTH - INDENT - 29 - SHORT_ID;
        let tenants = clipped(&names(&incident.tenants, TENANTS), room - 1);
        let tenants = self.paint.text(Ink::Bold, &format!("{tenants:<room$}"));
        let id = short_id(incident.incident_id);
        format!("{since:<7} {what}  {severity}  {kind:<7}  {tenants}{id}\n", kind = kind(incident.kind))
    }

    /// What the recording says was going on when the incident was opened.
    fn reality(&self, at: Timestamp) -> Vec<String> {
        let Some(labels) = self.labels else { return Vec::new() };
        let faults = labels.faults_at(at).map(|fault| (fault, ""));
        let benign = labels.benign_at(at).map(|label| (label, " (no fault)"));
        let lines: Vec<String> = faults
            .chain(benign)
            .map(|(label, note)| {
                let (start, end) = (moment::clock(label.start), moment::clock(label.end));
                format!("recording: {} by {}, {start}-{end}{note}", label.kind, label.culprit)
            })
            .collect();
        if lines.is_empty() { vec!["recording: nothing is wrong at this time".to_owned()] } else { lines }
    }
}

/// One series with its numbers.
fn sentence(evidence: &Evidence) -> String {
    let Evidence { signal, tenant, resource, lower, upper, .. } = evidence;
    let measure = Measure::of(signal.as_str(), &evidence.unit);
    let Some(actual) = evidence.actual else {
        let since = moment::clock(evidence.since);
        let usually = measure.text(evidence.expected);
        return format!("{signal} of {tenant} on {resource}: silent since {since}, usually every {usually}");
    };
    let usually = if !lower.is_finite() || !upper.is_finite() {
        format!("about {}", measure.text(evidence.expected))
    } else if measure.text(*lower) == measure.text(*upper) {
        measure.text(*lower)
    } else {
        format!("{} to {}", measure.text(*lower), measure.text(*upper))
    };
    format!("{signal} of {tenant} on {resource}: {}, usually {usually}", measure.text(actual))
}

#[cfg(test)]
mod tests;
