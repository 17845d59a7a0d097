//! The section `kafka`: brokers, and further settings of the Kafka client.
//!
//! Settings that the guarantees of Tidewatch rest on cannot be given: the consumer group, offsets and transactions are
//! not a matter of taste. Every other setting is tried on the client's own parser, so that a misspelt one is found by
//! `tidewatch check` and not at night.

use std::collections::BTreeMap;

use config::{Value, ValueKind};
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::error::{ConfigError, ConfigErrors, Wrong};
use super::secret::{self, Setting};
use super::section::Section;
use super::value::{origin_of, shown};

const LONGEST_INSTANCE: usize = 200;

/// Settings that Tidewatch makes itself, and what to do instead.
pub(super) const OWNED: [(&str, &str); 16] = [
    ("bootstrap.servers", "use kafka.brokers"),
    ("metadata.broker.list", "use kafka.brokers"),
    ("group.id", "use ingest.group and detect.group"),
    ("group.protocol", "remove it"),
    ("group.instance.id", "use kafka.instance"),
    ("enable.auto.commit", "remove it"),
    ("enable.auto.offset.store", "remove it"),
    ("auto.offset.reset", "use ingest.start"),
    ("transactional.id", "use kafka.publishing"),
    ("transaction.timeout.ms", "remove it"),
    ("enable.idempotence", "remove it"),
    ("acks", "remove it"),
    ("request.required.acks", "remove it"),
    ("isolation.level", "remove it"),
    ("partition.assignment.strategy", "remove it"),
    ("allow.auto.create.topics", "remove it"),
];

/// How outputs are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Publishing {
    /// In transactions where the brokers have any.
    #[default]
    Auto,
    /// In transactions: each output stands in its topic once.
    Transactions,
    /// Without: after a crash an output may stand in its topic twice, with the same number.
    Idempotent,
}

impl Publishing {
    const ALL: [Self; 3] = [Self::Auto, Self::Transactions, Self::Idempotent];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Transactions => "transactions",
            Self::Idempotent => "idempotent",
        }
    }
}

/// How Kafka is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaConfig {
    /// `host:port` of one or more brokers; at least one.
    pub brokers: Vec<String>,
    /// Further settings of the Kafka client by name.
    pub client: BTreeMap<String, Setting>,
    /// How outputs are published.
    pub publishing: Publishing,
    /// Name of this instance in its groups that stays over restarts; dynamic membership where absent.
    pub instance: Option<String>,
}

impl KafkaConfig {
    /// A client configuration to put the settings of a consumer or producer on top of. Reads the files and variables that
    /// hold secrets; an error names each that is missing.
    pub fn client_config(&self, environment: &BTreeMap<String, String>) -> Result<ClientConfig, ConfigErrors> {
        let mut errors = Vec::new();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.brokers.join(","));
        for (name, setting) in &self.client {
            match setting.resolve(environment) {
                Ok(value) => {
                    config.set(name, value);
                }
                Err(reason) => {
                    let wrong = Wrong::new(reason, "");
                    errors.push(ConfigError::at_key("configuration", &format!("kafka.client.{name}"), wrong));
                }
            }
        }
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }
}

pub(super) fn read(section: &mut Section) -> KafkaConfig {
    let brokers = section.texts("brokers", check_broker);
    let mut client = BTreeMap::new();
    for (name, value) in section.entries("client") {
        match read_setting(&name, &value) {
            Ok(setting) => {
                client.insert(name, setting);
            }
            Err(wrong) => section.refuse(&format!("client.{name}"), &origin_of(&value), wrong),
        }
    }
    let choices = Publishing::ALL.map(|choice| (choice.name(), choice));
    KafkaConfig {
        brokers,
        client,
        publishing: section.choice("publishing", choices, Publishing::Auto),
        instance: section.parse("instance", None, read_instance),
    }
}

/// A name that a group can hold; nothing where it is empty.
fn read_instance(value: &Value) -> Result<Option<String>, Wrong> {
    let ValueKind::String(text) = &value.kind else {
        return Err(Wrong::new(format!("{} is not a name", shown(value)), "write a name such as watch-1, in quotes"));
    };
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&letter);
    if text.len() > LONGEST_INSTANCE || !text.chars().all(is_allowed) {
        let advice = format!("write up to {LONGEST_INSTANCE} letters, digits, dots, dashes and underscores");
        return Err(Wrong::new(format!("{text:?} cannot be a name in a group"), advice));
    }
    Ok(Some(text.clone()).filter(|text| !text.is_empty()))
}

fn check_broker(text: &str) -> Result<(), Wrong> {
    let is_broker = text.rsplit_once(':').is_some_and(|(host, port)| {
        let is_host = !host.is_empty() && !host.contains(|letter: char| letter.is_whitespace() || letter == '/');
        is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let not_one = || Wrong::new(format!("{text:?} is not a broker"), "write host:port such as kafka-1:9092");
    is_broker.then_some(()).ok_or_else(not_one)
}

fn read_setting(name: &str, value: &Value) -> Result<Setting, Wrong> {
    if let Some((_, instead)) = OWNED.iter().find(|(owned, _)| *owned == name) {
        return Err(Wrong::new("Tidewatch makes this setting itself", *instead));
    }
    let written = match &value.kind {
        ValueKind::Table(table) => {
            try_name_on_client(name)?;
            return secret::reference(table);
        }
        ValueKind::Nil | ValueKind::Array(_) => {
            return Err(Wrong::new(format!("{} is not a setting", shown(value)), "write one value"));
        }
        scalar => scalar.to_string(),
    };
    if secret::is_credential(name) && !secret::is_from_environment(value) {
        return Err(secret::must_not_be_written());
    }
    try_on_client(name, &written)?;
    Ok(Setting::written(name, written))
}

/// What the client itself says about `name: value`.
fn try_on_client(name: &str, value: &str) -> Result<(), Wrong> {
    let Err(error) = ClientConfig::new().set(name, value).create_native_config() else { return Ok(()) };
    refusal(name, &error)?;
    // The client's words hold the value.
    let problem = if secret::is_secret(name) {
        "the Kafka client refuses the value".to_owned()
    } else {
        format!("the Kafka client refuses {value:?}: {}", reason_of(&error))
    };
    Err(Wrong::new(problem, ""))
}

/// Whether the client has a setting `name`; its value is not known yet.
fn try_name_on_client(name: &str) -> Result<(), Wrong> {
    let tried = ClientConfig::new().set(name, "").create_native_config();
    tried.map_or_else(|error| refusal(name, &error), |_| Ok(()))
}

/// What `error` says about the setting itself, whatever its value.
fn refusal(name: &str, error: &KafkaError) -> Result<(), Wrong> {
    if let KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..) = error {
        let advice = "see CONFIGURATION.md of librdkafka";
        return Err(Wrong::new(format!("the Kafka client has no setting {name}"), advice));
    }
    let reason = reason_of(error);
    if reason.ends_with("not available at build time") {
        let missing = reason.rsplit_once(": ").map_or(reason.as_str(), |(_, missing)| missing);
        return Err(Wrong::new(format!("this build cannot do that: {missing}"), "remove it"));
    }
    Ok(())
}

fn reason_of(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, reason, ..) => reason.clone(),
        other => other.to_string(),
    }
}
