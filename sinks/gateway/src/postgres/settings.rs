//! What a client may set: how it wants to read answers. Nothing of it changes what there is to read.

use std::collections::HashMap;

/// A setting of a client.
pub(super) struct Known {
    /// Its name, in small letters, under which its value is kept; `pgwire` looks for some of them when it writes answers.
    pub name: &'static str,
    /// What it is at first.
    usual: &'static str,
    /// The name under which clients are told when it changes; they need not be told of all.
    pub told_as: Option<&'static str>,
    kind: Kind,
}

enum Kind {
    /// It may be anything.
    Any,
    /// It stays what it is, however it is set, since answers do not depend on it.
    Fixed,
    /// Only these, in small letters.
    One(&'static [&'static str]),
}

const SETTINGS: [Known; 24] = [
    known("application_name", "", Some("application_name"), Kind::Any),
    known("bytea_output", "hex", None, Kind::One(&["hex", "escape"])),
    known("client_encoding", "UTF8", Some("client_encoding"), Kind::One(&["utf8", "utf-8", "unicode"])),
    known("client_min_messages", "notice", None, Kind::Any),
    known("datestyle", "ISO, YMD", Some("DateStyle"), Kind::Any),
    known("default_transaction_isolation", "read committed", None, Kind::Fixed),
    known("default_transaction_read_only", "on", None, Kind::One(&["on", "true", "1"])),
    known("extra_float_digits", "1", None, Kind::Any),
    known("idle_in_transaction_session_timeout", "0", None, Kind::Any),
    known("intervalstyle", "postgres", Some("IntervalStyle"), Kind::Any),
    known("lc_messages", "C", None, Kind::Fixed),
    known("lock_timeout", "0", None, Kind::Any),
    known("max_identifier_length", "63", None, Kind::Fixed),
    known("row_security", "on", None, Kind::Fixed),
    known("search_path", "public", None, Kind::Any),
    known("server_encoding", "UTF8", None, Kind::Fixed),
    known("server_version", super::startup::LIKE_VERSION, None, Kind::Fixed),
    known("server_version_num", "160006", None, Kind::Fixed),
    known("standard_conforming_strings", "on", None, Kind::One(&["on", "true", "1"])),
    known("statement_timeout", "0", None, Kind::Any),
    // Times are written with their offset, which is that of UTC.
    known("timezone", "UTC", Some("TimeZone"), Kind::Fixed),
    known("transaction", "", None, Kind::Any),
    known("transaction_isolation", "read committed", None, Kind::Fixed),
    known("transaction_read_only", "on", None, Kind::One(&["on", "true", "1"])),
];

const fn known(name: &'static str, usual: &'static str, told_as: Option<&'static str>, kind: Kind) -> Known {
    Known { name, usual, told_as, kind }
}

/// Why something is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotSet {
    /// There is no such setting.
    Unknown(String),
    /// It cannot be that.
    Value(String),
}

/// The setting `name`.
pub(super) fn find(name: &str) -> Result<&'static Known, NotSet> {
    SETTINGS.iter().find(|known| known.name == name).ok_or_else(|| {
        NotSet::Unknown(format!(
            "there is no setting {name:?} here; clients may set how they read answers, such as datestyle"
        ))
    })
}

impl Known {
    /// What it is of a client.
    pub fn value(&self, of_client: &HashMap<String, String>) -> String {
        of_client.get(self.name).cloned().unwrap_or_else(|| self.usual.to_owned())
    }

    /// What it is at first.
    pub fn usual(&self) -> &'static str {
        self.usual
    }

    /// What it becomes when it is set to `value`.
    pub fn accept(&self, value: &str) -> Result<String, NotSet> {
        if value.eq_ignore_ascii_case("default") {
            return Ok(self.usual.to_owned());
        }
        match self.kind {
            Kind::Any => Ok(value.to_owned()),
            Kind::Fixed => Ok(self.usual.to_owned()),
            Kind::One(choices) if choices.contains(&value.to_ascii_lowercase().as_str()) => Ok(value.to_owned()),
            Kind::One(choices) => {
                let all = choices.join(", ");
                Err(NotSet::Value(format!("{} cannot be {value:?} here; it can be: {all}", self.name)))
            }
        }
    }
}

/// Milliseconds of `statement_timeout`: a number of them, or one with a unit; `None` for no limit of its own.
pub(super) fn timeout(text: &str) -> Result<Option<u64>, NotSet> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "ms" => Some(1),
        "s" => Some(1_000),
        "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = number.parse::<u64>().ok().zip(factor).map(|(number, factor)| number.saturating_mul(factor));
    let millis = millis.ok_or_else(|| {
        NotSet::Value(format!(
            "statement_timeout cannot be {text:?}; write milliseconds, or a number and ms, s, min or h"
        ))
    })?;
    Ok(Some(millis).filter(|millis| *millis > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_change_no_answer_are_accepted() {
        let accept = |name: &str, value: &str| find(name).and_then(|known| known.accept(value));
        assert_eq!(accept("application_name", "Grafana").as_deref(), Ok("Grafana"));
        assert_eq!(accept("extra_float_digits", "3").as_deref(), Ok("3"));
        assert_eq!(accept("transaction_isolation", "serializable").as_deref(), Ok("read committed"));
        assert_eq!(accept("timezone", "Europe/Berlin").as_deref(), Ok("UTC"));
        assert_eq!(accept("bytea_output", "DEFAULT").as_deref(), Ok("hex"));
        assert!(matches!(accept("default_transaction_read_only", "off"), Err(NotSet::Value(_))));
        assert!(matches!(accept("client_encoding", "LATIN1"), Err(NotSet::Value(_))));
        for name in ["datafusion.execution.batch_size", "role", "session_authorization", "work_mem"] {
            assert!(matches!(accept(name, "1"), Err(NotSet::Unknown(_))), "{name}");
        }
    }

    #[test]
    fn names_are_in_order_and_in_small_letters() {
        assert!(SETTINGS.iter().map(|known| known.name).is_sorted());
        assert!(SETTINGS.iter().all(|known| known.name == known.name.to_lowercase()));
    }

    #[test]
    fn a_timeout_has_a_unit_or_is_in_milliseconds() {
        let cases =
            [("0", None), ("250", Some(250)), ("5s", Some(5_000)), ("2min", Some(120_000)), ("1 h", Some(3_600_000))];
        for (text, expected) in cases {
            assert_eq!(timeout(text), Ok(expected), "{text}");
        }
        assert!(timeout("soon").is_err() && timeout("5 weeks").is_err() && timeout("-1").is_err());
    }
}
