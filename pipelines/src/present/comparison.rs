//! What another configuration makes of the same input.

use std::fmt::Write as _;

use tidewatch_schemas::{Finding, Incident};

use super::last_screen::described;
use super::layout::table;
use super::moment;
use crate::labels::Label;
use crate::scoreboard::{Comparison, Difference};

/// Columns that a line may have; a reason that is cut off is none.
const WIDTH: usize = 200;
/// Most lines under a heading.
const SHOWN: usize = 20;

/// The second configuration, called `name`, against the first.
#[must_use]
pub fn comparison(name: &str, comparison: &Comparison) -> String {
    let Comparison { findings, incidents, labelled_lost } = comparison;
    let mut text = format!("With {name}: {}, {}\n", counted("incidents", incidents), counted("findings", findings));
    section(&mut text, "Incidents lost", &incidents.lost, incident);
    section(&mut text, "Incidents gained", &incidents.gained, incident);
    section(&mut text, "Findings lost", &findings.lost, finding);
    section(&mut text, "Findings gained", &findings.gained, finding);
    section(&mut text, "Labelled, found before and lost", labelled_lost, label);
    text
}

fn counted<T>(what: &str, difference: &Difference<T>) -> String {
    let Difference { kept, lost, gained } = difference;
    format!("{what} {kept} kept, {} lost, {} gained", lost.len(), gained.len())
}

fn section<T>(text: &mut String, heading: &str, all: &[T], row: impl Fn(&T) -> Vec<String>) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}");
    let rows: Vec<Vec<String>> = all.iter().take(SHOWN).map(row).collect();
    for line in table(&rows, WIDTH - 2) {
        let _ = writeln!(text, "  {line}");
    }
    if all.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --format json lists them", all.len() - SHOWN);
    }
}

fn incident(incident: &Incident) -> Vec<String> {
    vec![moment::date(incident.opened_at), described(incident)]
}

fn finding(finding: &Finding) -> Vec<String> {
    vec![moment::date(finding.window_start), finding.tenant.to_string(), finding.summary.clone()]
}

fn label(label: &Label) -> Vec<String> {
    vec![moment::date(label.start), label.kind.clone(), label.culprit.to_string(), label.what.clone()]
}
