//! Attribute values to text. What is nested becomes JSON with sorted keys, so that equal values have equal text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::Value as Json;

use crate::text;

/// The text of attribute `key`; the first where it stands twice, `None` where it is absent or null.
pub(crate) fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<Cow<'a, str>> {
    let found = attributes.iter().find(|pair| pair.key == key)?;
    value_text(found.value.as_ref())
}

/// Adds `attributes` whose key passes `wanted`, as text of at most `most` bytes. The first of a key stays.
pub(crate) fn collect(
    attributes: &[KeyValue],
    most: usize,
    wanted: impl Fn(&str) -> bool,
    into: &mut BTreeMap<String, String>,
) {
    for pair in attributes.iter().filter(|pair| wanted(&pair.key)) {
        if let Some(value) = value_text(pair.value.as_ref()) {
            into.entry(text::cut(&pair.key, most).to_owned()).or_insert_with(|| text::cut(&value, most).to_owned());
        }
    }
}

/// A value as text; `None` for null.
pub(crate) fn value_text(value: Option<&AnyValue>) -> Option<Cow<'_, str>> {
    match value?.value.as_ref()? {
        Value::StringValue(text) => Some(Cow::Borrowed(text)),
        Value::BoolValue(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
        Value::IntValue(number) => Some(Cow::Owned(number.to_string())),
        Value::DoubleValue(number) => Some(Cow::Owned(number.to_string())),
        Value::BytesValue(bytes) => Some(Cow::Owned(hex(bytes))),
        nested @ (Value::ArrayValue(_) | Value::KvlistValue(_)) => Some(Cow::Owned(json(nested).to_string())),
        Value::StringValueStrindex(_) => None,
    }
}

/// The text of a list of attributes as one JSON object, for events that carry nothing else.
pub(crate) fn list_text(attributes: &[KeyValue]) -> String {
    object(attributes).to_string()
}

fn json(value: &Value) -> Json {
    match value {
        Value::StringValue(text) => Json::from(text.as_str()),
        Value::BoolValue(yes) => Json::from(*yes),
        Value::IntValue(number) => Json::from(*number),
        Value::DoubleValue(number) => Json::from(*number),
        Value::BytesValue(bytes) => Json::from(hex(bytes)),
        Value::ArrayValue(list) => {
            list.values.iter().map(|each| each.value.as_ref().map_or(Json::Null, json)).collect()
        }
        Value::KvlistValue(list) => object(&list.values),
        Value::StringValueStrindex(_) => Json::Null,
    }
}

fn object(pairs: &[KeyValue]) -> Json {
    let sorted: BTreeMap<&str, Json> = pairs.iter().map(|pair| (pair.key.as_str(), pair_json(pair))).collect();
    sorted.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn pair_json(pair: &KeyValue) -> Json {
    pair.value.as_ref().and_then(|any| any.value.as_ref()).map_or(Json::Null, json)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
