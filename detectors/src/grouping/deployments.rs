//! Deployments, and the trouble that follows them.
//!
//! Whoever deploys says so: an observation of the signal `deployment`, of a tenant or of what all share. Trouble that begins
//! within a quarter of an hour after one, of the tenant or on the resource that was deployed, tells of it. And what is rolled
//! out to one tenant after the other has one cause: trouble after the same deployment is one incident, also where it does not
//! begin together.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::incident::Deployment;
use tidewatch_schemas::observation::Temporality;
use tidewatch_schemas::{Observation, ResourceId, TenantId, Timestamp, Value};

/// The signal of a deployment.
pub const SIGNAL: &str = "deployment";
/// How long after a deployment trouble begins that may be of its making, in milliseconds.
const AFTER_MS: i64 = 15 * 60_000;
/// How far before it a window may begin that does not fit because of it, in milliseconds.
const BEFORE_MS: i64 = 60_000;
/// Most deployments of one pool that are remembered; the oldest gives way.
const MOST: usize = 64;
/// Longest name of a deployment, in characters.
const MOST_NAME: usize = 80;
/// Attributes that may name one; the first that is there does.
const NAMES: [&str; 6] =
    ["deployment.name", "service.version", "version", "vcs.ref.head.revision", "deployment.id", "module"];

/// The latest deployments of a pool, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deployments(Vec<Deployment>);

/// What an observation says of a deployment; `None` where it says nothing of one. Only what counts since the report before can
/// say that one happened: a level, or a total since a start, is said again and again.
#[must_use]
pub fn deployment(observation: &Observation, at: Timestamp) -> Option<Deployment> {
    let series = &observation.series;
    let Value::Sum(sum) = &observation.value else { return None };
    let happened = sum.temporality == Temporality::Delta && sum.value > 0.0;
    if series.signal.as_str() != SIGNAL || !happened {
        return None;
    }
    let name = NAMES.iter().find_map(|name| series.attributes.get(*name));
    let name = name.map_or(String::new(), |name| name.chars().take(MOST_NAME).collect());
    Some(Deployment { at, name, tenant: series.tenant.clone(), resource: series.resource.clone() })
}

impl Deployments {
    /// Takes note of a deployment.
    pub fn add(&mut self, deployment: Deployment) {
        let place = self.0.partition_point(|known| known.at <= deployment.at);
        if !self.0.contains(&deployment) {
            self.0.insert(place, deployment);
        }
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// The latest deployment that trouble of these tenants on these resources, which began at `began`, may come from.
    pub fn before(&self, began: Timestamp, tenants: &[TenantId], resources: &[&ResourceId]) -> Option<&Deployment> {
        let is_near = |at: Timestamp| (-BEFORE_MS..=AFTER_MS).contains(&(began - at));
        let concerns = |deployment: &&Deployment| {
            if deployment.tenant.is_customer() {
                return tenants.contains(&deployment.tenant);
            }
            resources.contains(&&deployment.resource)
        };
        self.0.iter().rev().filter(|deployment| is_near(deployment.at)).find(concerns)
    }
}

/// Whether two deployments are of the same thing: what is rolled out to one tenant after the other has one name.
#[must_use]
pub fn is_same(one: &Deployment, other: &Deployment) -> bool {
    one == other || (!one.name.is_empty() && (&one.name, &one.resource) == (&other.name, &other.resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tenant: &str, resource: &str, second: i64) -> Deployment {
        let at = Timestamp(second * 1_000);
        Deployment { at, name: "17.0.3".to_owned(), tenant: tenant.into(), resource: resource.into() }
    }

    fn found(deployments: &Deployments, second: i64, tenant: &str, resource: &str) -> Option<i64> {
        let found = deployments.before(Timestamp(second * 1_000), &[tenant.into()], &[&resource.into()]);
        found.map(|found| found.at.0 / 1_000)
    }

    #[test]
    fn trouble_follows_the_latest_deployment_of_its_tenant_or_resource_for_a_quarter_of_an_hour() {
        let mut deployments = Deployments::default();
        let all = [of("acme", "odoo-web", 1_000), of("_shared", "pg-main", 1_200), of("acme", "odoo-web", 2_000)];
        all.into_iter().rev().for_each(|each| deployments.add(each));
        let cases = [
            ("before any", 900, "acme", "odoo-web", None),
            ("in the window of it", 950, "acme", "odoo-web", Some(1_000)),
            ("a moment later, somewhere else", 1_010, "acme", "elsewhere", Some(1_000)),
            ("of another tenant", 1_010, "delta", "odoo-web", None),
            ("on what is shared", 1_300, "delta", "pg-main", Some(1_200)),
            ("the latest", 2_100, "acme", "pg-main", Some(2_000)),
            ("the last moment", 2_900, "acme", "odoo-web", Some(2_000)),
            ("too late", 2_901, "acme", "odoo-web", None),
        ];
        for (case, second, tenant, resource, expected) in cases {
            assert_eq!(found(&deployments, second, tenant, resource), expected, "{case}");
        }
    }

    #[test]
    fn only_so_many_are_remembered_and_each_once() {
        let mut deployments = Deployments::default();
        (0..100).for_each(|second| deployments.add(of("acme", "odoo-web", second)));
        (0..100).for_each(|_| deployments.add(of("acme", "odoo-web", 99)));
        assert_eq!((deployments.0.len(), deployments.0[0].at), (MOST, Timestamp(36_000)));
    }
}
