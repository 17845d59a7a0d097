//! The signals Tidewatch knows: what each measures, which way is bad, and which runbook to open.
//!
//! A signal that no entry names is still watched, as context: it never opens an incident by itself.

mod built_in;
mod log_lines;
mod resource_use;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::incident::Kind;

/// Which way a signal must move to mean trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// More is worse.
    Rise,
    /// Less is worse.
    Fall,
    /// Either way is worth a look.
    Either,
}

/// What a finding on the signal means for the people who are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Says something about the machinery; evidence at most.
    Context,
    /// Says why people suffer: locks, full connection lists, failing statements.
    Cause,
    /// People feel it: a slow or failing request, check or job.
    Symptom,
}

/// On which scale deviations of the signal are comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Differences count: levels, ratios, small counts.
    Linear,
    /// Ratios count: durations and sizes, whose spread grows with their level.
    Logarithmic,
}

/// Which part of a resource tenants take from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// Processor time.
    Cpu,
    /// Reading and writing of storage.
    Io,
    /// Locks that others wait for.
    Locks,
    /// Places in a limited list of connections.
    Connections,
    /// Time of worker processes, or requests where time is not known.
    Workers,
    /// Memory and cache.
    Memory,
    /// Bytes and packets over the network.
    Network,
}

/// What a signal says about a resource that tenants share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// How much of the resource its tenant takes. Series of one tenant on one resource add up.
    Uses(Mechanism),
    /// How much of it the tenant holds at a time, or for how long: it grows by itself when everything takes longer.
    Holds(Mechanism),
    /// How long its tenant, or everybody where it has none, waits for the resource.
    Waits(Mechanism),
}

/// What a signal says about the time that requests take on an application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RequestPart {
    /// How many requests ended.
    Count,
    /// Seconds of their queries.
    Data,
    /// Seconds that they took as a whole.
    Whole,
    /// Seconds of processors that the server took.
    Processor,
}

/// What Tidewatch knows about a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignalSpec {
    /// Name as agents send it; one that ends in `*` stands for all that begin so.
    pub name: &'static str,
    /// Unit that values are converted to; `None` keeps what the agent sends.
    pub unit: Option<&'static str>,
    /// Which way is bad.
    pub harm: Harm,
    /// What it means for people.
    pub role: Role,
    /// On which scale deviations are comparable.
    pub scale: Scale,
    /// The smallest difference that matters, in `unit`; on a logarithmic scale what is added before the logarithm.
    pub resolution: f64,
    /// Whether it is a share, which lies between 0 and 1.
    pub is_share: bool,
    /// What an incident that this signal opens is about.
    pub kind: Kind,
    /// Runbook to open.
    pub runbook: &'static str,
    /// What it says about a resource that tenants share; `None` where it says nothing.
    pub sharing: Option<Sharing>,
    /// What it says about the time of requests; `None` where it says nothing.
    pub part: Option<RequestPart>,
}

impl SignalSpec {
    /// The mechanism whose use the signal measures.
    #[must_use]
    pub fn uses(&self) -> Option<Mechanism> {
        match self.sharing {
            Some(Sharing::Uses(mechanism) | Sharing::Holds(mechanism)) => Some(mechanism),
            Some(Sharing::Waits(_)) | None => None,
        }
    }

    /// Whether people feel it as it happens: slow or failing work, not silence.
    #[must_use]
    pub fn is_felt(&self) -> bool {
        self.role == Role::Symptom && matches!(self.kind, Kind::Slow | Kind::Failing)
    }
}

/// The list of known signals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalog;

impl Catalog {
    /// What is known about `signal`: the entry with its name, else the longest prefix, else the entry for unknown ones.
    #[must_use]
    pub fn lookup(&self, signal: &str) -> &'static SignalSpec {
        let matching = self.signals().filter(|spec| matches(spec.name, signal));
        matching.max_by_key(|spec| precision(spec.name)).unwrap_or(&built_in::UNKNOWN)
    }

    /// Every entry.
    pub fn signals(&self) -> impl Iterator<Item = &'static SignalSpec> {
        built_in::SIGNALS.iter().chain(log_lines::SIGNALS).chain(resource_use::SIGNALS)
    }
}

fn matches(pattern: &str, signal: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == signal, |prefix| signal.starts_with(prefix))
}

/// An exact name beats any prefix, a longer prefix a shorter one.
fn precision(pattern: &str) -> (bool, usize) {
    (!pattern.ends_with('*'), pattern.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_pages_has_a_runbook() {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        for spec in built_in::SIGNALS.iter().chain([&built_in::UNKNOWN]) {
            assert!(is_name(spec.runbook), "{}: {:?} is no name of a runbook", spec.name, spec.runbook);
        }
    }

    #[test]
    fn an_exact_name_beats_a_prefix() {
        assert_eq!(Catalog.lookup("postgresql.deadlocks").name, "postgresql.deadlocks");
        assert_eq!(Catalog.lookup("httpcheck.dns.lookup.duration").name, "httpcheck.*");
    }

    #[test]
    fn what_is_used_and_what_is_felt_are_different_signals() {
        for spec in Catalog.signals().filter(|spec| spec.sharing.is_some()) {
            assert!(!spec.is_felt(), "{} would be blamed for itself", spec.name);
        }
        assert_eq!(Catalog.lookup("container.cpu.usage").uses(), Some(Mechanism::Cpu));
        assert_eq!(Catalog.lookup("container_pressure_io_waiting_seconds_total").uses(), None);
        assert!(Catalog.lookup("httpcheck.duration").is_felt());
        assert!(!Catalog.lookup("tidewatch.reports").is_felt(), "silence is told apart from pain");
    }

    #[test]
    fn an_unknown_signal_is_context() {
        assert_eq!(Catalog.lookup("acme.secret.sauce").role, Role::Context);
    }

    #[test]
    fn every_unit_is_one_that_values_can_be_converted_to() {
        for spec in Catalog.signals() {
            let unit = spec.unit.unwrap_or("1");
            let known = [("s", "ms"), ("By", "KiBy"), ("1", "%")];
            assert!(
                known.iter().any(|(to, from)| *to == unit && crate::unit::factor(from, to).is_ok()),
                "{}",
                spec.name
            );
        }
    }

    #[test]
    fn names_are_unique_and_resolutions_positive() {
        let mut seen = std::collections::BTreeSet::new();
        for spec in Catalog.signals() {
            assert!(seen.insert(spec.name), "{} stands twice", spec.name);
            assert!(spec.resolution > 0.0, "{}", spec.name);
        }
    }
}
