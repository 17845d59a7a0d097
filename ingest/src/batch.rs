//! What one record becomes: envelopes by pool, rejects, and counts, all of them bounded.

use std::collections::{BTreeMap, HashMap};

use tidewatch_schemas::observation::Value;
use tidewatch_schemas::{
    Content, Envelope, Observation, Origin, PoolId, Reject, RejectReason, ResourceId, SeriesKey, TenantId, Timestamp,
    Verdict,
};

use crate::outcome;
use crate::point::{self, Refusal};
use crate::record::SourceRecord;
use crate::settings::Limits;
use crate::signal::Signal;
use crate::value;

/// Most observations of an envelope, and the size that ends one earlier: brokers take a megabyte by default.
const ENVELOPE_OBSERVATIONS: usize = 500;
const ENVELOPE_BYTES: usize = 256 * 1024;
/// Rejects of a record that are told one by one.
const REJECTS: usize = 100;

/// What one record became.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handled {
    /// Its observations, by pool and numbered from 0 in this order.
    pub envelopes: Vec<Envelope>,
    /// What was refused of it.
    pub rejects: Vec<Reject>,
    /// Observations whose agent's clock was too far ahead and which carry the latest allowed time instead.
    pub clamped: u64,
    /// Observations that no rule could assign to a tenant.
    pub unassigned: u64,
}

impl Handled {
    /// The records for `tidewatch.observations`: its observations, then what was refused.
    #[must_use]
    pub fn into_envelopes(self) -> Vec<Envelope> {
        self.envelopes.into_iter().chain(Envelope::of_rejects(self.rejects)).collect()
    }
}

/// A point as a decoder hands it over.
pub(crate) struct Draft<'a> {
    pub(crate) signal: &'a Signal,
    pub(crate) pool: PoolId,
    pub(crate) tenant: TenantId,
    pub(crate) resource: ResourceId,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) at: Timestamp,
    pub(crate) value: Value,
}

/// Observations of one pool that will be one envelope.
struct Group {
    pool: PoolId,
    observations: Vec<Observation>,
    bytes: usize,
}

/// Collects what one record becomes.
pub(crate) struct Batch<'a> {
    record: SourceRecord<'a>,
    limits: Limits,
    groups: Vec<Group>,
    said: Option<Verdict>,
    /// The group of each pool that still has room.
    open: HashMap<PoolId, usize>,
    rejects: Vec<Reject>,
    folded: BTreeMap<RejectReason, Reject>,
    clamped: u64,
    unassigned: u64,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(record: SourceRecord<'a>, limits: Limits) -> Self {
        Self {
            record,
            limits,
            groups: Vec::new(),
            said: None,
            open: HashMap::new(),
            rejects: Vec::new(),
            folded: BTreeMap::new(),
            clamped: 0,
            unassigned: 0,
        }
    }

    /// Takes a point, or says why not.
    pub(crate) fn admit(&mut self, draft: Draft<'_>) -> Result<(), Refusal> {
        let factor = draft.signal.factor.clone()?;
        let time = point::event_time(draft.at, self.record.received, self.limits.future_ms)?;
        let value = value::begun(value::scaled(draft.value, factor), draft.at, time.at);
        value::verify(&value)?;
        self.clamped += u64::from(time.clamped);
        self.unassigned += u64::from(draft.tenant.as_str() == TenantId::UNASSIGNED);
        let mut attributes = draft.attributes;
        outcome::drop_outcomes(&mut attributes, &value);
        let series = SeriesKey {
            pool: draft.pool,
            tenant: draft.tenant,
            resource: draft.resource,
            signal: draft.signal.name.clone(),
            attributes,
        };
        self.push(Observation { series, unit: draft.signal.unit.clone(), at: time.at, value });
        Ok(())
    }

    fn push(&mut self, observation: Observation) {
        let pool = observation.series.pool.clone();
        let position = self.open.get(&pool).copied().unwrap_or(usize::MAX);
        let weight = weight(&observation);
        match self.groups.get_mut(position) {
            Some(group) if group.has_room_for(weight) => {
                group.bytes += weight;
                group.observations.push(observation);
            }
            _ => {
                self.open.insert(pool.clone(), self.groups.len());
                self.groups.push(Group { pool, observations: vec![observation], bytes: weight });
            }
        }
    }

    /// Takes what a person said, which is all that its record holds.
    pub(crate) fn say(&mut self, verdict: Verdict) {
        self.said = Some(verdict);
    }

    /// Refuses point `index`; `excerpt` is the text it was read from. After the first hundred of a record, those of one
    /// reason become one reject that counts them.
    pub(crate) fn refuse(&mut self, index: u32, refusal: Refusal, excerpt: &[u8]) {
        if let Some(folded) = self.folded.get_mut(&refusal.reason) {
            folded.count += 1;
            return;
        }
        let reject = Reject {
            reason: refusal.reason,
            detail: refusal.detail,
            origin: self.origin(index),
            received_at: self.record.received,
            count: 1,
            excerpt: Reject::excerpt_of(excerpt),
        };
        if self.rejects.len() < REJECTS {
            self.rejects.push(reject);
        } else {
            self.folded.insert(reject.reason, reject);
        }
    }

    /// Refuses the record as a whole.
    pub(crate) fn refuse_record(&mut self, refusal: Refusal) {
        self.refuse(0, refusal, self.record.value.unwrap_or_default());
    }

    pub(crate) fn finish(mut self) -> Handled {
        let groups = std::mem::take(&mut self.groups);
        let mut rejects = std::mem::take(&mut self.rejects);
        rejects.extend(std::mem::take(&mut self.folded).into_values().map(with_count_in_detail));
        let said = self.said.take().map(|verdict| Envelope {
            content: Content::Verdict { origin: self.origin(0), received: self.record.received, verdict },
        });
        let observed = (0_u32..).zip(groups).map(|(index, group)| self.envelope(index, group));
        let envelopes = said.into_iter().chain(observed).collect();
        Handled { envelopes, rejects, clamped: self.clamped, unassigned: self.unassigned }
    }

    fn envelope(&self, index: u32, group: Group) -> Envelope {
        let Group { pool, observations, .. } = group;
        let (origin, received) = (self.origin(index), self.record.received);
        Envelope { content: Content::Observations { pool, origin, received, observations } }
    }

    fn origin(&self, index: u32) -> Origin {
        let SourceRecord { topic, partition, offset, .. } = self.record;
        Origin { topic: topic.clone(), partition, offset, index }
    }
}

impl Group {
    fn has_room_for(&self, weight: usize) -> bool {
        self.observations.len() < ENVELOPE_OBSERVATIONS && self.bytes + weight <= ENVELOPE_BYTES
    }
}

fn with_count_in_detail(mut reject: Reject) -> Reject {
    if reject.count > 1 {
        reject.detail = format!("{} points of this record, the first of them: {}", reject.count, reject.detail);
    }
    reject
}

/// Roughly the bytes on the wire.
fn weight(observation: &Observation) -> usize {
    let series = &observation.series;
    let names = series.tenant.as_str().len() + series.resource.as_str().len() + series.signal.as_str().len();
    let attributes: usize = series.attributes.iter().map(|(key, value)| key.len() + value.len() + 6).sum();
    let value = match &observation.value {
        Value::Gauge(_) | Value::Sum(_) => 32,
        Value::Distribution(found) => 64 + 16 * found.counts.len(),
        Value::Summary(found) => 32 + 20 * found.quantiles.len(),
        Value::Log(event) => 8 + event.body.len(),
    };
    names + attributes + observation.unit.len() + value + 32
}
