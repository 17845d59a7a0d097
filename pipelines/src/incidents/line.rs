//! One revision on one line, for those who follow the topic.

use tidewatch_schemas::Incident;

use super::View;
use super::changes::{beginning, changes};
use crate::present::layout::{clipped, padded};
use crate::present::paint::Paint;
use crate::present::words::{change, ink_of, ink_of_change, severity, short_id};
use crate::present::{moment, words};

/// Most tenants that a line names.
const TENANTS: usize = 4;
/// Columns of the words that are coloured: the longest are `REOPENED` and `critical`.
const WORD: usize = 8;

/// The line about a revision and what it changed against the one `before` it. Ends without a line feed.
#[must_use]
pub fn line(before: Option<&Incident>, incident: &Incident, view: View) -> String {
    let paint = Paint::new(view.colour);
    let when = moment::date(incident.updated_at);
    let id = short_id(incident.incident_id);
    let plain = format!("{when}  {id}  ");
    let room = |taken: usize| view.width.saturating_sub(taken);
    let what = clipped(&padded(change(incident), WORD), room(plain.len()));
    let bad = clipped(&format!("  {}", padded(severity(incident.severity), WORD)), room(plain.len() + WORD));
    let rest = clipped(&format!("  {}", told(before, incident)), room(plain.len() + WORD + 2 + WORD));
    let what = paint.text(ink_of_change(incident), &what);
    let bad = paint.text(ink_of(incident.severity), &bad);
    format!("{}{what}{bad}{rest}", clipped(&plain, view.width)).trim_end().to_owned()
}

fn told(before: Option<&Incident>, incident: &Incident) -> String {
    if super::is_over(incident) {
        let end = incident.resolved_at.unwrap_or(incident.updated_at);
        return of_tenants(incident, &format!("after {}", moment::span(end - incident.started_at)));
    }
    let said = match before {
        Some(before) => changes(before, incident).join("; "),
        None if incident.revision > 1 => beginning(incident).join("; "),
        None => incident.summary.clone(),
    };
    if said.is_empty() { of_tenants(incident, "its numbers moved") } else { said }
}

fn of_tenants(incident: &Incident, said: &str) -> String {
    let tenants = words::names(&incident.tenants, TENANTS);
    if tenants.is_empty() { said.to_owned() } else { format!("{tenants}: {said}") }
}
