//! The many spellings of OTLP/JSON to the one that the types of `opentelemetry-proto` read.
//!
//! Texts of users are values and never keys here, so keys alone say what stands where. Taken besides what OTLP/JSON asks
//! for: nulls for absent fields, `snake_case` keys, numbers as text and enum values by name. A number that cannot be read is
//! an error here; the types would take it for absent.

use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use serde_json::{Map, Number, Value};
use tidewatch_schemas::RejectReason;

use crate::point::Refusal;
use crate::text;

/// Fields that nothing here reads, and which could only fail.
const UNREAD: &[&str] = &["exemplars", "traceId", "spanId", "entityRefs", "droppedAttributesCount"];

const INTEGERS: &[&str] = &[
    "asInt",
    "count",
    "flags",
    "intValue",
    "observedTimeUnixNano",
    "offset",
    "scale",
    "severityNumber",
    "startTimeUnixNano",
    "timeUnixNano",
    "zeroCount",
];

const DOUBLES: &[&str] = &["asDouble", "doubleValue", "max", "min", "sum", "zeroThreshold"];

/// The value of `key`, in `camelCase` or in `snake_case`; `None` where it is absent or null.
pub(super) fn take(object: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let found = object.remove(key).or_else(|| object.remove(&snake(key)));
    found.filter(|value| !value.is_null())
}

/// Brings a point, a resource or a scope to the spelling that is read.
pub(super) fn normalise(value: &mut Value) -> Result<(), Refusal> {
    match value {
        Value::Array(values) => values.iter_mut().try_for_each(normalise),
        Value::Object(object) => {
            for (key, value) in std::mem::take(object) {
                let key = camel(&key);
                if !value.is_null() && !UNREAD.contains(&key.as_str()) {
                    let (key, value) = field(key, value)?;
                    object.insert(key, value);
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn field(key: String, mut value: Value) -> Result<(String, Value), Refusal> {
    match key.as_str() {
        "bucketCounts" => value = each(value, |number| integer("bucketCounts", &number))?,
        "explicitBounds" => value = each(value, |number| double("explicitBounds", &number))?,
        name if INTEGERS.contains(&name) => value = integer(name, &value)?,
        "doubleValue" if value.as_str().is_some_and(is_not_finite) => return Ok(("stringValue".to_owned(), value)),
        name if DOUBLES.contains(&name) => value = double(name, &value)?,
        "arrayValue" | "kvlistValue" => nested(&mut value)?,
        _ => {
            without_nulls(&mut value);
            normalise(&mut value)?;
        }
    }
    Ok((key, value))
}

/// Lists of values must be there, and a null in them is an empty value that keeps its place.
fn nested(value: &mut Value) -> Result<(), Refusal> {
    normalise(value)?;
    let Some(object) = value.as_object_mut() else { return Ok(()) };
    object.entry("values").or_insert_with(|| Value::Array(Vec::new()));
    Ok(())
}

fn without_nulls(value: &mut Value) {
    if let Value::Array(values) = value {
        values.retain(|each| !each.is_null());
    }
}

fn each(value: Value, read: impl Fn(Value) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    match value {
        Value::Array(values) => values.into_iter().map(read).collect(),
        single => read(single),
    }
}

fn integer(name: &str, value: &Value) -> Result<Value, Refusal> {
    let number = match value {
        Value::Number(number) => whole(number),
        Value::String(text) => {
            text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
        }
        _ => None,
    };
    let by_name = || SeverityNumber::from_str_name(value.as_str()?).map(|severity| Number::from(severity as i32));
    let number = number.or_else(by_name).map(Value::Number);
    number.ok_or_else(|| Refusal::malformed(format!("{name} {} must be an integer", shown(value))))
}

/// An integer as it is, and a double that is one, such as `1.7e18`.
fn whole(number: &Number) -> Option<Number> {
    if number.is_i64() || number.is_u64() {
        return Some(number.clone());
    }
    let double = number.as_f64().filter(|double| double.fract() == 0.0)?;
    format!("{double:.0}").parse().ok().filter(|parsed: &Number| parsed.is_i64() || parsed.is_u64())
}

fn double(name: &str, value: &Value) -> Result<Value, Refusal> {
    let number = match value {
        Value::Number(number) => return Ok(Value::Number(number.clone())),
        Value::String(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| Refusal::malformed(format!("{name} {} must be a number", shown(value))))?;
    let finite = Number::from_f64(number).map(Value::Number);
    finite.ok_or_else(|| Refusal::new(RejectReason::NotFinite, format!("{name} {number} must be finite")))
}

fn is_not_finite(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| !number.is_finite())
}

/// The temporality of a metric's data as its number.
pub(super) fn temporality(data: &mut Map<String, Value>) -> Result<i32, Refusal> {
    let Some(value) = take(data, "aggregationTemporality") else { return Ok(0) };
    if let Some(named) = value.as_str().and_then(AggregationTemporality::from_str_name) {
        return Ok(named as i32);
    }
    let number = integer("aggregationTemporality", &value)?.as_i64();
    Ok(number.and_then(|number| i32::try_from(number).ok()).unwrap_or(i32::MAX))
}

/// A flag; absent is false.
pub(super) fn flag(data: &mut Map<String, Value>, key: &str) -> Result<bool, Refusal> {
    match take(data, key) {
        None => Ok(false),
        Some(Value::Bool(yes)) => Ok(yes),
        Some(other) => Err(Refusal::malformed(format!("{key} {} must be true or false", shown(&other)))),
    }
}

/// A value as short text for a sentence.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text::shown(text),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}

fn snake(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 4);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
