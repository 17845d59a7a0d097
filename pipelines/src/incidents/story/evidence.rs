//! The evidence of an incident in the order of its record: each finding in its own words, where its value lies, and where to
//! look it up.

use tidewatch_schemas::Incident;
use tidewatch_schemas::incident::Evidence;

use super::super::bar::bar;
use super::super::sparkline::sparkline;
use super::{INDENT, Page, season};
use crate::present::measure::Measure;
use crate::present::moment;
use crate::present::paint::Ink;

pub(super) fn write(page: &Page, text: &mut String, incident: &Incident) {
    let count = incident.evidence.len();
    if count == 0 {
        page.section(text, "Evidence: none is listed");
        return;
    }
    let which = if count >= Incident::MAX_EVIDENCE { "the strongest " } else { "" };
    page.section(text, &format!("Evidence: {which}{count} series, what people feel first"));
    for (number, evidence) in incident.evidence.iter().enumerate() {
        page.numbered(text, number + 1, &said(evidence));
        page.indented(text, INDENT, &numbers(evidence), Ink::Plain);
        if let Some(course) = sparkline(evidence) {
            page.indented(text, INDENT, &course, Ink::Plain);
        }
        page.indented(text, INDENT, &lookup(evidence, incident), Ink::Faint);
    }
}

/// The sentence of the finding as it is, with whose series it is.
fn said(evidence: &Evidence) -> String {
    let Evidence { tenant, resource, summary, signal, .. } = evidence;
    let sentence = if summary.is_empty() { signal.as_str() } else { summary };
    format!("{tenant} on {resource}: {sentence}")
}

/// The picture and the numbers. Of silence only how often it was heard.
fn numbers(evidence: &Evidence) -> String {
    let Evidence { lower, upper, expected, .. } = *evidence;
    let measure = Measure::of(evidence.signal.as_str(), &evidence.unit);
    let by = season(evidence.season);
    let Some(actual) = evidence.actual else {
        return format!("silent; expected every {} by {by}", measure.text(expected));
    };
    let usual = match (measure.text(lower), measure.text(upper)) {
        _ if !lower.is_finite() || !upper.is_finite() => String::new(),
        (from, to) if from == to => format!(", usual {from}"),
        (from, to) => format!(", usual {from} to {to}"),
    };
    let picture = bar(lower, upper, actual).map_or_else(String::new, |bar| format!("{bar} "));
    format!("{picture}{}, expected {}{usual}, by {by}", measure.text(actual), measure.text(expected))
}

/// Since when, how strong, and the record that it was read from.
fn lookup(evidence: &Evidence, incident: &Incident) -> String {
    let since = moment::short(evidence.since, incident.started_at);
    let worst = moment::short(evidence.window_start, incident.started_at);
    let source = &evidence.source;
    format!(
        "since {since}, worst at {worst}; {detector}, {score:.1} nats; {topic} partition {partition} offset {offset}",
        detector = detector(evidence),
        score = evidence.score,
        topic = source.topic,
        partition = source.partition,
        offset = source.offset,
    )
}

/// The detector by the name that it has in records.
fn detector(evidence: &Evidence) -> String {
    let name = serde_json::to_value(evidence.detector).ok();
    name.as_ref().and_then(serde_json::Value::as_str).unwrap_or("unknown detector").to_owned()
}
