//! What a closed window says about a shared resource: how much of it a tenant takes, or how much a tenant suffers.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::{Harm, Mechanism, RequestPart, Scale, Sharing};
use tidewatch_schemas::{ResourceId, SeriesId, SeriesKey, SignalName, SignalSpec, TenantId, Timestamp};

use crate::signal_scale::{from_scale, to_scale};

/// How much a failing check counts beside slow ones: all of them failing is as bad as being `exp(3)` times slower.
const FAILURE_WEIGHT: f64 = 3.0;

/// What a window says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Says {
    /// How much of a resource its tenant takes.
    Takes {
        /// Of what.
        mechanism: Mechanism,
        /// Whether it is held rather than used up: it grows by itself when everything takes longer.
        is_held: bool,
        /// How much, in the signal's unit.
        amount: f64,
        /// What a season expects of it, where one is known.
        usual: Option<f64>,
        /// The smallest amount that matters.
        resolution: f64,
    },
    /// How much worse than nothing it is for its tenant, on a scale where one more is 2.7 times longer.
    Suffers {
        /// How bad it is.
        pain: f64,
        /// What a season expects of it, where one is known.
        usual: Option<f64>,
        /// Whether work fails, rather than being slow.
        is_failure: bool,
    },
    /// What requests took of time.
    Spends {
        /// Of which part.
        part: RequestPart,
        /// How much, per second.
        rate: f64,
    },
}

/// One closed window of a series that says something about sharing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The series.
    pub series: SeriesId,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its resource.
    pub resource: ResourceId,
    /// Its signal.
    pub signal: SignalName,
    /// Start of the window.
    pub at: Timestamp,
    /// What it says.
    pub says: Says,
}

impl Reading {
    /// What a window of `key` with `value`, at `at`, says; `usual` is what a season expects, on the signal's scale.
    /// `None` when it says nothing about sharing, or is no number.
    #[must_use]
    pub fn of(key: &SeriesKey, spec: &SignalSpec, (at, value): (Timestamp, f64), usual: Option<f64>) -> Option<Self> {
        if !key.tenant.is_customer() || !value.is_finite() {
            return None;
        }
        let says = match spec.sharing {
            Some(Sharing::Uses(mechanism) | Sharing::Holds(mechanism)) => {
                let is_held = matches!(spec.sharing, Some(Sharing::Holds(_)));
                let amount = value.max(0.0);
                let usual = usual.map(|usual| from_scale(spec, usual).max(0.0));
                Says::Takes { mechanism, is_held, amount, usual, resolution: least_amount(spec) }
            }
            Some(Sharing::Waits(_)) => waiting(spec, value, usual),
            None if spec.is_felt() => suffering(spec, value, usual)?,
            None => return None,
        };
        let (tenant, resource, signal) = (key.tenant.clone(), key.resource.clone(), key.signal.clone());
        Some(Self { series: key.id(), tenant, resource, signal, at, says })
    }
}

impl Reading {
    /// What a window of `key` with `value`, at `at`, says about the time of requests; `None` when it says nothing about it, or
    /// is no number.
    #[must_use]
    pub fn spent(key: &SeriesKey, spec: &SignalSpec, (at, rate): (Timestamp, f64)) -> Option<Self> {
        let part = spec.part.filter(|part| key.tenant.is_customer() || *part == RequestPart::Processor)?;
        let (tenant, resource, signal) = (key.tenant.clone(), key.resource.clone(), key.signal.clone());
        let says = Says::Spends { part, rate };
        rate.is_finite().then(|| Self { series: key.id(), tenant, resource, signal, at, says })
    }
}

/// What is added to an amount before its logarithm is taken.
fn least_amount(spec: &SignalSpec) -> f64 {
    spec.resolution.max(1e-9)
}

fn suffering(spec: &SignalSpec, value: f64, usual: Option<f64>) -> Option<Says> {
    let (weight, is_failure) = match (spec.harm, spec.scale) {
        (Harm::Rise, Scale::Logarithmic) => (1.0, false),
        (Harm::Fall, Scale::Linear) if spec.is_share => (-FAILURE_WEIGHT, true),
        _ => return None,
    };
    let pain = weight * to_scale(spec, value);
    Some(Says::Suffers { pain, usual: usual.map(|usual| weight * usual), is_failure })
}

/// Waiting for a resource is pain, whatever scale its signal is judged on: twice the wait is as bad as twice the time.
fn waiting(spec: &SignalSpec, value: f64, usual: Option<f64>) -> Says {
    let pain = |amount: f64| libm::log(amount.max(0.0) + least_amount(spec));
    Says::Suffers { pain: pain(value), usual: usual.map(|usual| pain(from_scale(spec, usual))), is_failure: false }
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::Catalog;

    use super::*;

    fn says(signal: &str, tenant: &str, value: f64) -> Option<Says> {
        let key = SeriesKey {
            pool: "eu-1".into(),
            tenant: tenant.into(),
            resource: "pg".into(),
            signal: signal.into(),
            attributes: std::collections::BTreeMap::new(),
        };
        Reading::of(&key, Catalog.lookup(signal), (Timestamp(0), value), None).map(|reading| reading.says)
    }

    #[test]
    fn use_and_pain_are_read_from_the_catalog() {
        let Some(Says::Takes { mechanism, amount, .. }) = says("container.cpu.usage", "acme", 0.7) else {
            panic!("processor time is taken")
        };
        assert_eq!((mechanism, amount), (Mechanism::Cpu, 0.7));
        let pain = |signal, value| match says(signal, "acme", value) {
            Some(Says::Suffers { pain, is_failure, .. }) => (pain, is_failure),
            other => panic!("{signal} says {other:?}"),
        };
        let (slow, fast) = (pain("synthetic.check.duration", 2.7), pain("synthetic.check.duration", 1.0));
        assert!((slow.0 - fast.0 - 1.0).abs() < 0.02 && !slow.1, "2.7 times longer is one worse");
        let (failing, fine) = (pain("synthetic.check.success", 0.0), pain("synthetic.check.success", 1.0));
        assert!(failing.0 > fine.0 && failing.1, "success that falls hurts");
        let pressure = "container_pressure_io_waiting_seconds_total";
        let (stalled, free) = (pain(pressure, 0.8), pain(pressure, 0.0));
        assert!((stalled.0 - free.0 - 17.0_f64.ln()).abs() < 1e-9 && !stalled.1, "who waits suffers");
    }

    #[test]
    fn nobody_is_blamed_for_what_all_share_or_for_what_says_nothing() {
        assert_eq!(says("container.cpu.usage", "_shared", 0.7), None);
        assert_eq!(says("postgresql.db_size", "acme", 1e9), None);
        assert_eq!(says("container.cpu.usage", "acme", f64::NAN), None);
    }
}
