//! What is wrong with a configuration, in words that name the place, the value and what would be right.
//!
//! Mistakes are collected rather than returned one by one: whoever repairs a configuration wants to see all of them at
//! once, and a pipeline that checks it wants them as data.

use std::fmt;

use serde::Serialize;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigError {
    /// The file, environment variable or flag that says it; `default` where nothing does.
    pub origin: String,
    /// Line in the file, from 1; only of text that is not YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in the line, from 1; only of text that is not YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Path of the key, such as `detect.window`; empty where the mistake is not about one key.
    pub key: String,
    /// What is wrong, with the value.
    pub problem: String,
    /// What would be right; may be empty.
    pub advice: String,
}

impl ConfigError {
    /// A mistake in the value of `key`.
    pub fn at_key(origin: &str, key: &str, wrong: Wrong) -> Self {
        let Wrong { problem, advice } = wrong;
        Self { origin: origin.to_owned(), line: None, column: None, key: key.to_owned(), problem, advice }
    }

    /// A mistake that concerns all of `origin`.
    pub fn about(origin: &str, wrong: Wrong) -> Self {
        Self::at_key(origin, "", wrong)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        for position in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{position}")?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        if !self.advice.is_empty() {
            write!(f, "; {}", self.advice)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// What is wrong with a value, before it is known where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, with the value.
    pub problem: String,
    /// What would be right; may be empty.
    pub advice: String,
}

impl Wrong {
    /// `problem` names the value, `advice` what to write instead.
    pub fn new(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { problem: problem.into(), advice: advice.into() }
    }
}

/// Every mistake of a configuration, ordered by where it was found. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_names_its_place_its_value_and_what_would_be_right() {
        let wrong = Wrong::new("\"7 parrots\" is not a duration", "write a number and a unit such as 10s");
        let mut error = ConfigError::at_key("tidewatch.yaml", "detect.window", wrong);
        assert_eq!(
            error.to_string(),
            "tidewatch.yaml: detect.window: \"7 parrots\" is not a duration; write a number and a unit such as 10s"
        );
        (error.line, error.column) = (Some(3), Some(7));
        error.key.clear();
        error.advice.clear();
        assert_eq!(error.to_string(), "tidewatch.yaml:3:7: \"7 parrots\" is not a duration");
    }

    #[test]
    fn many_mistakes_are_one_line_each() {
        let error = ConfigError::about("a.yaml", Wrong::new("it is empty", ""));
        assert_eq!(ConfigErrors(vec![error.clone(), error]).to_string(), "a.yaml: it is empty\na.yaml: it is empty");
    }
}
