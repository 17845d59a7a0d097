//! How much an incident matters: a table of rules, of which the first that fits decides, and says why.

use tidewatch_schemas::incident::{Kind, Severity};
use tidewatch_schemas::{Incident, PoolId, TenantId, Timestamp};

use crate::calendar::{Calendars, Feature};

/// The severities of a fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Severities {
    /// Rules, the first that fits decides.
    pub rules: Vec<SeverityRule>,
    /// What day it is for each tenant.
    pub calendars: Calendars,
}

/// One line of the table. What is left out fits everything.
#[derive(Clone, Debug, PartialEq)]
pub struct SeverityRule {
    /// Kinds of trouble.
    pub kinds: Vec<Kind>,
    /// Pools.
    pub pools: Vec<PoolId>,
    /// Tenants, of which one must suffer; where nobody does, one must be in it.
    pub tenants: Vec<TenantId>,
    /// Names of signals, as silences have them.
    pub signals: Vec<String>,
    /// Whether people feel it.
    pub felt: Option<bool>,
    /// Tenants that suffer at least.
    pub victims: usize,
    /// What the loudest signal must be beyond at its worst, in its unit: what was promised.
    pub above: Option<f64>,
    /// What it must be below at its worst, in its unit.
    pub below: Option<f64>,
    /// Day on which it began, for one of the tenants.
    pub day: Option<DayKind>,
    /// How much it matters.
    pub severity: Severity,
    /// Why, in the words of the record.
    pub why: String,
}

/// What kind of day it is for a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// A day on which it works.
    Business,
    /// A weekend or a holiday.
    Rest,
    /// One of the last two business days of its accounting period.
    PeriodEnd,
}

impl SeverityRule {
    /// A rule that fits everything.
    #[must_use]
    pub fn always(severity: Severity, why: &str) -> Self {
        Self {
            kinds: Vec::new(),
            pools: Vec::new(),
            tenants: Vec::new(),
            signals: Vec::new(),
            felt: None,
            victims: 0,
            above: None,
            below: None,
            day: None,
            severity,
            why: why.to_owned(),
        }
    }
}

impl Severities {
    /// The table that the default configuration has.
    #[cfg(test)]
    pub fn usual() -> Self {
        let rule = SeverityRule::always;
        let rules = vec![
            SeverityRule { felt: Some(false), ..rule(Severity::Warning, "nobody feels it") },
            SeverityRule { kinds: vec![Kind::Failing], ..rule(Severity::Critical, "work fails") },
            SeverityRule { victims: 2, ..rule(Severity::Critical, "several tenants suffer") },
            rule(Severity::Error, "a tenant suffers"),
        ];
        Self { rules, calendars: Calendars::default() }
    }

    /// How much `incident` matters, and why; `felt` says whether people feel it.
    #[must_use]
    pub fn of(&self, incident: &Incident, felt: bool) -> (Severity, String) {
        let found = self.rules.iter().find(|rule| self.fits(rule, incident, felt));
        let otherwise = || (Severity::Error, "no rule says otherwise".to_owned());
        found.map_or_else(otherwise, |rule| (rule.severity, rule.why.clone()))
    }

    fn fits(&self, rule: &SeverityRule, incident: &Incident, felt: bool) -> bool {
        let concerned = if incident.victims.is_empty() { &incident.tenants } else { &incident.victims };
        let signal = incident.signal.as_str();
        let fits =
            |pattern: &String| pattern.strip_suffix('*').map_or(pattern == signal, |begin| signal.starts_with(begin));
        (rule.kinds.is_empty() || rule.kinds.contains(&incident.kind))
            && (rule.pools.is_empty() || rule.pools.contains(&incident.pool))
            && (rule.tenants.is_empty() || concerned.iter().any(|tenant| rule.tenants.contains(tenant)))
            && (rule.signals.is_empty() || rule.signals.iter().any(fits))
            && rule.felt.is_none_or(|wanted| wanted == felt)
            && incident.victims.len() >= rule.victims
            && rule.above.is_none_or(|promised| incident.actual.is_some_and(|actual| actual > promised))
            && rule.below.is_none_or(|promised| incident.actual.is_some_and(|actual| actual < promised))
            && rule.day.is_none_or(|day| concerned.iter().any(|tenant| self.is_on(tenant, incident.started_at, day)))
    }

    fn is_on(&self, tenant: &TenantId, at: Timestamp, kind: DayKind) -> bool {
        let day = self.calendars.of(tenant).day(at);
        match kind {
            DayKind::Business => !day.is_rest,
            DayKind::Rest => day.is_rest,
            DayKind::PeriodEnd => day.features.has(Feature::Last) || day.features.has(Feature::SecondLast),
        }
    }
}
