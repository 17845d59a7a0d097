//! Attributes of a level that describe how it came out rather than what was measured.
//!
//! A failing check reports its level with an `error` that a passing one does not have. Were that part of the series, each
//! failure would be a series of its own, and the one that is watched would only ever see successes. So outcomes and
//! passing instances are left out of the key of a level. Sums and histograms keep them: there each combination is a
//! total of its own, and putting two totals into one series would make it jump.

use std::collections::BTreeMap;

use tidewatch_schemas::observation::Value;

/// Names of attributes that tell an outcome or a passing instance, and beginnings of such names.
const NAMES: [&str; 7] = ["error", "exception", "ok", "outcome", "pid", "process.pid", "success"];
const PREFIXES: [&str; 2] = ["error.", "exception."];

/// Leaves what does not tell series apart out of the attributes of a level.
pub(crate) fn drop_outcomes(attributes: &mut BTreeMap<String, String>, value: &Value) {
    if matches!(value, Value::Gauge(_)) {
        attributes.retain(|key, _| !is_outcome(key));
    }
}

fn is_outcome(key: &str) -> bool {
    NAMES.contains(&key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::observation::{Sum, Temporality};

    use super::*;

    fn kept(value: &Value) -> Vec<String> {
        let names = ["check", "error", "error.type", "errors_allowed", "pid"];
        let mut attributes = names.iter().map(|name| ((*name).to_owned(), String::new())).collect();
        drop_outcomes(&mut attributes, value);
        attributes.into_keys().collect()
    }

    #[test]
    fn a_level_is_the_same_series_whatever_came_out() {
        assert_eq!(kept(&Value::Gauge(0.0)), ["check", "errors_allowed"]);
    }

    #[test]
    fn totals_of_different_outcomes_stay_apart() {
        let sum = Sum { value: 1.0, temporality: Temporality::Cumulative, monotonic: true, start: None };
        assert_eq!(kept(&Value::Sum(sum)).len(), 5);
    }
}
