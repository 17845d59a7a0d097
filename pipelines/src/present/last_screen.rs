//! The last screen of a run: what was found, what was missed, what was false, and what to try next.

use std::fmt::Write as _;

use tidewatch_schemas::{Incident, IncidentId, Timestamp};

use super::layout::table;
use super::paint::{Ink, Paint};
use super::words::{kind, names, severity, short_id};
use super::{TENANTS, WIDTH, moment};
use crate::scoreboard::{Report, Scoreboard};

/// What a person can do after a run.
#[derive(Clone, Copy, Debug)]
pub struct NextSteps<'a> {
    /// How this program is called, e.g. `tidewatch`.
    pub program: &'a str,
    /// The broker, while it can still be asked.
    pub broker: Option<Broker<'a>>,
}

/// Where incidents can be read.
#[derive(Clone, Copy, Debug)]
pub struct Broker<'a> {
    /// Host and port.
    pub address: &'a str,
    /// Topic of the incidents.
    pub incidents_topic: &'a str,
}

/// The last screen about `report`; times are told since `started`.
#[must_use]
pub fn last_screen(report: &Report, started: Timestamp, next: NextSteps<'_>, colour: bool) -> String {
    let screen = Screen { report, started, paint: Paint::new(colour) };
    let mut text = String::new();
    match &report.scoreboard {
        Some(board) => screen.scores(&mut text, board),
        None => screen.unscored(&mut text),
    }
    screen.section(&mut text, Ink::Bold, "Try next", &commands(next));
    text
}

struct Screen<'a> {
    report: &'a Report,
    started: Timestamp,
    paint: Paint,
}

impl Screen<'_> {
    fn scores(&self, text: &mut String, board: &Scoreboard) {
        let Scoreboard { labelled, found, missed, false_incidents } = board;
        let (found, missed, wrong) = (found.len(), missed.len(), false_incidents.len());
        let heading = format!("Of {labelled} labelled faults {found} were found and {missed} missed; false: {wrong}");
        let _ = writeln!(text, "{}\n", self.paint.text(Ink::Bold, &heading));
        self.section(text, Ink::Green, "Found", &self.found(board));
        self.section(text, Ink::Red, "Missed", &self.missed(board));
        self.section(text, Ink::Yellow, "False: opened while nothing was wrong", &self.wrong(board));
    }

    fn unscored(&self, text: &mut String) {
        let incidents: Vec<_> = self.report.incidents.iter().map(|incident| self.row(incident)).collect();
        let heading = match incidents.len() {
            1 => "1 incident".to_owned(),
            count => format!("{count} incidents"),
        };
        let lines = if incidents.is_empty() {
            vec!["nothing unusual was found".to_owned()]
        } else {
            table(&incidents, WIDTH - 2)
        };
        self.section(text, Ink::Bold, &heading, &lines);
    }

    /// A heading with indented lines under it; nothing where there are no lines.
    fn section(&self, text: &mut String, ink: Ink, heading: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(text, "{}", self.paint.text(ink, heading));
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }

    fn found(&self, board: &Scoreboard) -> Vec<String> {
        if board.found.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![["fault", "culprit", "began", "found after", "as"].map(str::to_owned).to_vec()];
        for found in &board.found {
            let label = &found.label;
            rows.push(vec![
                label.kind.clone(),
                label.culprit.to_string(),
                moment::since(self.started, label.start),
                moment::span(found.delay_ms),
                self.incident(found.incident_id).map(described).unwrap_or_default(),
            ]);
        }
        table(&rows, WIDTH - 2)
    }

    fn missed(&self, board: &Scoreboard) -> Vec<String> {
        let row = |label: &crate::labels::Label| {
            let began = moment::since(self.started, label.start);
            vec![label.kind.clone(), label.culprit.to_string(), began, label.what.clone()]
        };
        table(&board.missed.iter().map(row).collect::<Vec<_>>(), WIDTH - 2)
    }

    fn wrong(&self, board: &Scoreboard) -> Vec<String> {
        let incidents = board.false_incidents.iter().filter_map(|id| self.incident(*id));
        table(&incidents.map(|incident| self.row(incident)).collect::<Vec<_>>(), WIDTH - 2)
    }

    fn row(&self, incident: &Incident) -> Vec<String> {
        vec![moment::since(self.started, incident.opened_at), described(incident)]
    }

    fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.report.incidents.iter().find(|incident| incident.incident_id == id)
    }
}

/// An incident on one line.
pub(super) fn described(incident: &Incident) -> String {
    let (id, severity, kind) = (short_id(incident.incident_id), severity(incident.severity), kind(incident.kind));
    format!("{id} {severity}, {kind}: {}", names(&incident.tenants, TENANTS))
}

/// Commands, each with what it does under it. They are not cut, so that they can be copied.
fn commands(next: NextSteps<'_>) -> Vec<String> {
    let program = next.program;
    let recording = "pipelines/recordings/odoo-lab-a";
    let mut steps = vec![
        (
            format!("{program} backtest --input {recording} \\\n    --labels {recording}/labels.json"),
            "judge the same recording from its files, without a broker",
        ),
        (format!("{program} schema incident"), "every field of an incident, as JSON Schema"),
    ];
    if let Some(Broker { address, incidents_topic }) = next.broker {
        let list = format!("{program} incidents list --brokers {address} --state all");
        steps.push((list, "the same incidents as a table; incidents show tells the whole story of one"));
        let kcat = format!("kcat -b {address} -t {incidents_topic} -C");
        steps.push((kcat, "read the incidents as they stand on Kafka, while this runs"));
    }
    steps.push(("make test".to_owned(), "see that all of this holds"));
    steps.into_iter().map(|(command, purpose)| format!("{command}\n      {purpose}")).collect()
}
