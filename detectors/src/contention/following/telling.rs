//! That the work of some follows what another one takes, as a finding.

use std::collections::BTreeMap;

use tidewatch_schemas::catalog::Mechanism;
use tidewatch_schemas::finding::{Contention as Said, DetectorName, Guilt, Season, Side};
use tidewatch_schemas::{Finding, Origin, PoolId, ResourceId, SeriesKey, SignalName, TenantId, Timestamp};

use super::super::verdict::{clock, listed, taking};
use crate::number::published;

/// The signal under which such findings are published.
pub const SIGNAL: &str = "tidewatch.following";
/// How far it can be trusted, 0 to 1: it rests on work, which falls for other reasons, too.
const CONFIDENCE: f64 = 0.3;

/// A tenant whose work follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Follower {
    /// Which one.
    pub tenant: TenantId,
    /// In which signal of work.
    pub signal: SignalName,
    /// How well it falls when the other one takes more, as a correlation, 0 to 1.
    pub follows: f64,
    /// The share by which it fell when the other one came.
    pub fell: f64,
}

/// A tenant that the work of others follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// Who takes much.
    pub culprit: TenantId,
    /// Of which resource.
    pub resource: ResourceId,
    /// In which signal it shows.
    pub signal: SignalName,
    /// What of the resource.
    pub mechanism: Mechanism,
    /// When it came.
    pub came: Timestamp,
    /// End of the last minute that was looked at.
    pub until: Timestamp,
    /// Whose work follows, the best first; two at least.
    pub followers: Vec<Follower>,
}

impl Followed {
    /// How well the work that follows it best does.
    pub(super) fn best(&self) -> f64 {
        self.followers.iter().map(|follower| follower.follows).fold(0.0, f64::max)
    }

    /// As a finding of `pool`; `origin` is the newest input that was judged.
    #[must_use]
    pub fn finding(&self, pool: &PoolId, origin: &Origin) -> Finding {
        let series = SeriesKey {
            pool: pool.clone(),
            tenant: TenantId::shared(),
            resource: self.resource.clone(),
            signal: SIGNAL.into(),
            attributes: BTreeMap::new(),
        };
        let best = self.best();
        Finding {
            detector: DetectorName::Following,
            pool: pool.clone(),
            tenant: series.tenant.clone(),
            resource: series.resource.clone(),
            signal: series.signal.clone(),
            series: series.id(),
            attributes: BTreeMap::new(),
            unit: "1".to_owned(),
            since: self.came,
            window_start: self.came,
            window_end: self.until,
            actual: Some(published(best)),
            expected: 0.0,
            lower: 0.0,
            upper: 0.0,
            season: Season::Recent,
            side: Side::Above,
            channel: None,
            silence: None,
            contention: Some(Box::new(self.said())),
            score: published(best),
            share: 1.0,
            confidence: CONFIDENCE,
            summary: self.sentence(),
            origin: origin.clone(),
        }
    }

    fn said(&self) -> Said {
        let mut victims: Vec<TenantId> = self.followers.iter().map(|follower| follower.tenant.clone()).collect();
        victims.sort();
        Said {
            guilt: Guilt::Culprits,
            culprits: vec![self.culprit.clone()],
            victims,
            mechanism: Some(self.mechanism),
            signal: Some(self.signal.clone()),
            dose: 0.0,
            share: 0.0,
            follows: published(self.best()),
            began: Some(self.came),
            times: 1.0,
            fails: false,
            advice:
                "measure how slow the work of these tenants is; if it is, give the one who came less or another place"
                    .to_owned(),
        }
    }

    fn sentence(&self) -> String {
        let Self { culprit, resource, mechanism, came, followers, .. } = self;
        let names: Vec<TenantId> = followers.iter().map(|follower| follower.tenant.clone()).collect();
        let fell: Vec<String> = followers.iter().map(|each| format!("{:.0} %", each.fell * 100.0)).collect();
        let fell = fell.join(" and ");
        format!(
            "{culprit} takes much of {} of {resource} since {}; the work of {} fell by {fell} when it came and falls whenever it takes more; how slow work \
             is, nobody measures, and less work can be less demand; confidence low",
            taking(*mechanism),
            clock(*came),
            listed(&names),
        )
    }
}
