//! The formats of what Tidewatch publishes, as text: what `tidewatch schema` prints.
//!
//! | name | is |
//! |---|---|
//! | `incident`, `finding`, `cost-signal`, `reject`, `verdict`, `window` | JSON Schema of a record |
//! | `observations` | protobuf of the records of `tidewatch.observations` |
//! | `topics` | AsyncAPI of the topics, with keys and partitions |
//! | `tables` | tables of the lake: each column, its type and what it says |

mod topics;

use std::fmt::Write as _;

use tidewatch_lake::Table;
use tidewatch_lake::query::VIEWS;
use tidewatch_schemas::{json_schema, wire};

use crate::config::ConfigErrors;

/// The names that [`text`] knows.
pub const NAMES: [&str; 9] =
    ["incident", "finding", "cost-signal", "reject", "verdict", "window", "observations", "topics", "tables"];

/// Why a format cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Nothing has this name.
    #[error("no schema {0:?}; there are {known}", known = NAMES.join(", "))]
    Unknown(String),
    /// The default configuration names the topics.
    #[error("the default configuration: {0}")]
    Defaults(#[from] ConfigErrors),
    /// A schema that is not JSON.
    #[error("schema cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The format called `name`; ends with a line feed.
///
/// # Errors
/// When no format has this name.
pub fn text(name: &str) -> Result<String, SchemaError> {
    match name {
        "observations" => Ok(wire::PROTO.to_owned()),
        "topics" => Ok(serde_json::to_string_pretty(&topics::document()?)? + "\n"),
        "tables" => Ok(tables()),
        record => {
            let found = json_schema::all().into_iter().find(|(known, _)| *known == record);
            let (_, schema) = found.ok_or_else(|| SchemaError::Unknown(record.to_owned()))?;
            Ok(serde_json::to_string_pretty(&schema)? + "\n")
        }
    }
}

/// The tables as text: a heading each, then one column a line.
fn tables() -> String {
    let mut text = String::new();
    for table in Table::ALL {
        let _ = writeln!(text, "{table}: {}", table.doc());
        for column in table.all_columns() {
            let _ = writeln!(text, "  {:<22} {:<14} {}", column.name, column.kind.name(), column.doc);
        }
    }
    for view in VIEWS {
        let _ = writeln!(text, "{} (view): {}", view.name, view.doc);
        for (name, doc) in view.columns {
            let _ = writeln!(text, "  {name:<22} {doc}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_text_that_ends_its_last_line() {
        for name in NAMES {
            let text = text(name).unwrap();
            assert!(text.ends_with('\n') && text.len() > 100, "{name}: {text}");
        }
        assert!(text("parrots").unwrap_err().to_string().starts_with("no schema \"parrots\"; there are incident, "));
    }

    #[test]
    fn records_are_printed_as_their_published_files_stand() {
        for name in ["incident", "finding", "cost-signal", "reject", "verdict", "window"] {
            let path = format!("{}/../schemas/json/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(text(name).unwrap(), std::fs::read_to_string(path).unwrap(), "{name}");
        }
    }

    #[test]
    fn tables_are_printed_with_types_and_words() {
        let text = text("tables").unwrap();
        assert!(text.contains("decimal(19,6)  what it cost, in `billing_currency`"), "{text}");
        assert!(text.contains("\nnoisy_neighbours (view): "), "{text}");
    }
}
