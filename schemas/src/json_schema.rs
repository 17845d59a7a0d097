//! The JSON Schema of each record that Tidewatch publishes as JSON.

use schemars::Schema;

use crate::{CostSignal, Finding, Incident, Reject, Verdict, Window};

/// Name and JSON Schema (draft 2020-12) of each published record, sorted by name.
#[must_use]
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("cost-signal", schemars::schema_for!(CostSignal)),
        ("finding", schemars::schema_for!(Finding)),
        ("incident", schemars::schema_for!(Incident)),
        ("reject", schemars::schema_for!(Reject)),
        ("verdict", schemars::schema_for!(Verdict)),
        ("window", schemars::schema_for!(Window)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files are what other programs read; whoever changes a type changes the contract and must see it here.
    #[test]
    fn the_published_files_say_what_the_types_say() {
        for (name, schema) in all() {
            let path = format!("{}/json/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
            let stored = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(stored, text, "{path} differs; the output of `tidewatch schema {name}` belongs there");
        }
    }
}
