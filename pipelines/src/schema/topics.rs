//! The topics that Tidewatch owns as an AsyncAPI 3.1 document: who may read what, under which key, in which format.
//!
//! Names and partitions are those of the default configuration. Types that several records share stand once, under
//! `components`.

use serde_json::{Map, Value, json};
use tidewatch_schemas::topics::Topics;
use tidewatch_schemas::{json_schema, wire};

use super::SchemaError;
use crate::config::{Config, TopicsConfig};

/// Version of the Kafka bindings.
const BINDING: &str = "0.5.0";
/// Name of the language of a protobuf payload.
const PROTOBUF: &str = "application/vnd.google.protobuf;version=3";
/// Where a JSON Schema keeps the types it refers to, and where this document does.
const LOCAL: &str = "#/$defs/";
const SHARED: &str = "#/components/schemas/";

/// A topic as a reader sees it.
struct Topic<'a> {
    id: &'static str,
    address: &'a str,
    about: &'static str,
    /// What the key is; nothing where records have none.
    key: Option<&'static str>,
    record: &'static str,
}

/// The document.
pub(super) fn document() -> Result<Value, SchemaError> {
    let TopicsConfig { names, partitions, replication, .. } = Config::from_text(None, [], &[])?.topics;
    let topics = topics(&names);
    let Components { messages, schemas } = Components::of(&topics)?;
    let channels: Map<String, Value> =
        topics.iter().map(|topic| (topic.id.to_owned(), channel(topic, partitions, replication))).collect();
    let operations: Map<String, Value> = topics.iter().map(operation).collect();
    Ok(json!({
        "asyncapi": "3.1.0",
        "info": {
            "title": "Tidewatch",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Topics that Tidewatch writes, and the one by which people answer. Names and partitions are those of the default configuration.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    }))
}

fn topics(names: &Topics) -> [Topic<'_>; 7] {
    [
        Topic {
            id: "observations",
            address: &names.observations,
            about: "Observations and ticks, from ingest to detect",
            key: Some("the pool, as UTF-8"),
            record: "observations",
        },
        Topic {
            id: "incidents",
            address: &names.incidents,
            about: "Revisions of incidents",
            key: Some("incident_id, 32 hexadecimal digits"),
            record: "incident",
        },
        Topic {
            id: "findings",
            address: &names.findings,
            about: "What detectors concluded about single windows",
            key: Some("the series, 32 hexadecimal digits"),
            record: "finding",
        },
        Topic {
            id: "costSignals",
            address: &names.cost_signals,
            about: "Money that is allocated, wasted or at risk",
            key: Some("the tenant, as UTF-8"),
            record: "cost-signal",
        },
        Topic {
            id: "rejects",
            address: &names.rejects,
            about: "Refused inputs, with the reason",
            key: None,
            record: "reject",
        },
        Topic {
            id: "verdicts",
            address: &names.verdicts,
            about: "What people do about incidents; anybody may write it",
            key: Some("the pool, as UTF-8"),
            record: "verdict",
        },
        Topic {
            id: "windows",
            address: &names.windows,
            about: "Judged windows of the signals under detect.windows, with what was expected of them",
            key: Some("the series, 32 hexadecimal digits"),
            record: "window",
        },
    ]
}

fn channel(topic: &Topic<'_>, partitions: i32, replication: i32) -> Value {
    let record = topic.record;
    json!({
        "address": topic.address,
        "description": topic.about,
        "messages": { record: { "$ref": format!("#/components/messages/{record}") } },
        "bindings": { "kafka": {
            "topic": topic.address, "partitions": partitions, "replicas": replication, "bindingVersion": BINDING,
        } },
    })
}

fn operation(topic: &Topic<'_>) -> (String, Value) {
    let (verb, action) = if topic.record == "verdict" { ("read", "receive") } else { ("publish", "send") };
    let name = format!("{verb}.{}", topic.id);
    (name, json!({ "action": action, "channel": { "$ref": format!("#/channels/{}", topic.id) } }))
}

/// The Kafka binding of the messages of a topic: what their key is.
fn binding(topic: &Topic<'_>) -> Value {
    match topic.key {
        Some(about) => json!({ "key": { "type": "string", "description": about }, "bindingVersion": BINDING }),
        None => json!({ "bindingVersion": BINDING }),
    }
}

/// Headers of what detect publishes, by which repeats are told apart; `None` of other records.
fn headers(topic: &Topic<'_>) -> Option<Value> {
    let numbered = [
        ("sp", "source partition: the partition of observations that it comes from"),
        ("seq", "number of the output among those of its source partition, growing"),
        ("ep", "epoch of the owner that sent it"),
        ("so", "offset of the observation that caused it"),
    ];
    let event = [
        ("ce_specversion", "1.0: the record is a CloudEvent in binary mode"),
        ("ce_type", "tidewatch.incident"),
        ("ce_source", "the topic and the source partition; with ce_id the same for a repeat"),
        ("ce_id", "the number of the output"),
        ("ce_subject", "incident_id"),
        ("content-type", "application/json"),
    ];
    let of = match topic.record {
        "incident" => [&numbered[..], &event[..]].concat(),
        "finding" | "reject" | "cost-signal" | "window" => numbered.to_vec(),
        _ => return None,
    };
    let text = |(name, about): (&str, &str)| (name.to_owned(), json!({ "type": "string", "description": about }));
    let properties: Map<String, Value> = of.into_iter().map(text).collect();
    Some(json!({ "type": "object", "properties": properties }))
}

/// What stands once for all topics.
#[derive(Default)]
struct Components {
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Components {
    /// The messages of `topics`, and the types they refer to.
    fn of(topics: &[Topic<'_>]) -> Result<Self, SchemaError> {
        let mut components = Self::default();
        let schemas = json_schema::all();
        for topic in topics {
            let name = topic.record;
            let mut message = match schemas.iter().find(|(known, _)| *known == name) {
                Some((_, schema)) => {
                    let payload = components.payload(serde_json::to_value(schema)?);
                    json!({ "name": name, "payload": payload, "bindings": { "kafka": binding(topic) } })
                }
                None => json!({
                    "name": name,
                    "contentType": "application/x-protobuf",
                    "payload": { "schemaFormat": PROTOBUF, "schema": wire::PROTO },
                    "bindings": { "kafka": binding(topic) },
                }),
            };
            if let Some((headers, object)) = headers(topic).zip(message.as_object_mut()) {
                object.insert("headers".to_owned(), headers);
            }
            components.messages.insert(name.to_owned(), message);
        }
        Ok(components)
    }

    /// A schema without the types it refers to, which go where every message finds them.
    fn payload(&mut self, mut schema: Value) -> Value {
        refer_to_shared(&mut schema);
        if let Some(object) = schema.as_object_mut() {
            object.remove("$schema");
            if let Some(Value::Object(types)) = object.remove("$defs") {
                self.schemas.extend(types);
            }
        }
        schema
    }
}

/// Makes references to the types of one schema references to the types of this document.
fn refer_to_shared(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match inner {
                    Value::String(text) if key == "$ref" => *text = text.replace(LOCAL, SHARED),
                    inner => refer_to_shared(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer_to_shared),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    match inner {
                        Value::String(text) if key == "$ref" => found.push(text.clone()),
                        inner => references(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_points_at_something() {
        let document = document().unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 10, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn topics_say_their_key_and_partitions() {
        let document = document().unwrap();
        let incidents = &document["channels"]["incidents"];
        assert_eq!(incidents["address"], "tidewatch.incidents");
        assert_eq!(incidents["bindings"]["kafka"]["partitions"], 4);
        assert_eq!(document["components"]["messages"]["incident"]["bindings"]["kafka"]["key"]["type"], "string");
        assert!(document["components"]["messages"]["reject"]["bindings"]["kafka"].get("key").is_none());
        let headers = |record: &str| document["components"]["messages"][record]["headers"]["properties"].clone();
        assert!(headers("incident")["ce_id"].is_object() && headers("reject")["ce_id"].is_null());
        assert!(headers("cost-signal")["seq"].is_object() && headers("verdict").is_null());
        let owned = document["channels"].as_object().unwrap().len();
        assert_eq!(owned, 7);
    }

    /// Two records may share a type by its name only when it is the same type.
    #[test]
    fn types_of_one_name_are_one_type() {
        let mut known = Map::new();
        for (name, schema) in json_schema::all() {
            let value = serde_json::to_value(&schema).unwrap();
            let types = value.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
            for (title, definition) in types {
                let before = known.insert(title.clone(), definition.clone());
                assert!(before.is_none_or(|before| before == definition), "{title} of {name}");
            }
        }
    }
}
