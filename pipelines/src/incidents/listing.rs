//! A table of incidents, as wide as there is room.
//!
//! Where room is short, columns go: first the sentence, then the kind, then the beginning. What stays at 60 columns is
//! what one needs to choose an incident: which, how bad, where it stands, for how long, with whom.

use std::fmt::Write as _;

use tidewatch_schemas::Incident;

use super::{Listing, View, is_over};
use crate::present::layout::{clipped, columns, padded, wrapped};
use crate::present::moment;
use crate::present::paint::{Ink, Paint};
use crate::present::words::{ink_of, kind, names, severity, short_id, state};

/// Between two columns.
const GAP: usize = 2;
/// Least room for the tenants, and the most of it that is taken from the sentence.
const TENANTS: (usize, usize) = (12, 32);
/// A sentence that is shorter than this says nothing.
const SENTENCE: usize = 24;
/// Most tenants that a row names.
const MOST_TENANTS: usize = 8;

/// A column: its heading, and what it says of an incident.
struct Column {
    heading: &'static str,
    cells: Vec<String>,
    width: usize,
}

impl Column {
    fn new(heading: &'static str, shown: &[&Incident], cell: impl Fn(&Incident) -> String) -> Self {
        let cells: Vec<String> = shown.iter().map(|incident| cell(incident)).collect();
        let width = cells.iter().map(|cell| columns(cell)).chain([heading.len()]).max().unwrap_or(0);
        Self { heading, cells, width }
    }

    /// What it says in a row; the heading is row 0.
    fn cell(&self, row: usize) -> &str {
        row.checked_sub(1).map_or(self.heading, |row| self.cells.get(row).map_or("", String::as_str))
    }
}

/// The table, and a sentence that counts; `place` is where the incidents come from. Every line ends with a line feed.
#[must_use]
pub fn list(listing: &Listing<'_>, place: &str, view: View) -> String {
    let mut text = String::new();
    let fitting = fitting(&listing.shown, view);
    let paint = Paint::new(view.colour);
    let rows = if listing.shown.is_empty() { 0 } else { listing.shown.len() + 1 };
    for row in 0..rows {
        let incident = row.checked_sub(1).and_then(|row| listing.shown.get(row)).copied();
        let _ = writeln!(text, "{}", line(&fitting, row, incident, paint));
    }
    for line in wrapped(&summary(listing, place), view.width) {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn line(fitting: &[Column], row: usize, incident: Option<&Incident>, paint: Paint) -> String {
    let mut line = String::new();
    for (number, column) in fitting.iter().enumerate() {
        let cell = clipped(column.cell(row), column.width);
        let cell = if number + 1 == fitting.len() { cell } else { padded(&cell, column.width + GAP) };
        line.push_str(&paint.text(ink(column.heading, incident), &cell));
    }
    if incident.is_none() { line.trim_end().to_owned() } else { line }
}

fn ink(heading: &str, incident: Option<&Incident>) -> Ink {
    match (heading, incident) {
        (_, None) => Ink::Faint,
        ("SEVERITY" | "STATE", Some(incident)) if is_over(incident) => Ink::Green,
        ("SEVERITY", Some(incident)) => ink_of(incident.severity),
        ("TENANTS", Some(_)) => Ink::Bold,
        (_, Some(_)) => Ink::Plain,
    }
}

/// The columns for which there is room, in their order.
fn fitting(shown: &[&Incident], view: View) -> Vec<Column> {
    let View { now, width, .. } = view;
    let mut tenants = Column::new("TENANTS", shown, |each| names(&each.tenants, MOST_TENANTS));
    let mut sentence = Column::new("WHAT", shown, |each| each.summary.clone());
    let mut all = vec![
        Column::new("ID", shown, |each| short_id(each.incident_id)),
        Column::new("SEVERITY", shown, |each| severity(each.severity).to_owned()),
        Column::new("STATE", shown, |each| state(each.state).to_owned()),
        Column::new("SINCE", shown, |each| moment::short(each.started_at, now)),
        Column::new("FOR", shown, |each| moment::span(each.resolved_at.unwrap_or(now) - each.started_at)),
        Column::new("KIND", shown, |each| kind(each.kind).to_owned()),
    ];
    let taken = |all: &[Column]| all.iter().map(|column| column.width + GAP).sum::<usize>();
    for least_important in ["KIND", "SINCE"] {
        if taken(&all) + tenants.width.min(TENANTS.0) > width {
            all.retain(|column| column.heading != least_important);
        }
    }
    let room = width.saturating_sub(taken(&all));
    if tenants.width + GAP + sentence.width <= room {
        all.extend([tenants, sentence]);
        return all;
    }
    tenants.width = tenants.width.min(room);
    let left = room.saturating_sub(tenants.width.min(TENANTS.1) + GAP);
    if left >= SENTENCE {
        tenants.width = tenants.width.min(TENANTS.1);
        sentence.width = sentence.width.min(left);
        all.extend([tenants, sentence]);
    } else {
        all.push(tenants);
    }
    all
}

fn summary(listing: &Listing<'_>, place: &str) -> String {
    let unresolved = listing.shown.iter().filter(|incident| !is_over(incident)).count();
    let resolved = listing.shown.len() - unresolved;
    let shown = match (unresolved, resolved) {
        (0, 0) => format!("nothing to show of {place}"),
        (0, resolved) => format!("{resolved} resolved, nothing is open; {place}, times in UTC"),
        (unresolved, 0) => format!("{unresolved} not resolved; {place}, times in UTC"),
        (unresolved, resolved) => format!("{unresolved} not resolved, {resolved} resolved; {place}, times in UTC"),
    };
    match listing.old {
        0 => shown,
        old => format!("{shown}; {old} resolved earlier, --state all shows them"),
    }
}
