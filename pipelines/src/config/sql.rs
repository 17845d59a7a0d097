//! The section `sql`: where clients connect that speak PostgreSQL's protocol or Flight SQL, who may, and what they may use.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use config::{Value, ValueKind};
use tidewatch_gateway::{Account, Limits};
use tidewatch_lake::query::{Bounds, Principal};

use super::error::{ConfigError, ConfigErrors, Wrong};
use super::secret::{self, Setting};
use super::section::Section;
use super::value::shown;
use super::{HOUR, MINUTE, SECOND};

/// An address that is none.
const NONE: &str = "none";
/// Everything, for those who operate the fleet.
const EVERYTHING: &str = "everything";

/// How the lake is asked over the network.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlConfig {
    /// Where PostgreSQL's clients connect.
    pub postgres: Option<SocketAddr>,
    /// Where clients of Flight SQL connect.
    pub flight: Option<SocketAddr>,
    /// Certificate and key; both or none.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Who may ask, by name.
    pub accounts: BTreeMap<String, AccountConfig>,
    /// Clients of PostgreSQL's protocol at a time.
    pub connections: usize,
    /// What may be used.
    pub limits: Limits,
}

/// Somebody who may ask.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountConfig {
    /// Where the password is.
    pub password: Setting,
    /// Whose rows are seen.
    pub sees: Principal,
}

impl SqlConfig {
    /// Everybody who may ask. Reads the files and variables that hold passwords; an error names each that is missing.
    pub fn accounts(&self, environment: &BTreeMap<String, String>) -> Result<Vec<Account>, ConfigErrors> {
        let (mut accounts, mut errors) = (Vec::new(), Vec::new());
        for (name, account) in &self.accounts {
            let wrong = |problem: String| {
                let wrong = Wrong::new(problem, "a password is the content of a file or of a variable");
                ConfigError::at_key("configuration", &format!("sql.accounts.{name}.password"), wrong)
            };
            match account.password.resolve(environment) {
                Ok(password) if password.is_empty() => errors.push(wrong("the password is empty".to_owned())),
                Ok(password) => {
                    accounts.push(Account { name: name.clone(), password, principal: account.sees.clone() });
                }
                Err(why) => errors.push(wrong(why)),
            }
        }
        if errors.is_empty() { Ok(accounts) } else { Err(ConfigErrors(errors)) }
    }
}

pub(super) fn read(section: &mut Section) -> SqlConfig {
    let [postgres, flight] = ["postgres", "flight"].map(|key| section.origin(key));
    let config = SqlConfig {
        postgres: section.parse("postgres", None, address),
        flight: section.parse("flight", None, address),
        tls: section.section("tls", read_tls),
        accounts: section.sections("accounts", read_account).into_iter().collect(),
        connections: section.whole("connections", 1..=10_000) as usize,
        limits: Limits {
            bounds: Bounds {
                memory: usize::try_from(section.size("memory", 1 << 20..=1 << 40)).unwrap_or(usize::MAX),
                time: section.duration("time", SECOND..=HOUR),
                rows: section.whole("rows", 1..=100_000_000) as usize,
                threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            },
            at_once: section.whole("at_once", 1..=1_000) as usize,
            fresh: section.duration("fresh", Duration::ZERO..=10 * MINUTE),
        },
    };
    let plaintext = section.choice("plaintext", [("refuse", false), ("allow", true)], false);
    for (key, address, origin) in [("postgres", config.postgres, postgres), ("flight", config.flight, flight)] {
        let is_open = address.is_some_and(|address| !address.ip().is_loopback());
        if is_open && config.tls.is_none() && !plaintext && !section.is_wrong("tls") && !section.is_wrong("plaintext") {
            let advice =
                "name sql.tls.certificate and sql.tls.key, or say sql.plaintext: allow where something else encrypts";
            section.refuse(key, &origin, Wrong::new("others could read what is sent without TLS", advice));
        }
    }
    config
}

fn address(value: &Value) -> Result<Option<SocketAddr>, Wrong> {
    let advice = "write an address and a port such as 127.0.0.1:5432 or 0.0.0.0:5432, or none";
    match &value.kind {
        ValueKind::String(text) if text.trim() == NONE => Ok(None),
        ValueKind::String(text) => {
            let wrong = |_| Wrong::new(format!("{text:?} is not an address"), advice);
            text.trim().parse().map(Some).map_err(wrong)
        }
        _ => Err(Wrong::new(format!("{} is not an address", shown(value)), advice)),
    }
}

fn read_tls(section: &mut Section) -> Option<(PathBuf, PathBuf)> {
    let [certificate, key] = ["certificate", "key"].map(|name| {
        let origin = section.origin(name);
        (section.parse(name, None, file), origin)
    });
    match (certificate, key) {
        ((Some(certificate), _), (Some(key), _)) => Some((certificate, key)),
        ((Some(_), origin), (None, _)) => {
            section.refuse("certificate", &origin, Wrong::new("it has no key", "name sql.tls.key as well"));
            None
        }
        ((None, _), (Some(_), origin)) => {
            section.refuse("key", &origin, Wrong::new("it has no certificate", "name sql.tls.certificate as well"));
            None
        }
        _ => None,
    }
}

fn file(value: &Value) -> Result<Option<PathBuf>, Wrong> {
    match &value.kind {
        ValueKind::String(text) if text.trim() == NONE => Ok(None),
        ValueKind::String(text) if !text.trim().is_empty() => Ok(Some(PathBuf::from(text))),
        _ => Err(Wrong::new(format!("{} is not a file", shown(value)), "write the path of a PEM file, or none")),
    }
}

fn read_account(section: &mut Section) -> AccountConfig {
    let nothing = Setting::Environment(String::new());
    AccountConfig {
        password: section.parse("password", nothing, password),
        sees: section.parse("sees", Principal::Operator, sees),
    }
}

fn password(value: &Value) -> Result<Setting, Wrong> {
    match &value.kind {
        ValueKind::Table(table) => secret::reference(table),
        ValueKind::String(text) if secret::is_from_environment(value) => Ok(Setting::Secret(text.clone())),
        _ => Err(secret::must_not_be_written()),
    }
}

fn sees(value: &Value) -> Result<Principal, Wrong> {
    let advice = "write everything, or { tenant: name }";
    match &value.kind {
        ValueKind::String(text) if text == EVERYTHING => Ok(Principal::Operator),
        ValueKind::Table(table) => match (table.get("tenant").map(|tenant| &tenant.kind), table.len()) {
            (Some(ValueKind::String(tenant)), 1) if !tenant.trim().is_empty() => Ok(Principal::Tenant(tenant.clone())),
            _ => Err(Wrong::new("the section names no tenant", advice)),
        },
        _ => Err(Wrong::new(format!("{} is not whose rows an account sees", shown(value)), advice)),
    }
}
