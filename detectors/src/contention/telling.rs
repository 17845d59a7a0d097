//! A verdict as a finding: its numbers and its sentence, in the form in which findings are published and grouped.

use std::collections::BTreeMap;

use tidewatch_schemas::catalog::Mechanism;
use tidewatch_schemas::finding::{Contention as Said, DetectorName, Guilt, Season, Side};
use tidewatch_schemas::{Finding, Origin, PoolId, SeriesKey, TenantId};

use super::verdict::{Cause, Verdict};
use crate::number::published;

/// The signal under which verdicts are published.
pub const SIGNAL: &str = "tidewatch.contention";

impl Verdict {
    /// The verdict about tenants of `pool` as a finding; `origin` is the newest input that was judged.
    #[must_use]
    pub fn finding(&self, pool: &PoolId, origin: &Origin) -> Finding {
        let said = self.said();
        let series = series(pool, self);
        let (window_start, window_end) = self.window;
        let odds = self.confidence.clamp(0.5, 0.99);
        Finding {
            detector: DetectorName::Contention,
            pool: pool.clone(),
            tenant: series.tenant.clone(),
            resource: series.resource.clone(),
            signal: series.signal.clone(),
            series: series.id(),
            attributes: series.attributes,
            unit: "1".to_owned(),
            since: self.since,
            window_start,
            window_end,
            actual: Some(published(self.times)),
            expected: 1.0,
            lower: 1.0,
            upper: 1.0,
            season: Season::Recent,
            side: Side::Above,
            channel: None,
            silence: None,
            contention: Some(Box::new(said)),
            score: published(libm::log(odds / (1.0 - odds))),
            share: 1.0,
            confidence: published(self.confidence),
            summary: self.sentence(),
            origin: origin.clone(),
        }
    }

    fn said(&self) -> Said {
        let (guilt, blame) = match &self.cause {
            Cause::Culprits(blame) => (Guilt::Culprits, Some(blame)),
            Cause::Collective { .. } => (Guilt::Collective, None),
            Cause::Nobody => (Guilt::Nobody, None),
        };
        let number = |of: fn(&super::Blame) -> f64| blame.map_or(0.0, |blame| published(of(blame)));
        Said {
            guilt,
            culprits: blame.map(|blame| blame.culprits.clone()).unwrap_or_default(),
            victims: self.victims.clone(),
            mechanism: blame.map(|blame| blame.mechanism),
            signal: blame.map(|blame| blame.signal.clone()),
            dose: number(|blame| blame.dose),
            share: number(|blame| blame.share),
            follows: number(|blame| blame.follows),
            began: blame.map(|blame| blame.began),
            times: published(self.times),
            fails: self.fails,
            advice: blame.map_or(String::new(), |blame| blame.advice().to_owned()),
        }
    }
}

/// What is shared: the resource where one is blamed, else the pool.
fn series(pool: &PoolId, verdict: &Verdict) -> SeriesKey {
    let (resource, mechanism) = match &verdict.cause {
        Cause::Culprits(blame) => (blame.resource.clone(), name(blame.mechanism)),
        Cause::Collective { .. } | Cause::Nobody => (pool.as_str().into(), "none"),
    };
    let attributes = BTreeMap::from([("mechanism".to_owned(), mechanism.to_owned())]);
    SeriesKey { pool: pool.clone(), tenant: TenantId::shared(), resource, signal: SIGNAL.into(), attributes }
}

fn name(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Cpu => "cpu",
        Mechanism::Io => "io",
        Mechanism::Locks => "locks",
        Mechanism::Connections => "connections",
        Mechanism::Workers => "workers",
        Mechanism::Memory => "memory",
        Mechanism::Network => "network",
    }
}
