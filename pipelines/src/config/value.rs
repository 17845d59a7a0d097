//! Values of the merged configuration: where they were written, and how they are shown in a message.

use config::{Map, Value, ValueKind};

/// The origin of what nobody configured.
pub(super) const DEFAULT: &str = "default";

/// Where `value` was written. A section is where the first of its keys was written.
pub(super) fn origin_of(value: &Value) -> String {
    if let Some(origin) = value.origin() {
        return origin.to_owned();
    }
    match &value.kind {
        ValueKind::Table(table) => first_of(table).map_or_else(|| DEFAULT.to_owned(), origin_of),
        _ => DEFAULT.to_owned(),
    }
}

fn first_of(table: &Map<String, Value>) -> Option<&Value> {
    table.iter().min_by_key(|(key, _)| *key).map(|(_, value)| value)
}

/// `value` as a message shows it.
pub(super) fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::Nil => "nothing".to_owned(),
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Table(_) => "a section".to_owned(),
        ValueKind::Array(_) => "a list".to_owned(),
        plain => plain.to_string(),
    }
}

/// Removes keys without a value, at every depth: a section whose keys are all commented out keeps its defaults.
pub(super) fn without_empty(table: Map<String, Value>) -> Map<String, Value> {
    let given = table.into_iter().filter(|(_, value)| value.kind != ValueKind::Nil);
    let cleaned = given.map(|(key, mut value)| {
        if let ValueKind::Table(inner) = value.kind {
            value.kind = ValueKind::Table(without_empty(inner));
        }
        (key, value)
    });
    cleaned.collect()
}
