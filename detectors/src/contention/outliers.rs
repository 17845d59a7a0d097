//! Tenants that are worse than their peers all the time, which no baseline of their own can show: to itself, what was always
//! slow is usual.
//!
//! Peers are the tenants of one class. What is compared is how slow the same signal usually is for each, on a logarithmic
//! scale, once an hour; what is told has lasted for a day. Median and median deviation do not move when tenants come, go or are
//! outliers themselves. A tenant is told of once, and again only after it was like the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::{DetectorName, Season, Side};
use tidewatch_schemas::{Catalog, Finding, Origin, PoolId, SeriesKey, SignalName, TenantId, Timestamp};

use super::peers::{NORMAL, median};
use super::state::State;
use crate::number::published;
use crate::signal_scale::from_scale;
use crate::wording;

/// The resource of such a finding: it is about no resource in particular.
pub const RESOURCE: &str = "_peers";
/// Time between two comparisons, in milliseconds.
const EVERY_MS: i64 = 3_600_000;
/// How long a tenant is an outlier before it is told, in milliseconds.
const LASTS_MS: i64 = 86_400_000;
/// Fewest tenants of a class that tell anything.
const FEWEST: usize = 5;
/// Least distance from the median, in robust deviations of the class.
const FAR: f64 = 3.5;
/// Least deviation of a class: tenants that are within a quarter of each other are alike.
const LEAST_SPREAD: f64 = 0.25;
/// Twice as slow as the median begins it, half as slow again ends it.
const BEGINS: f64 = std::f64::consts::LN_2;
const ENDS: f64 = 0.405;

/// What is remembered of outliers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outliers {
    /// When tenants were compared last.
    compared: Option<Timestamp>,
    /// Signal and tenant by number: since when, and whether it was told.
    known: BTreeMap<(u32, u32), (Timestamp, bool)>,
}

/// A tenant that is worse than its peers.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlier {
    /// Whose.
    pub tenant: TenantId,
    /// In which signal.
    pub signal: SignalName,
    /// The class that it is compared with; empty for those without one.
    pub class: Arc<str>,
    /// How many others are in it.
    pub others: usize,
    /// What is usual for the tenant, and in the middle of the class, in the signal's unit.
    pub usual: (f64, f64),
    /// The ends of what is ordinary in the class.
    pub ordinary: (f64, f64),
    /// Distance from the median in robust deviations.
    pub distance: f64,
    /// Since when.
    pub since: Timestamp,
    /// When it was told.
    pub at: Timestamp,
}

impl State {
    /// Compares tenants that are of one class, when that is due at `now`.
    pub fn outliers(&mut self, now: Timestamp, class_of: impl Fn(&TenantId) -> Arc<str>) -> Vec<Outlier> {
        if self.outliers.compared.is_some_and(|at| now - at < EVERY_MS) {
            return Vec::new();
        }
        self.outliers.compared = Some(now);
        let mut told = Vec::new();
        let signals: Vec<(SignalName, u32)> =
            self.slow_signals().map(|(name, number)| (name.clone(), number)).collect();
        for (signal, number) in signals {
            let mut classes: BTreeMap<Arc<str>, Vec<(u32, f64)>> = BTreeMap::new();
            for (tenant, level) in self.levels(number) {
                let Some(id) = self.tenant_named(tenant) else { continue };
                classes.entry(class_of(id)).or_default().push((tenant, level));
            }
            for (class, members) in classes {
                told.extend(self.compare((&signal, number), (&class, &members), now));
            }
        }
        told
    }

    fn compare(
        &mut self,
        (signal, number): (&SignalName, u32),
        (class, members): (&Arc<str>, &[(u32, f64)]),
        now: Timestamp,
    ) -> Vec<Outlier> {
        if members.len() < FEWEST {
            return Vec::new();
        }
        let middle = median(members.iter().map(|(_, level)| *level).collect());
        let spread = NORMAL * median(members.iter().map(|(_, level)| (level - middle).abs()).collect());
        let spread = spread.max(LEAST_SPREAD);
        let mut told = Vec::new();
        for (tenant, level) in members {
            let (key, above) = ((number, *tenant), level - middle);
            let is_outlier = above >= BEGINS && above >= FAR * spread;
            if above < ENDS || !is_outlier && self.outliers.known.get(&key).is_some_and(|(_, told)| !told) {
                self.outliers.known.remove(&key);
            }
            if !is_outlier {
                continue;
            }
            let (since, was_told) = self.outliers.known.entry(key).or_insert((now, false));
            if *was_told || now - *since < LASTS_MS {
                continue;
            }
            *was_told = true;
            let since = *since;
            let Some(id) = self.tenant_named(*tenant) else { continue };
            let spec = Catalog.lookup(signal.as_str());
            let in_unit = |level: f64| from_scale(spec, level);
            told.push(Outlier {
                tenant: id.clone(),
                signal: signal.clone(),
                class: Arc::clone(class),
                others: members.len() - 1,
                usual: (in_unit(*level), in_unit(middle)),
                ordinary: (in_unit(middle - FAR * spread), in_unit(middle + FAR * spread)),
                distance: above / spread,
                since,
                at: now,
            });
        }
        told
    }
}

impl Outlier {
    /// As a finding of `pool`; `origin` is the newest input that was judged.
    #[must_use]
    pub fn finding(&self, pool: &PoolId, origin: &Origin) -> Finding {
        let series = SeriesKey {
            pool: pool.clone(),
            tenant: self.tenant.clone(),
            resource: RESOURCE.into(),
            signal: self.signal.clone(),
            attributes: BTreeMap::new(),
        };
        Finding {
            detector: DetectorName::Peers,
            pool: pool.clone(),
            tenant: series.tenant.clone(),
            resource: series.resource.clone(),
            signal: series.signal.clone(),
            series: series.id(),
            attributes: BTreeMap::new(),
            unit: "s".to_owned(),
            since: self.since,
            window_start: self.at + -EVERY_MS,
            window_end: self.at,
            actual: Some(published(self.usual.0)),
            expected: published(self.usual.1),
            lower: published(self.ordinary.0),
            upper: published(self.ordinary.1),
            season: Season::Recent,
            side: Side::Above,
            channel: None,
            silence: None,
            contention: None,
            score: published(self.distance),
            share: 1.0,
            confidence: 0.9,
            summary: self.sentence(),
            origin: origin.clone(),
        }
    }

    fn sentence(&self) -> String {
        let Self { tenant, signal, class, others, usual: (own, middle), .. } = self;
        let (own, middle) = (wording::quantity(*own, "s"), wording::quantity(*middle, "s"));
        let class = if class.is_empty() { String::new() } else { format!(" of class {class}") };
        format!(
            "{tenant} is always slower than its peers: {signal} is usually {own}, and {middle} in the middle of {others} others{class}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Contention, Reading, Says};
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// A pool in which each tenant usually takes so many seconds, and everything that was told in `hours`.
    fn told(usual: &[(&str, f64)], hours: i64, class_of: fn(&TenantId) -> Arc<str>) -> Vec<Outlier> {
        let (how, mut state, mut told) = (Contention::new(60_000, 0, 1 << 40), State::default(), Vec::new());
        for minute in 0..hours * 60 {
            let at = Timestamp(minute * 60_000);
            for (number, (tenant, seconds)) in (0..).zip(usual) {
                let moves = 1.0 + 0.05 * f64::from(u8::try_from((minute + 3 * number) % 7).unwrap());
                told_reading(&how, &mut state, (tenant, at), seconds * moves);
            }
            how.advance(&mut state, at);
            told.extend(state.outliers(at, class_of));
        }
        told
    }

    fn told_reading(how: &Contention, state: &mut State, (tenant, at): (&str, Timestamp), seconds: f64) {
        let signal = "synthetic.check.duration";
        let key = SeriesKey {
            pool: "eu-1".into(),
            tenant: tenant.into(),
            resource: "odoo".into(),
            signal: signal.into(),
            attributes: BTreeMap::new(),
        };
        let reading = Reading::of(&key, Catalog.lookup(signal), (at, seconds), None).expect("it is felt");
        assert!(matches!(reading.says, Says::Suffers { .. }));
        how.absorb(state, &reading);
    }

    fn one(_: &TenantId) -> Arc<str> {
        "".into()
    }

    const ALIKE: [(&str, f64); 6] = [("a", 0.2), ("b", 0.25), ("c", 0.3), ("d", 0.22), ("e", 0.28), ("f", 0.24)];

    #[test]
    fn who_is_far_from_its_peers_for_a_day_is_told_once() {
        let mut all = ALIKE.to_vec();
        all.push(("slow", 1.5));
        let told = told(&all, 60, one);
        assert_eq!(told.len(), 1, "{told:?}");
        let found = &told[0];
        assert_eq!((found.tenant.as_str(), found.others), ("slow", 6));
        assert!(found.at.0 >= 24 * HOUR && found.at.0 <= 26 * HOUR, "{found:?}");
        assert!((found.usual.0 / found.usual.1 - 6.0).abs() < 1.0, "{found:?}");
        let origin = Origin { topic: "t".into(), partition: 0, offset: 1, index: 0 };
        let finding = found.finding(&"eu-1".into(), &origin);
        assert!(finding.summary.starts_with("slow is always slower than its peers"), "{}", finding.summary);
    }

    #[test]
    fn those_that_are_alike_and_those_that_are_too_few_are_not() {
        assert_eq!(told(&ALIKE, 60, one), []);
        assert_eq!(told(&[("a", 0.2), ("b", 0.25), ("c", 0.3), ("slow", 3.0)], 60, one), []);
        assert_eq!(told(&[("a", 0.2), ("b", 0.25), ("c", 0.3), ("d", 0.22), ("e", 0.28), ("fast", 0.01)], 60, one), []);
    }

    #[test]
    fn only_those_of_one_class_are_compared() {
        let by_size = |tenant: &TenantId| Arc::from(if tenant.as_str().starts_with("big") { "big" } else { "small" });
        let mut all = ALIKE.to_vec();
        let big = [("big-a", 2.0), ("big-b", 2.5), ("big-c", 3.0), ("big-d", 2.2), ("big-e", 2.8)];
        all.extend(big);
        assert_eq!(told(&all, 60, by_size), []);
        all.push(("big-slow", 20.0));
        let told = told(&all, 60, by_size);
        assert_eq!(told.len(), 1);
        assert_eq!((&*told[0].class, told[0].tenant.as_str()), ("big", "big-slow"));
    }

    #[test]
    fn joiners_and_leavers_do_not_make_one_an_outlier() {
        let (how, mut state) = (Contention::new(60_000, 0, 1 << 40), State::default());
        for minute in 0..72 * 60_i64 {
            let at = Timestamp(minute * 60_000);
            for (tenant, seconds) in ALIKE.iter().take(if minute < 36 * 60 { 6 } else { 5 }) {
                told_reading(&how, &mut state, (tenant, at), *seconds);
            }
            if minute > 30 * 60 {
                told_reading(&how, &mut state, ("new", at), 0.26);
            }
            how.advance(&mut state, at);
            assert_eq!(state.outliers(at, one), [], "minute {minute}");
        }
    }
}
