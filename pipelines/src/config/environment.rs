//! The one place that reads the process's environment; everything else gets it as an argument.

use std::collections::BTreeMap;
use std::env;

/// The environment variables by name, without those that are not UTF-8.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
pub fn variables() -> BTreeMap<String, String> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}
