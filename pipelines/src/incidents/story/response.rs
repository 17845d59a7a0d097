//! What people did about an incident, and what came of nobody doing anything.

use tidewatch_schemas::response::{Response, Said};
use tidewatch_schemas::{Incident, Timestamp};

use crate::present::moment;

/// A line for each thing that happened; none where nothing did.
pub(super) fn facts(incident: &Incident) -> Vec<(&'static str, String)> {
    let Response { acknowledged_by, acknowledged_at, resolved_by, said, silenced_by, .. } = &incident.response;
    let mut facts = Vec::new();
    if let Some(who) = acknowledged_by {
        let at = acknowledged_at.map_or_else(String::new, |at| format!(" at {}", short(at, incident)));
        facts.push(("taken by", format!("{who}{at}")));
    }
    if let Some(who) = resolved_by {
        facts.push(("closed by", who.clone()));
    }
    if let Some(what) = silenced_by {
        facts.push(("silenced by", format!("{what}; nobody is paged")));
    }
    let urged = urged(&incident.response);
    if !urged.is_empty() {
        facts.push(("urged", urged));
    }
    let mut label = "said";
    for each in said {
        facts.push((label, sentence(each, incident)));
        label = "";
    }
    facts
}

fn sentence(said: &Said, incident: &Incident) -> String {
    let Said { action, by, at, note } = said;
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    format!("{} {by}, {}{note}", short(*at, incident), action.name().replace('_', " "))
}

fn short(at: Timestamp, incident: &Incident) -> String {
    moment::short(at, incident.started_at)
}

/// How often people were kept at it, and how often it came back.
fn urged(response: &Response) -> String {
    let counts = [
        (response.reminders, "reminder", "reminders"),
        (response.escalation, "step of escalation", "steps of escalation"),
        (response.reopened, "return", "returns"),
    ];
    let some = counts.iter().filter(|(count, ..)| *count > 0);
    let words = some.map(|(count, one, several)| format!("{count} {}", if *count == 1 { one } else { several }));
    words.collect::<Vec<_>>().join(", ")
}
