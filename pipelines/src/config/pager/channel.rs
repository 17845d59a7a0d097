//! One channel: its kind, its address, its secrets.

use std::collections::BTreeMap;

use config::{Value, ValueKind};
use tidewatch_delivery::pager::Channel;
use tidewatch_delivery::pager::alertmanager::{self, Alertmanager};
use tidewatch_delivery::pager::incident_io::{self, IncidentIo};
use tidewatch_delivery::pager::opsgenie::{self, Opsgenie};
use tidewatch_delivery::pager::pagerduty::{self, PagerDuty};
use tidewatch_delivery::pager::slack::Slack;
use tidewatch_delivery::pager::webhook::{Secret, Webhook};

use crate::config::error::{ConfigError, ConfigErrors, Wrong};
use crate::config::secret::{self, Setting};
use crate::config::section::Section;
use crate::config::value::{origin_of, shown};
use crate::config::{HOUR, SECOND, millis};

/// What a channel is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    PagerDuty,
    Alertmanager,
    #[default]
    Webhook,
    Slack,
    Opsgenie,
    IncidentIo,
}

/// A channel. Secrets are named here, not held.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelConfig {
    /// Its name, by which routes know it.
    pub name: String,
    sort: Sort,
    /// Where it is; several replicas of an Alertmanager.
    urls: Vec<Setting>,
    /// What it is opened with.
    secrets: Vec<Setting>,
    /// How often an Alertmanager is told again of what lasts, in milliseconds.
    again_ms: i64,
    /// Most calls in a minute.
    pub per_minute: u32,
    /// Whether it may lie in the own network.
    pub private: bool,
}

impl ChannelConfig {
    pub(super) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// The channel with its secrets, by name: one for each replica of an Alertmanager. Reads the files and variables that
    /// hold secrets; an error names each that is missing.
    pub fn resolved(&self, environment: &BTreeMap<String, String>) -> Result<Vec<(String, Channel)>, ConfigErrors> {
        let mut errors = Vec::new();
        let mut resolve = |key: &str, setting: &Setting| {
            setting.resolve(environment).unwrap_or_else(|reason| {
                let key = format!("pager.channels.{}.{key}", self.name);
                errors.push(ConfigError::at_key("configuration", &key, Wrong::new(reason, "")));
                String::new()
            })
        };
        let urls: Vec<String> = self.urls.iter().map(|url| resolve("url", url)).collect();
        let secrets: Vec<String> = self.secrets.iter().map(|secret| resolve("key", secret)).collect();
        let channels = self.channels(&urls, &secrets);
        match channels {
            Ok(channels) if errors.is_empty() => Ok(channels),
            Ok(_) => Err(ConfigErrors(errors)),
            Err(wrong) => {
                errors.push(ConfigError::at_key("configuration", &format!("pager.channels.{}", self.name), wrong));
                Err(ConfigErrors(errors))
            }
        }
    }

    fn channels(&self, urls: &[String], secrets: &[String]) -> Result<Vec<(String, Channel)>, Wrong> {
        let (first, secret) = (urls.first().cloned(), secrets.first().cloned().unwrap_or_default());
        let url = |usual: &str| first.clone().unwrap_or_else(|| usual.to_owned());
        let one = |channel| Ok(vec![(self.name.clone(), channel)]);
        match self.sort {
            Sort::PagerDuty => {
                one(Channel::PagerDuty(PagerDuty { url: url(pagerduty::USUAL_URL), routing_key: secret }))
            }
            Sort::Opsgenie => one(Channel::Opsgenie(Opsgenie { url: url(opsgenie::USUAL_URL), key: secret })),
            Sort::IncidentIo => {
                one(Channel::IncidentIo(IncidentIo { url: url(incident_io::USUAL_URL), token: secret }))
            }
            Sort::Slack => one(Channel::Slack(Slack { url: url("") })),
            Sort::Webhook => {
                let secrets = secrets.iter().map(|text| text.parse::<Secret>());
                let secrets = secrets.collect::<Result<_, _>>().map_err(|cause| Wrong::new(cause.to_string(), ""))?;
                one(Channel::Webhook(Webhook { url: url(""), secrets }))
            }
            Sort::Alertmanager => {
                let authorization = secret;
                let replica = |(number, url): (usize, &String)| {
                    let name = if urls.len() == 1 { self.name.clone() } else { format!("{}/{number}", self.name) };
                    let channel = Alertmanager {
                        url: url.clone(),
                        authorization: authorization.clone(),
                        again_ms: self.again_ms,
                    };
                    (name, Channel::Alertmanager(channel))
                };
                Ok(urls.iter().enumerate().map(replica).collect())
            }
        }
    }

    /// The names under which its replicas are told.
    #[must_use]
    pub fn replicas(&self) -> Vec<String> {
        match self.urls.len() {
            0 | 1 => vec![self.name.clone()],
            count => (0..count).map(|number| format!("{}/{number}", self.name)).collect(),
        }
    }
}

pub(super) fn read(section: &mut Section) -> ChannelConfig {
    let sorts = [
        ("pagerduty", Sort::PagerDuty),
        ("alertmanager", Sort::Alertmanager),
        ("webhook", Sort::Webhook),
        ("slack", Sort::Slack),
        ("opsgenie", Sort::Opsgenie),
        ("incident_io", Sort::IncidentIo),
    ];
    let sort = section.choice("kind", sorts, Sort::Webhook);
    let urls = match sort {
        Sort::Alertmanager => read_urls(section),
        Sort::Slack => section.parse("url", Vec::new(), |value| read_secret(value).map(|url| vec![url])),
        Sort::PagerDuty | Sort::Opsgenie if !section.offers("url") => Vec::new(),
        _ => section.parse("url", Vec::new(), |value| read_url(value).map(|url| vec![url])),
    };
    let per_minute = if section.offers("per_minute") { section.whole("per_minute", 1..=10_000) } else { 60 };
    ChannelConfig {
        name: String::new(),
        sort,
        urls,
        secrets: read_secrets(section, sort),
        again_ms: read_again(section, sort),
        per_minute,
        private: optional_truth(section, "private"),
    }
}

fn read_again(section: &mut Section, sort: Sort) -> i64 {
    if sort != Sort::Alertmanager || !section.offers("again") {
        return alertmanager::USUAL_AGAIN_MS;
    }
    millis(section.duration("again", SECOND..=HOUR))
}

fn read_secrets(section: &mut Section, sort: Sort) -> Vec<Setting> {
    match sort {
        Sort::Slack => Vec::new(),
        Sort::Webhook => {
            if !section.offers("keys") {
                return Vec::new();
            }
            let values = section.values("keys");
            let read = values.iter().map(|value| read_secret(value).map_err(|wrong| (origin_of(value), wrong)));
            let (mut secrets, mut refused) = (Vec::new(), Vec::new());
            for each in read {
                match each {
                    Ok(secret) => secrets.push(secret),
                    Err(wrong) => refused.push(wrong),
                }
            }
            for (origin, wrong) in refused {
                section.refuse("keys", &origin, wrong);
            }
            secrets
        }
        Sort::Alertmanager if !section.offers("key") => Vec::new(),
        _ => section.parse("key", Vec::new(), |value| read_secret(value).map(|secret| vec![secret])),
    }
}

fn read_urls(section: &mut Section) -> Vec<Setting> {
    let check = |text: &str| check_url(text);
    section.texts("urls", check).into_iter().map(Setting::Plain).collect()
}

fn read_url(value: &Value) -> Result<Setting, Wrong> {
    match &value.kind {
        // An address may hold a token.
        ValueKind::Table(table) => secret::reference(table),
        ValueKind::String(text) => check_url(text).map(|()| Setting::Plain(text.clone())),
        _ => Err(Wrong::new(format!("{} is not an address", shown(value)), "write https://host/path")),
    }
}

fn check_url(text: &str) -> Result<(), Wrong> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let wrong = || Wrong::new(format!("{text:?} is not an address of the web"), "write https://host/path");
    url.map(|_| ()).ok_or_else(wrong)
}

fn read_secret(value: &Value) -> Result<Setting, Wrong> {
    match &value.kind {
        ValueKind::Table(table) => secret::reference(table),
        ValueKind::String(text) if secret::is_from_environment(value) => Ok(Setting::Secret(text.clone())),
        _ => Err(secret::must_not_be_written()),
    }
}

/// Yes or no under `key`; no where it is left out.
pub(in crate::config) fn optional_truth(section: &mut Section, key: &str) -> bool {
    section.offers(key)
        && section.parse(key, false, |value| match &value.kind {
            ValueKind::Boolean(truth) => Ok(*truth),
            ValueKind::String(text) if text == "true" || text == "false" => Ok(text == "true"),
            _ => Err(Wrong::new(format!("{} is neither true nor false", shown(value)), "write true or false")),
        })
}
