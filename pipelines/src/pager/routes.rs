//! Which channels an incident goes to.

use tidewatch_schemas::incident::{Kind, Severity};
use tidewatch_schemas::{Incident, TenantId};

/// One rule. What is left open matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Least severity.
    pub severity: Severity,
    /// Tenants: the incident has one whose name matches. `*` stands for any letters.
    pub tenants: Vec<String>,
    /// Pools; `*` stands for any letters.
    pub pools: Vec<String>,
    /// Kinds of trouble.
    pub kinds: Vec<Kind>,
    /// Steps that nobody's taking it must have escalated it by, at least.
    pub escalation: u32,
    /// Names of channels.
    pub channels: Vec<String>,
    /// Whether the routes after this one are looked at, too.
    pub goes_on: bool,
}

impl Route {
    /// Whether an incident takes the route.
    #[must_use]
    pub fn matches(&self, incident: &Incident) -> bool {
        let any = |patterns: &[String], name: &str| patterns.iter().any(|pattern| matches(pattern, name));
        let of_tenant = |tenant: &TenantId| any(&self.tenants, tenant.as_str());
        incident.severity >= self.severity
            && incident.response.escalation >= self.escalation
            && (self.tenants.is_empty() || incident.tenants.iter().any(of_tenant))
            && (self.pools.is_empty() || any(&self.pools, incident.pool.as_str()))
            && (self.kinds.is_empty() || self.kinds.contains(&incident.kind))
    }

    /// Whether every incident of severity `severity` takes it, whoever it concerns.
    #[must_use]
    pub fn takes_all(&self, severity: Severity) -> bool {
        let is_open = self.tenants.is_empty() && self.pools.is_empty() && self.kinds.is_empty() && self.escalation == 0;
        is_open && severity >= self.severity && !self.channels.is_empty()
    }
}

/// The channels of an incident: those of the first route that it matches, and of further ones while routes go on.
#[must_use]
pub fn channels<'r>(routes: &'r [Route], incident: &Incident) -> Vec<&'r str> {
    let mut found: Vec<&str> = Vec::new();
    for route in routes.iter().filter(|route| route.matches(incident)) {
        for channel in &route.channels {
            if !found.contains(&channel.as_str()) {
                found.push(channel);
            }
        }
        if !route.goes_on {
            break;
        }
    }
    found
}

/// Whether `name` is what `pattern` says, in which `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.len() >= last.len() && left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::super::ledger::tests::incident;
    use super::*;

    fn route(severity: Severity, channel: &str) -> Route {
        Route {
            severity,
            tenants: Vec::new(),
            pools: Vec::new(),
            kinds: Vec::new(),
            escalation: 0,
            channels: vec![channel.to_owned()],
            goes_on: false,
        }
    }

    #[test]
    fn stars_stand_for_any_letters() {
        for (pattern, name, expected) in [
            ("acme", "acme", true),
            ("acme", "acme2", false),
            ("*", "", true),
            ("acme-*", "acme-", true),
            ("*-eu", "acme-eu", true),
            ("a*e*", "acme", true),
            ("a*x*", "acme", false),
            ("ac*ac", "ac", false),
            ("*m*e", "acme", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_first_route_decides_unless_it_goes_on() {
        let mut loud = Route { severity: Severity::Error, ..route(Severity::Error, "phone") };
        let rest = route(Severity::Info, "chat");
        let [severe, mild] =
            [Severity::Critical, Severity::Warning].map(|severity| Incident { severity, ..incident(1) });
        assert_eq!(channels(&[loud.clone(), rest.clone()], &severe), ["phone"]);
        assert_eq!(channels(&[loud.clone(), rest.clone()], &mild), ["chat"]);
        loud.goes_on = true;
        assert_eq!(channels(&[loud, rest], &severe), ["phone", "chat"]);
        assert_eq!(channels(&[], &severe), [""; 0]);
    }

    #[test]
    fn who_is_called_when_nobody_takes_it_hears_of_nothing_else() {
        let boss = Route { escalation: 1, goes_on: true, ..route(Severity::Info, "boss") };
        let routes = [boss.clone(), route(Severity::Info, "chat")];
        let mut change = incident(1);
        assert_eq!(channels(&routes, &change), ["chat"]);
        change.response.escalation = 1;
        assert_eq!(channels(&routes, &change), ["boss", "chat"]);
        assert!(!boss.takes_all(Severity::Critical));
    }

    #[test]
    fn tenants_pools_and_kinds_narrow_a_route() {
        let of = |tenants: &[&str], pools: &[&str], kinds: &[Kind]| Route {
            tenants: tenants.iter().map(ToString::to_string).collect(),
            pools: pools.iter().map(ToString::to_string).collect(),
            kinds: kinds.to_vec(),
            ..route(Severity::Info, "chat")
        };
        let change = incident(1);
        assert!(of(&["x", "ac*"], &[], &[]).matches(&change) && of(&[], &["eu-*"], &[Kind::Slow]).matches(&change));
        assert!(!of(&["x"], &[], &[]).matches(&change) && !of(&[], &["us-*"], &[]).matches(&change));
        assert!(!of(&[], &[], &[Kind::Failing]).matches(&change));
        assert!(of(&[], &[], &[]).takes_all(Severity::Info) && !of(&["*"], &[], &[]).takes_all(Severity::Critical));
    }
}
