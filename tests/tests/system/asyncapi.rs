//! What `tidewatch schema topics` prints, against the JSON Schema that AsyncAPI publishes.
//!
//! The schema belongs to others and is fetched before the test, so that the test itself needs no network.

use std::{env, fs};

use serde_json::{Value, json};
use tidewatch_pipelines::schema;

/// Names the file with the schema.
const SCHEMA: &str = "TIDEWATCH_ASYNCAPI";

#[test]
#[ignore = "needs the schema of AsyncAPI: make test-asyncapi"]
fn the_document_of_the_topics_is_valid_and_a_damaged_one_is_not() {
    let file = env::var(SCHEMA).unwrap_or_else(|_| panic!("{SCHEMA} names no file: type make test-asyncapi"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let valid = jsonschema::validator_for(&schema).expect("the schema can be used");
    let document: Value = serde_json::from_str(&schema::text("topics").expect("a document")).expect("it is JSON");
    let wrong: Vec<String> =
        valid.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let damages = [
        ("another version", "/asyncapi", json!("2.6.0")),
        ("no title", "/info", json!({ "version": "1" })),
        ("an address that is none", "/channels/incidents/address", json!(7)),
        ("an operation that is none", "/operations/publish.incidents/action", json!("shout")),
        ("a payload that is no schema", "/components/messages/incident/payload/type", json!("parrot")),
    ];
    for (case, pointer, damage) in damages {
        let mut damaged = document.clone();
        *damaged.pointer_mut(pointer).unwrap_or_else(|| panic!("{case}: {pointer} is not there")) = damage;
        assert!(!valid.is_valid(&damaged), "{case}");
    }
}
