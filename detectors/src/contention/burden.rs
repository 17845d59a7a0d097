//! What victims bear while somebody is named: how much longer their workers are held than they would be.

use tidewatch_schemas::catalog::Mechanism;
use tidewatch_schemas::{ResourceId, TenantId};

use super::state::State;
use super::usage::{Kind, Use};
use super::verdict::Cause;

/// What one victim bears in the step that was judged last.
#[derive(Clone, Debug, PartialEq)]
pub struct Burden {
    /// Who suffers.
    pub victim: TenantId,
    /// Because of whom.
    pub culprits: Vec<TenantId>,
    /// On which resource.
    pub resource: ResourceId,
    /// Workers that are held by nothing but waiting, in seconds per second.
    pub lost: f64,
}

impl State {
    /// What is borne at present, in the order of the verdicts and of the tenants. Nothing of those whose worker time nobody
    /// reports, of those whose work fails at once, and of culprits.
    #[must_use]
    pub fn burdens(&self) -> Vec<Burden> {
        let mut burdens = Vec::new();
        for (verdict, victims) in self.named() {
            let Cause::Culprits(blame) = &verdict.cause else { continue };
            for number in victims {
                let Some(tenant) = self.tenants.get(*number as usize) else { continue };
                let lost = self.waited_of(*number);
                if lost > 0.0 && !blame.culprits.contains(&tenant.id) {
                    let (victim, culprits) = (tenant.id.clone(), blame.culprits.clone());
                    burdens.push(Burden { victim, culprits, resource: blame.resource.clone(), lost });
                }
            }
        }
        burdens
    }

    /// Workers that a tenant's requests held by nothing but waiting, in seconds per second.
    fn waited_of(&self, tenant: u32) -> f64 {
        let of_workers = |kind: &Kind| kind.is_held && kind.mechanism == Mechanism::Workers;
        let measures = self.measures.iter().filter(|measure| of_workers(&measure.kind));
        measures.filter_map(|measure| measure.uses.get(&tenant)).map(Use::waited).sum()
    }
}
