//! How an incident came about: every revision with its time and what was different.

use std::fmt::Write as _;

use tidewatch_schemas::Incident;

use super::super::changes::event;
use super::super::report::revisions;
use super::Page;
use crate::present::layout::{clipped, wrapped};
use crate::present::moment;
use crate::present::paint::Ink;

/// Columns in front of what changed: number, time and event.
const INDENT: usize = 30;
/// The same where lines are short.
const NARROW: usize = 6;
/// Where lines become short.
const SHORT_LINE: usize = 72;

pub(super) fn write(page: &Page, text: &mut String, history: &[Incident]) {
    page.section(text, "History");
    let mut expected = 1;
    for (incident, revision) in history.iter().zip(revisions(history)) {
        if incident.revision > expected {
            page.indented(text, 2, &missing(expected, incident.revision - 1), Ink::Faint);
        }
        expected = incident.revision.saturating_add(1);
        let said = match (revision.changes.join("; "), super::super::is_over(incident)) {
            (said, false) if said.is_empty() => "its numbers moved".to_owned(),
            (said, _) => said,
        };
        let started = history.first().map_or(incident.started_at, |first| first.started_at);
        let when = moment::short(incident.updated_at, started);
        let what = format!("{:>4}  {when:<11}  {:<9}  ", incident.revision, event(incident));
        entry(page, text, &what, &said);
    }
}

fn missing(from: u32, to: u32) -> String {
    if from == to { format!("revision {from} was not read") } else { format!("revisions {from} to {to} were not read") }
}

/// What happened, and what changed beside it; under it where lines are short.
fn entry(page: &Page, text: &mut String, what: &str, said: &str) {
    let width = page.view.width;
    if width < SHORT_LINE {
        let _ = writeln!(text, "{}", clipped(what.trim_end(), width));
        page.indented(text, NARROW, said, Ink::Plain);
        return;
    }
    let lines = wrapped(said, width.saturating_sub(INDENT));
    let _ = writeln!(text, "{}", format!("{what}{}", lines.first().map_or("", String::as_str)).trim_end());
    for line in lines.iter().skip(1) {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
}
