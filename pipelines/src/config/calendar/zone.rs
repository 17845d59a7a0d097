//! Time zones by name, and what someone may have meant who wrote another one.

use config::{Value, ValueKind};
use jiff::tz::TimeZone;
use tidewatch_detectors::calendar::{zone_named, zone_names};

use crate::config::error::Wrong;
use crate::config::value::shown;

/// How many names are proposed.
const PROPOSED: usize = 3;

pub(in crate::config) fn read(value: &Value) -> Result<TimeZone, Wrong> {
    let ValueKind::String(name) = &value.kind else {
        let problem = format!("{} is not the name of a time zone", shown(value));
        return Err(Wrong::new(problem, "write one such as Europe/Berlin"));
    };
    zone_named(name.trim()).ok_or_else(|| {
        let advice = format!("did you mean {}?", nearest(name.trim()).join(", "));
        Wrong::new(format!("there is no time zone {name:?}"), advice)
    })
}

/// The names that differ least, or whose city does.
fn nearest(name: &str) -> Vec<String> {
    let name = name.to_lowercase().replace(' ', "_");
    let distance = |candidate: &String| {
        let candidate = candidate.to_lowercase();
        let city = candidate.rsplit('/').next().unwrap_or(&candidate);
        strsim::damerau_levenshtein(&name, &candidate).min(strsim::damerau_levenshtein(&name, city))
    };
    let mut names = zone_names();
    names.sort_by_cached_key(|candidate| (distance(candidate), candidate.clone()));
    names.truncate(PROPOSED);
    names
}
