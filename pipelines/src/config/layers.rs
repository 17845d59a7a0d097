//! Puts the sources of the configuration on top of each other: defaults, file, environment, flags.
//!
//! Lists are replaced as a whole, sections key by key. Every value remembers where it was written.

use std::collections::BTreeMap;

use config::{FileFormat, Format, Map, Source, Value};

use super::error::{ConfigError, Wrong};
use super::value::{DEFAULT, without_empty};

/// Every option with its default and a line of explanation; the only place where defaults are written.
pub const DEFAULTS: &str = include_str!("default.yaml");

/// What the name of an environment variable begins with; `__` then separates the keys of a path.
pub const PREFIX: &str = "TIDEWATCH__";

/// The path under which keys are names of client settings.
const CLIENT: &str = "kafka.client.";

/// An option that was given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// What the user typed, such as `--brokers`.
    pub name: String,
    /// Path of the option, such as `kafka.brokers`.
    pub key: String,
    /// Its value; several are separated by commas.
    pub value: String,
}

/// A text that may be a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The name that messages use.
    pub name: &'a str,
    /// YAML.
    pub yaml: &'a str,
}

/// The values of all sources, merged.
pub(super) fn merge(
    file: Option<Text>,
    environment: &BTreeMap<String, String>,
    flags: &[Flag],
) -> Result<Value, ConfigError> {
    let mut merged = Value::from(Map::<String, Value>::new());
    let defaults = Layer(parse(Text { name: DEFAULT, yaml: DEFAULTS })?);
    let file = Layer(without_empty(file.map(parse).transpose()?.unwrap_or_default()));
    let mut layers = vec![defaults, file];
    let variables = environment.iter().filter_map(|(name, value)| Some((name, key_of_variable(name)?, value)));
    layers.extend(variables.map(|(name, key, value)| Layer::of_one(name, key, value)));
    layers.extend(flags.iter().map(|flag| Layer::of_one(&flag.name, flag.key.clone(), &flag.value)));
    for layer in layers {
        let merging = layer.collect_to(&mut merged);
        merging.map_err(|error| ConfigError::about(DEFAULT, Wrong::new(error.to_string(), "")))?;
    }
    Ok(merged)
}

/// `TIDEWATCH__DETECT__FALSE_ALARMS` is `detect.false_alarms`.
fn key_of_variable(name: &str) -> Option<String> {
    name.strip_prefix(PREFIX).map(|path| path.to_lowercase().replace("__", "."))
}

fn parse(text: Text) -> Result<Map<String, Value>, ConfigError> {
    FileFormat::Yaml
        .parse(Some(&text.name.to_owned()), text.yaml)
        .map_err(|error| syntax(text.name, &error.to_string()))
}

/// The parser says where only in its text, at the end: `<reason> at byte 5 line 3 column 7`.
fn syntax(name: &str, said: &str) -> ConfigError {
    let located = said.rsplit_once(" at byte ").and_then(|(reason, place)| {
        let (line, column) = place.split_once(" line ")?.1.split_once(" column ")?;
        Some((reason, line.parse().ok()?, column.parse().ok()?))
    });
    let advice = "write YAML with the sections kafka, topics, ingest, detect, calendar and log";
    let Some((reason, line, column)) = located else {
        return ConfigError::about(name, Wrong::new(format!("it is no configuration: {said}"), advice));
    };
    let wrong = Wrong::new(format!("it is not YAML: {reason}"), "");
    ConfigError { line: Some(line), column: Some(column), ..ConfigError::about(name, wrong) }
}

/// The values of one source, by path.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Layer {
    /// A source of one text, whose name is its origin. The name of a client setting has dots that separate nothing.
    fn of_one(name: &str, key: String, value: &str) -> Self {
        let value = Value::new(Some(&name.to_owned()), value);
        let Some(setting) = key.strip_prefix(CLIENT) else {
            return Self(Map::from_iter([(key, value)]));
        };
        let client = Map::from_iter([(setting.to_owned(), value)]);
        let kafka = Map::from_iter([("client".to_owned(), Value::from(client))]);
        Self(Map::from_iter([("kafka".to_owned(), Value::from(kafka))]))
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}
