//! One incident with everything that is known of it, in the order in which somebody who was woken asks: how bad, what,
//! since when, where, who suffers, who causes it, what to do; then the evidence, then how it came about.

mod evidence;
mod history;
mod response;

use std::fmt::Write as _;

use tidewatch_detectors::wording::after_deployment;
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Severity, State};
use tidewatch_schemas::{Incident, TenantId};

use super::View;
use crate::present::layout::{clipped, wrapped};
use crate::present::measure::Measure;
use crate::present::moment;
use crate::present::paint::{Ink, Paint};
use crate::present::words::{bottleneck, ink_of, kind, names, severity, state};

/// Columns of the names in front of what is said.
const LABEL: usize = 12;
/// Columns in front of what stands under a number.
const INDENT: usize = 4;
/// Most tenants that a line names.
const TENANTS: usize = 40;

/// The story of the incident with this history, its revisions in order; empty where there is none. Every line ends with a
/// line feed.
#[must_use]
pub fn story(history: &[Incident], view: View) -> String {
    let Some(incident) = history.last() else { return String::new() };
    let page = Page { view, paint: Paint::new(view.colour) };
    let mut text = page.heading(incident);
    for (label, said) in facts(incident, view) {
        page.labelled(&mut text, label, &said);
    }
    evidence::write(&page, &mut text, incident);
    history::write(&page, &mut text, history);
    text
}

/// Where the story is written to.
struct Page {
    view: View,
    paint: Paint,
}

impl Page {
    /// How bad it is and where it stands, which one it is, and what happened.
    fn heading(&self, incident: &Incident) -> String {
        let mut text = String::new();
        let bad = severity(incident.severity).to_uppercase();
        let rest = format!(", {}, {}", kind(incident.kind), standing(incident, self.view));
        let room = self.view.width.saturating_sub(bad.len());
        let bad = self.paint.text(ink_of(incident.severity), &clipped(&bad, self.view.width));
        let _ = writeln!(text, "{bad}{}", clipped(&rest, room));
        for line in wrapped(&incident.summary, self.view.width) {
            let _ = writeln!(text, "{}", self.paint.text(Ink::Bold, &line));
        }
        text.push('\n');
        text
    }

    /// A name and what is said under it, in as many lines as it takes.
    fn labelled(&self, text: &mut String, label: &str, said: &str) {
        for (number, line) in wrapped(said, self.view.width.saturating_sub(LABEL)).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            let _ = writeln!(text, "{}{line}", self.paint.text(Ink::Faint, &format!("{label:<LABEL$}")));
        }
    }

    /// A heading over a part of the page.
    fn section(&self, text: &mut String, heading: &str) {
        let _ = writeln!(text, "\n{}", self.paint.text(Ink::Bold, &clipped(heading, self.view.width)));
    }

    /// Text beside a number.
    fn numbered(&self, text: &mut String, number: usize, said: &str) {
        let lines = wrapped(said, self.view.width.saturating_sub(INDENT));
        for (at, line) in lines.iter().enumerate() {
            let number = if at == 0 { format!("{number:>2}. ") } else { " ".repeat(INDENT) };
            let _ = writeln!(text, "{number}{line}");
        }
    }

    /// Text under `indent` columns.
    fn indented(&self, text: &mut String, indent: usize, said: &str, ink: Ink) {
        for line in wrapped(said, self.view.width.saturating_sub(indent)) {
            let _ = writeln!(text, "{:indent$}{}", "", self.paint.text(ink, &line));
        }
    }
}

/// Where it stands, and since when.
fn standing(incident: &Incident, view: View) -> String {
    match (incident.state, incident.resolved_at) {
        (State::Resolved, Some(end)) => format!("resolved after {}", moment::span(end - incident.started_at)),
        _ => format!("{} for {}", state(incident.state), moment::span(view.now - incident.started_at)),
    }
}

fn facts(incident: &Incident, view: View) -> Vec<(&'static str, String)> {
    let measure = Measure::of(incident.signal.as_str(), &incident.unit);
    let expected = format!("expected {} by {}", measure.text(incident.expected), season(incident.season));
    let measured = incident.actual.map_or_else(|| "silent".to_owned(), |actual| measure.text(actual));
    let place = incident.resource.as_ref().map_or_else(|| "several resources".to_owned(), ToString::to_string);
    let mut facts = vec![
        ("incident", incident.incident_id.to_string()),
        ("when", when(incident, view)),
        ("where", format!("pool {}, {place}", incident.pool)),
        ("tenants", tenants(&incident.tenants, "none")),
        ("suffering", tenants(&incident.victims, "nobody, as far as is seen")),
        ("cause", tenants(&incident.culprits, "nobody was named")),
        ("loudest", format!("{}: {measured}, {expected}", incident.signal)),
        ("severity", format!("{}: {}", severity(incident.severity), why(incident))),
        ("confidence", percent(incident.confidence)),
    ];
    facts.extend(response::facts(incident));
    if let Some(found) = &incident.bottleneck {
        facts.push(("bottleneck", format!("{}: {}", bottleneck(found.kind), found.reason)));
    }
    if let Some(peers) = &incident.peers {
        facts.push(("peers", format!("{}; {:.1} deviations from them", peers.reason, peers.distance)));
    }
    if let Some(loss) = &incident.loss {
        let worth = loss
            .worth
            .map_or_else(String::new, |worth| format!(", worth {:.2} {}", worth.0 as f64 / 1e6, loss.currency));
        facts.push(("lost", format!("{:.0} s of workers that waited{worth}", loss.worker_seconds)));
    }
    if let Some(deployment) = &incident.deployment {
        facts.push(("deployment", after_deployment(deployment, incident.started_at)));
    }
    if !incident.runbook.is_empty() {
        facts.push(("runbook", incident.runbook.clone()));
    }
    if incident.findings > 0 {
        facts.push(("findings", incident.findings.to_string()));
    }
    facts
}

fn when(incident: &Incident, view: View) -> String {
    let Incident { started_at, opened_at, updated_at, resolved_at, .. } = *incident;
    let began = format!("began {} UTC", moment::date(started_at));
    let noticed = format!("opened {} later", moment::span(opened_at - started_at));
    let last = match resolved_at {
        Some(end) => format!("resolved at {}", moment::short(end, started_at)),
        None => format!("last changed {} ago", moment::span(view.now - updated_at)),
    };
    format!("{began}, {noticed}, {last}")
}

/// The tenants that `names` can hold.
fn tenants(all: &[TenantId], nobody: &str) -> String {
    if all.is_empty() { nobody.to_owned() } else { names(all, TENANTS) }
}

/// Which season said what to expect.
fn season(season: Season) -> &'static str {
    match season {
        Season::Recent => "the recent level",
        Season::Daily => "the time of day",
        Season::Weekly => "the hour of the week",
        Season::Calendar => "the business calendar",
    }
}

/// Why it matters that much; what the severity means where the record does not say.
fn why(incident: &Incident) -> &str {
    let reason = incident.severity_reason.as_str();
    if reason.is_empty() { meaning(incident.severity) } else { reason }
}

fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "worth knowing",
        Severity::Warning => "worth looking at today",
        Severity::Error => "a tenant suffers",
        Severity::Critical => "a tenant cannot work, or several suffer",
    }
}

/// A share between 0 and 1. What is not certain is never called so.
fn percent(share: f64) -> String {
    let percent = (share * 100.0).round();
    if percent >= 100.0 && share < 1.0 { "over 99 %".to_owned() } else { format!("{percent:.0} %") }
}
