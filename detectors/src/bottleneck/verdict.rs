//! What the excess of an incident's tenants comes to.

use std::collections::BTreeMap;

use tidewatch_schemas::TenantId;
use tidewatch_schemas::incident::{Bottleneck, BottleneckKind};

use super::profile::{Excess, Profile};
use crate::number::published;

/// Least excess per step that means anything: a share of what is usual of these tenants, and of one worker.
const LEAST_SHARE: f64 = 0.3;
const LEAST_WORKERS: f64 = 0.05;
/// Part of the time outside of queries that processors must have worked more, for it to be computing rather than waiting.
const COMPUTED: f64 = 0.25;

/// What one server says about an incident.
struct Said {
    excess: Excess,
    /// Tenants of the server whose requests take longer outside of queries, and all that are known.
    slowed: usize,
    known: usize,
    /// Seconds of processors beyond usual; `None` where nobody reports them.
    processor: Option<f64>,
}

/// The bottleneck of `tenants` from the step `since` on, by the server on which most time is lost.
pub(super) fn verdict<'s>(
    servers: impl Iterator<Item = (&'s BTreeMap<TenantId, Profile>, &'s Profile)>,
    tenants: &[TenantId],
    since: i64,
) -> Option<Bottleneck> {
    let said = servers.filter_map(|server| said(server, tenants, since));
    said.max_by(|one, other| one.excess.total().total_cmp(&other.excess.total())).map(|said| told(&said))
}

fn said(
    (profiles, processor): (&BTreeMap<TenantId, Profile>, &Profile),
    tenants: &[TenantId],
    since: i64,
) -> Option<Said> {
    let (mut excess, mut usual, mut lasted) = (Excess::default(), 0.0, 0);
    for profile in tenants.iter().filter_map(|tenant| profiles.get(tenant)) {
        let (of_tenant, steps) = profile.excess_since(since);
        excess.add(&of_tenant);
        usual += profile.usual().whole;
        lasted = steps.max(lasted);
    }
    let per_step = excess.total() / f64::from(lasted.max(1));
    if per_step < LEAST_WORKERS.max(LEAST_SHARE * usual) {
        return None;
    }
    let is_slowed = |profile: &&Profile| {
        let (of_tenant, steps) = profile.excess_since(since);
        of_tenant.slow > LEAST_SHARE * profile.usual().rest() * f64::from(steps.max(1))
    };
    let reports = processor.usual().processor > 0.0;
    Some(Said {
        excess,
        slowed: profiles.values().filter(is_slowed).count(),
        known: profiles.len(),
        processor: reports.then(|| processor.excess_since(since).0.processor),
    })
}

fn told(said: &Said) -> Bottleneck {
    let Said { excess, slowed, known, processor } = said;
    let total = excess.total();
    let percent = |part: f64| (part / total * 100.0).round();
    let (data, rest) = (excess.data, excess.load + excess.slow);
    if data >= rest {
        let reason = format!("{} % of the time that requests take beyond usual goes into queries", percent(data));
        return Bottleneck { kind: BottleneckKind::Data, share: published(data / total), reason };
    }
    let (kind, reason) = if excess.load >= excess.slow {
        let of = percent(excess.load);
        (BottleneckKind::Compute, format!("more requests than usual hold the workers: {of} % of the time beyond usual"))
    } else {
        let of = percent(excess.slow);
        let outside = format!("{of} % of the time that requests take beyond usual is spent outside of queries");
        let is_shared = *slowed >= 2 && slowed * 2 >= *known;
        match processor {
            Some(worked) if *worked < COMPUTED * excess.slow => {
                (BottleneckKind::Integration, format!("{outside}, and the processors do no more than usual"))
            }
            _ if is_shared => (BottleneckKind::Compute, format!("{outside}, for {slowed} of {known} tenants")),
            _ => (BottleneckKind::Application, format!("{outside}, and not for the other tenants")),
        }
    };
    Bottleneck { kind, share: published(rest / total), reason }
}
