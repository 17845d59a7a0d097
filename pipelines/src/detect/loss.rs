//! Input that can never be judged, because it was gone before it was read, or because what had been learned is lost:
//! an incident of its own, so that nobody believes that all was quiet.
//!
//! The gap is known when reading begins; the incident is opened by the first record after it, whose time it takes, and
//! resolved when records have come for the resolve time. From the commit of the gap on it is a function of the log.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Kind, Severity, State};
use tidewatch_schemas::series::IdHash;
use tidewatch_schemas::{Incident, IncidentId, PoolId, Response, TenantId, Timestamp};

use super::outgoing::Output;
use super::processor::ProcessorError;
use super::stored;
use crate::state::{Batch, Family, StateStore};

const LOSSES: &[u8] = b"losses";
const SIGNAL: &str = "tidewatch.input.lost";
/// Pool of a loss that concerns several pools.
const SEVERAL_POOLS: &str = "_several";

/// Why a part of the input is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// The topic's retention deleted records that were not read yet.
    Deleted,
    /// The topic ends before the record to be read next: it lost its end, or was made anew.
    CutOff,
    /// The state is lost, and the records that it came from are not all there any more.
    Unlearned,
}

/// A part of the input that is not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Topic of the input.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// First offset that is missing.
    pub from: i64,
    /// Offset after the last one that is missing.
    pub to: i64,
    /// Where reading goes on.
    pub resume: i64,
    /// Why.
    pub missing: Missing,
}

/// Losses whose incidents are not over.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    open: Vec<Loss>,
    changed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Loss {
    gap: Gap,
    incident: Option<Incident>,
}

impl Losses {
    pub fn open(store: &dyn StateStore) -> Result<Self, ProcessorError> {
        let bytes = store.get(Family::Meta, LOSSES)?;
        let open = bytes.map(|bytes| stored::decode("the losses of a partition", &bytes)).transpose()?;
        Ok(Self { open: open.unwrap_or_default(), changed: false })
    }

    pub fn write(&mut self, batch: &mut Batch) -> Result<(), ProcessorError> {
        if std::mem::take(&mut self.changed) {
            batch.put(Family::Meta, LOSSES.to_vec(), stored::encode(&self.open)?);
        }
        Ok(())
    }

    /// Takes over the losses of another partition.
    pub fn take_over(&mut self, other: Self) {
        self.changed |= !other.open.is_empty();
        self.open.extend(other.open);
    }

    pub fn add(&mut self, gap: &Gap) {
        self.open.push(Loss { gap: gap.clone(), incident: None });
        self.changed = true;
    }

    /// Takes note that a record of the time `now` was judged. `concerned` tells the pool, when it is only one, and the
    /// tenants of the partition.
    pub fn pass(
        &mut self,
        now: Timestamp,
        resolve_after_ms: i64,
        concerned: impl FnOnce() -> (Option<PoolId>, Vec<TenantId>),
    ) -> Vec<Output> {
        if self.open.is_empty() {
            return Vec::new();
        }
        let (pool, tenants) = concerned();
        let mut outputs = Vec::new();
        for loss in &mut self.open {
            let revised = match &mut loss.incident {
                None => Some(loss.incident.insert(opened(&loss.gap, now, (pool.as_ref(), &tenants)))),
                Some(incident) if now - incident.opened_at >= resolve_after_ms => {
                    resolve(incident, now);
                    Some(incident)
                }
                Some(_) => None,
            };
            outputs.extend(revised.map(|incident| Output::Incident(Box::new(incident.clone()))));
        }
        self.changed |= !outputs.is_empty();
        self.open.retain(|loss| loss.incident.as_ref().is_none_or(|incident| incident.state != State::Resolved));
        outputs
    }
}

fn opened(gap: &Gap, now: Timestamp, (pool, tenants): (Option<&PoolId>, &[TenantId])) -> Incident {
    Incident {
        incident_id: identity(gap),
        revision: 1,
        state: State::Open,
        kind: Kind::DataLoss,
        severity: Severity::Error,
        severity_reason: "nobody watched".to_owned(),
        pool: pool.cloned().unwrap_or_else(|| SEVERAL_POOLS.into()),
        resource: Some(place(gap).as_str().into()),
        tenants: tenants.to_vec(),
        victims: Vec::new(),
        culprits: Vec::new(),
        started_at: now,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        summary: summary(gap),
        signal: SIGNAL.into(),
        expected: 0.0,
        actual: Some((gap.to - gap.from) as f64),
        unit: "{record}".to_owned(),
        season: Season::Recent,
        confidence: 1.0,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "data-loss".to_owned(),
        evidence: Vec::new(),
        findings: 0,
        response: Response::default(),
    }
}

fn resolve(incident: &mut Incident, now: Timestamp) {
    incident.revision += 1;
    incident.state = State::Resolved;
    incident.updated_at = now;
    incident.resolved_at = Some(now);
}

fn identity(gap: &Gap) -> IncidentId {
    let mut hash = IdHash::new("tidewatch data loss 1");
    hash.field(&place(gap));
    hash.field(&gap.from.to_string());
    hash.field(&gap.to.to_string());
    IncidentId(hash.finish())
}

fn place(gap: &Gap) -> String {
    format!("{}/{}", gap.topic, gap.partition)
}

/// The gap in one sentence, with its ends and an estimate of its size: offsets that never held a record count as well.
fn summary(gap: &Gap) -> String {
    let Gap { topic, partition, from, to, .. } = gap;
    let records = to - from;
    let place = format!("{topic}, partition {partition}");
    match gap.missing {
        Missing::Deleted => format!(
            "nobody watched: about {records} records of {place} (offsets {from} to {to}) were deleted before they were \
             judged; lengthen the retention of the topic, or give detection more machines"
        ),
        Missing::CutOff => format!(
            "nobody watched: {place} ends at offset {from}, and offset {to} is to be read next: the topic was made anew, \
             or lost about {records} records with a broker; what comes is judged from its beginning"
        ),
        Missing::Unlearned => format!(
            "what was learned of {place} is lost and is learned anew: about {records} records (offsets {from} to {to}) that it \
             came from are not there any more"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap() -> Gap {
        Gap { topic: "t".into(), partition: 3, from: 10, to: 40, resume: 40, missing: Missing::Deleted }
    }

    fn incidents(outputs: Vec<Output>) -> Vec<Incident> {
        let incident = |output| match output {
            Output::Incident(incident) => *incident,
            other => panic!("{other:?}"),
        };
        outputs.into_iter().map(incident).collect()
    }

    #[test]
    fn a_loss_opens_with_the_first_record_and_is_resolved_once() {
        let mut losses = Losses::default();
        losses.add(&gap());
        let concerned = || (None, vec![TenantId::from("acme")]);
        let opened = incidents(losses.pass(Timestamp(1_000), 500, concerned));
        assert_eq!((opened.len(), opened[0].kind, opened[0].state), (1, Kind::DataLoss, State::Open));
        assert_eq!((opened[0].actual, opened[0].opened_at), (Some(30.0), Timestamp(1_000)));
        assert!(opened[0].summary.contains("offsets 10 to 40"), "{}", opened[0].summary);
        assert!(losses.pass(Timestamp(1_400), 500, concerned).is_empty(), "nothing changes meanwhile");
        let resolved = incidents(losses.pass(Timestamp(1_500), 500, concerned));
        assert_eq!((resolved[0].revision, resolved[0].state), (2, State::Resolved));
        assert_eq!(resolved[0].incident_id, opened[0].incident_id);
        assert!(losses.pass(Timestamp(9_000), 500, concerned).is_empty(), "it is over");
    }

    #[test]
    fn losses_outlive_a_restart() {
        let mut losses = Losses::default();
        losses.add(&gap());
        losses.pass(Timestamp(1_000), 500, || (None, Vec::new()));
        let mut store = crate::state::MemoryStore::default();
        let mut batch = Batch::default();
        losses.write(&mut batch).unwrap();
        store.write(&batch).unwrap();
        let mut restored = Losses::open(&store).unwrap();
        assert_eq!(restored.open, losses.open);
        assert_eq!(restored.pass(Timestamp(1_500), 500, || (None, Vec::new())).len(), 1);
    }
}
