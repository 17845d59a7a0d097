//! Settings of the Kafka client, and how a secret one is kept from being seen.
//!
//! A secret is named, not written: `{ file: path }` or `{ env: NAME }`. A checked configuration therefore holds no secret
//! unless the environment itself carried it, and that one shows as `***` wherever it is printed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use config::{Map, Value, ValueKind};

use super::error::Wrong;
use super::layers::PREFIX;

/// The value of a setting, or where it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Setting {
    /// A value that anyone may see.
    Plain(String),
    /// A value that nobody may see.
    Secret(String),
    /// The value is the content of this file, without line ends after it.
    File(PathBuf),
    /// The value is that of this environment variable.
    Environment(String),
}

impl Setting {
    /// A value that was written out under `name`, which tells whether it may be seen.
    pub fn written(name: &str, value: String) -> Self {
        if is_secret(name) { Self::Secret(value) } else { Self::Plain(value) }
    }

    /// The value; reads the file if it is in one. An error says what is missing.
    pub fn resolve(&self, environment: &BTreeMap<String, String>) -> Result<String, String> {
        match self {
            Self::Plain(value) | Self::Secret(value) => Ok(value.clone()),
            Self::File(path) => {
                let content = fs::read_to_string(path);
                let content = content.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                Ok(content.trim_end_matches(['\r', '\n']).to_owned())
            }
            Self::Environment(name) => {
                environment.get(name).cloned().ok_or_else(|| format!("environment variable {name} is not set"))
            }
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(f, "{value:?}"),
            Self::Secret(_) => f.write_str("***"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// `{ file: path }` or `{ env: NAME }`.
pub(super) fn reference(table: &Map<String, Value>) -> Result<Setting, Wrong> {
    let wrong = || Wrong::new("the section is not a reference", "write one value, { file: path } or { env: NAME }");
    let mut entries = table.iter();
    let (Some((kind, value)), None) = (entries.next(), entries.next()) else { return Err(wrong()) };
    match (kind.as_str(), &value.kind) {
        ("file", ValueKind::String(path)) if !path.is_empty() => Ok(Setting::File(PathBuf::from(path))),
        ("env", ValueKind::String(variable)) if !variable.is_empty() => Ok(Setting::Environment(variable.clone())),
        _ => Err(wrong()),
    }
}

/// Whether the environment holds the value itself, where no file shows it.
pub(super) fn is_from_environment(value: &Value) -> bool {
    value.origin().is_some_and(|origin| origin.starts_with(PREFIX))
}

/// What is said of a secret that is written out in a file.
pub(super) fn must_not_be_written() -> Wrong {
    let advice = "write { file: path } or { env: NAME }, which say where it is";
    Wrong::new("a secret must not be written into the configuration", advice)
}

/// Whether the value of the client setting `name` must not be shown.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passphrase", "secret", "key", "token"].iter().any(|part| name.contains(part))
}

/// Whether the client setting `name` is itself a credential, not only something about one, such as where a key lies.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_key = name.ends_with("key.pem") || name == "ssl_key";
    is_key || ["password", "passphrase", "secret"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_not_printed() {
        let cases = [
            ("sasl.password", "***"),
            ("ssl.keystore.password", "***"),
            ("sasl.oauthbearer.client.secret", "***"),
            ("SSL.KEY.PEM", "***"),
            ("sasl.username", "\"hunter2\""),
        ];
        for (name, expected) in cases {
            assert_eq!(format!("{:?}", Setting::written(name, "hunter2".to_owned())), expected, "{name}");
        }
    }

    #[test]
    fn only_credentials_may_not_be_written_out() {
        for name in ["sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "ssl_key"] {
            assert!(is_credential(name), "{name}");
        }
        for name in ["ssl.key.location", "sasl.oauthbearer.token.endpoint.url", "ssl.keystore.location", "client.id"] {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn references_are_followed_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "hunter2\n").unwrap();
        let environment = BTreeMap::from([("PASSWORD".to_owned(), "hunter3".to_owned())]);
        let resolve = |setting: Setting| setting.resolve(&environment);
        assert_eq!(resolve(Setting::File(path)), Ok("hunter2".to_owned()));
        assert_eq!(resolve(Setting::Environment("PASSWORD".to_owned())), Ok("hunter3".to_owned()));
        let missing = resolve(Setting::File(folder.path().join("none"))).unwrap_err();
        assert!(missing.contains("none"), "{missing}");
        let unset = resolve(Setting::Environment("NONE".to_owned()));
        assert_eq!(unset, Err("environment variable NONE is not set".to_owned()));
    }
}
