//! What came of a back-test, for people.

use std::fmt::Write as _;

use tidewatch_schemas::Timestamp;

use super::Outcome;
use crate::labels::Labels;
use crate::present::{NextSteps, Presenter, last_screen, series};

/// Refused inputs that are shown.
const SHOWN: usize = 10;

/// A block for every change of an incident, what was refused, the alarms of single series, and the last screen; `colour` asks for ANSI colours.
#[must_use]
pub fn text(outcome: &Outcome, labels: Option<&Labels>, colour: bool) -> String {
    let first = outcome.started.unwrap_or(Timestamp(0));
    let started = labels.map_or(first, |labels| labels.start_or(first));
    let presenter = Presenter::new(started, labels, colour);
    let mut text = String::new();
    for change in &outcome.changes {
        let _ = writeln!(text, "{}", presenter.incident(change));
    }
    text.push_str(&summary(outcome));
    text.push('\n');
    let next = NextSteps { program: "tidewatch", broker: None };
    text + &last_screen(&outcome.report, started, next, colour)
}

/// What was refused, and the alarms of single series.
#[must_use]
pub fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    refused(outcome, &mut text);
    text + &series(&outcome.total, &outcome.series)
}

fn refused(outcome: &Outcome, text: &mut String) {
    let refused = &outcome.refused;
    if refused.total == 0 {
        return;
    }
    let _ = writeln!(text, "Refused inputs: {}", refused.total);
    for bad in refused.listed.iter().take(SHOWN) {
        let times = if bad.count > 1 { format!(" ({} times)", bad.count) } else { String::new() };
        let _ = writeln!(text, "  {}: {}{times}", bad.place, bad.detail);
    }
    if refused.listed.len() > SHOWN {
        let _ = writeln!(text, "  and more; --format json lists them");
    }
    text.push('\n');
}
