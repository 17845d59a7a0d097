//! The formats of what Tidewatch publishes, as text: what `tidewatch schema` prints.
//!
//! | name | is |
//! |---|---|
//! | `incident`, `finding`, `cost-signal`, `reject`, `verdict` | JSON Schema of a record |
//! | `observations` | protobuf of the records of `tidewatch.observations` |
//! | `topics` | AsyncAPI of the topics, with keys and partitions |
//! | `incidents-arrow` | columns of the table `incidents` |

mod topics;

use std::fmt::Write as _;

use tidewatch_schemas::{json_schema, wire};

use crate::config::ConfigErrors;

/// The names that [`text`] knows.
pub const NAMES: [&str; 8] =
    ["incident", "finding", "cost-signal", "reject", "verdict", "observations", "topics", "incidents-arrow"];

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
        "incidents-arrow" => Ok(columns(&tidewatch_lake::incidents::schema())),
        record => {
            let found = json_schema::all().into_iter().find(|(known, _)| *known == record);
            let (_, schema) = found.ok_or_else(|| SchemaError::Unknown(record.to_owned()))?;
            Ok(serde_json::to_string_pretty(&schema)? + "\n")
        }
    }
}

/// One column a line: name, Arrow type, and whether it may be null.
fn columns(schema: &tidewatch_lake::Schema) -> String {
    let mut text = String::new();
    for field in schema.fields() {
        let null = if field.is_nullable() { " null" } else { "" };
        let _ = writeln!(text, "{:<14} {}{null}", field.name(), field.data_type());
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
        for name in ["incident", "finding", "cost-signal", "reject", "verdict"] {
            let path = format!("{}/../schemas/json/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(text(name).unwrap(), std::fs::read_to_string(path).unwrap(), "{name}");
        }
    }

    #[test]
    fn columns_say_what_may_be_null() {
        let text = text("incidents-arrow").unwrap();
        assert!(text.contains("incident_id    Utf8\n"), "{text}");
        assert!(text.lines().any(|line| line.starts_with("resolved_at ") && line.ends_with(" null")), "{text}");
    }
}
