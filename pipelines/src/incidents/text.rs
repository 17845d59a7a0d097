//! Records of incidents in a text: what `kcat` or `tidewatch incidents watch --format json` wrote, or a report.
//!
//! What is no incident is counted and told, and the rest is read: a log must be readable although one line of it is not.

use serde_json::Value;
use tidewatch_schemas::Incident;

/// Reads every incident in `text`: one JSON document (a record, a list of records, or an object with `incidents`), else a
/// record a line. Returns them with what is wrong with the others, a sentence each.
#[must_use]
pub fn read(text: &str) -> (Vec<Incident>, Vec<String>) {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        for (number, value) in records(document).into_iter().enumerate() {
            take(value, || format!("record {}", number + 1), (&mut found, &mut wrong));
        }
        return (found, wrong);
    }
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("line {}", number + 1);
        match serde_json::from_str::<Value>(line) {
            Ok(value) => records(value).into_iter().for_each(|value| take(value, place, (&mut found, &mut wrong))),
            Err(error) => wrong.push(format!("{}: {error}", place())),
        }
    }
    (found, wrong)
}

/// The records that a document holds.
fn records(document: Value) -> Vec<Value> {
    match document {
        Value::Array(records) => records,
        Value::Object(mut object) => match object.remove("incidents") {
            Some(Value::Array(records)) => records,
            Some(other) => vec![other],
            None => vec![Value::Object(object)],
        },
        other => vec![other],
    }
}

fn take(value: Value, place: impl Fn() -> String, (found, wrong): (&mut Vec<Incident>, &mut Vec<String>)) {
    match serde_json::from_value::<Incident>(value) {
        Ok(incident) => found.push(incident),
        Err(error) => wrong.push(format!("{}: {error}", place())),
    }
}
