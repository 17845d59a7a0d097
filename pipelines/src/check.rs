//! What `tidewatch check` finds: the mistakes of a configuration, for people and as JSON.
//!
//! It does what a start does up to the point where something would be touched. Files and variables that hold secrets are
//! not looked for: a configuration is checked where the secrets are not.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::config::{Config, ConfigError, Flag};

/// The mistakes of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file that was checked.
    pub file: String,
    /// Everything that is wrong with it, and with what overrides it.
    pub errors: Vec<ConfigError>,
}

/// Checks `file` as [`Config::load`] would load it.
pub fn check(file: &Path, environment: impl IntoIterator<Item = (String, String)>, flags: &[Flag]) -> Report {
    let loaded = Config::load(Some(file), environment, flags);
    Report { file: file.display().to_string(), errors: loaded.err().map_or_else(Vec::new, |errors| errors.0) }
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// The report as one JSON object: `file` and `errors[]` of `origin`, `key`, `problem`, `advice`, and `line` and
    /// `column` where the text is not YAML.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// One line per mistake, and one that counts them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "{error}")?;
        }
        match self.errors.len() {
            0 => write!(f, "{}: fine", self.file),
            1 => write!(f, "{}: 1 mistake", self.file),
            count => write!(f, "{}: {count} mistakes", self.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn report(yaml: &str) -> Report {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tidewatch.yaml");
        fs::write(&file, yaml).unwrap();
        let mut report = check(&file, [], &[]);
        // The folder has another name every time.
        let prefix = format!("{}/", folder.path().display());
        report.file = report.file.replace(&prefix, "");
        for error in &mut report.errors {
            error.origin = error.origin.replace(&prefix, "");
        }
        report
    }

    #[test]
    fn a_sound_file_is_fine() {
        let report = report("detect: { window: 1m }\n");
        assert!(report.is_sound());
        assert_eq!(report.to_string(), "tidewatch.yaml: fine");
        let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        assert_eq!(json, serde_json::json!({ "file": "tidewatch.yaml", "errors": [] }));
    }

    #[test]
    fn mistakes_are_listed_and_counted() {
        let report = report("detect: { window: 7 parrots, batch: 0 }\n");
        assert!(!report.is_sound());
        let expected = "tidewatch.yaml: detect.window: \"7 parrots\" is not a duration; write a number and a unit such as 10s\n\
            tidewatch.yaml: detect.batch: 0 is out of range; write 1 to 100000\n\
            tidewatch.yaml: 2 mistakes";
        assert_eq!(report.to_string(), expected);
        let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        let first = serde_json::json!({
            "origin": "tidewatch.yaml",
            "key": "detect.window",
            "problem": "\"7 parrots\" is not a duration",
            "advice": "write a number and a unit such as 10s",
        });
        assert_eq!(json["errors"][0], first);
    }

    #[test]
    fn a_file_that_is_not_there_is_a_mistake() {
        let report = check(Path::new("no/such/tidewatch.yaml"), [], &[]);
        assert!(report.to_string().starts_with("no/such/tidewatch.yaml: cannot be read: "), "{report}");
    }
}
