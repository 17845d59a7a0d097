//! Ingest and detect without a broker: records are pushed, outputs are read, and a crash is a method.
//!
//! It is the very code of the service between a log that is a queue and topics that are vectors. Scenario tests and
//! back-tests run on it; what it gives, Kafka must give too.

mod partition;
mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewatch_detectors::Judgement;
use tidewatch_ingest::{Header, Ingest, SourceRecord};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::topics::Topics;
use tidewatch_schemas::{
    Content, CostSignal, Envelope, Finding, Incident, Reject, SeriesKey, Tick, Timestamp, Window, wire,
};

use crate::detect::reshard::{ReshardError, reshard};
use crate::detect::{ProcessorError, Settings};
use crate::guard::decoding::decoded;
use crate::protocol::LaneError;
use crate::state::{MemoryStore, StateStore, StoreError};
use partition::Partition;

/// Opens the store of a partition; called again after a restart, when it must find what was written.
pub type OpenStore = Box<dyn FnMut(i32) -> Result<Box<dyn StateStore>, StoreError>>;

/// How the driver is set up.
pub struct Setup {
    /// Ingest, ready to use.
    pub ingest: Ingest,
    /// What detect is configured with.
    pub detect: Settings,
    /// Partitions of every topic.
    pub partitions: i32,
    /// Records of a micro-batch.
    pub batch: usize,
    /// Where partitions keep their state.
    pub open: OpenStore,
}

/// A record of a users' topic, to be pushed.
#[derive(Clone, Debug, Default)]
pub struct Push<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Key; decides the partition.
    pub key: &'a [u8],
    /// Value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// When the broker would have got it.
    pub at: Timestamp,
    /// Headers.
    pub headers: &'a [Header],
}

/// Ingest and detect without a broker.
pub struct Driver {
    setup: Setup,
    /// Partitions of the users' topics.
    sources: i32,
    detect: Arc<Settings>,
    partitions: Vec<Partition>,
    offsets: BTreeMap<(Arc<str>, i32), i64>,
    observations: Arc<str>,
    outputs: Outputs,
}

/// The topic of observations could not be made anew.
#[derive(Debug, thiserror::Error)]
pub enum RepartitionError {
    /// The partitions could not be ended, or not be opened again.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// Their stores could not be moved.
    #[error(transparent)]
    Reshard(#[from] ReshardError),
}

/// What came out, in the order it was published: incidents and rejects once each, whatever was killed.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// Records of `tidewatch.incidents`, their bytes as published.
    pub incident_records: Vec<Vec<u8>>,
    /// The same, read back.
    pub incidents: Vec<Incident>,
    /// Records of `tidewatch.rejects`.
    pub rejects: Vec<Reject>,
    /// Records of `tidewatch.cost-signals`.
    pub cost_signals: Vec<CostSignal>,
    /// Records of `tidewatch.findings`.
    pub findings: Vec<Finding>,
    /// Records of `tidewatch.windows`; none unless the settings ask for them.
    pub windows: Vec<Window>,
    /// Every judged window that is not published; none unless the settings ask for them.
    pub judgements: Vec<Judgement>,
}

/// Stores in memory that outlive a restart of the driver.
#[must_use]
pub fn in_memory() -> OpenStore {
    let mut stores: BTreeMap<i32, MemoryStore> = BTreeMap::new();
    Box::new(move |partition| Ok(Box::new(stores.entry(partition).or_default().clone())))
}

impl Driver {
    /// Opens every partition where its store left it.
    ///
    /// # Errors
    /// When a store cannot be opened.
    pub fn new(mut setup: Setup) -> Result<Self, LaneError> {
        let detect = Arc::new(setup.detect.clone());
        let mut partitions = Vec::new();
        for number in 0..setup.partitions.max(1) {
            let store = (setup.open)(number).map_err(ProcessorError::from)?;
            partitions.push(Partition::open(&detect, number, (store, topics::Topics::default()))?);
        }
        let sources = setup.partitions;
        let observations = Topics::default().observations.into();
        let (offsets, outputs) = (BTreeMap::new(), Outputs::default());
        Ok(Self { setup, sources, detect, partitions, offsets, observations, outputs })
    }

    /// Pushes a record into a users' topic; it is ingested and, once a micro-batch is full, judged.
    ///
    /// # Errors
    /// When a store fails.
    pub fn push(&mut self, push: &Push<'_>) -> Result<(), LaneError> {
        let topic: Arc<str> = push.topic.into();
        let partition = partition_of(push.key, self.sources);
        let offset = self.offsets.entry((Arc::clone(&topic), partition)).or_insert(0);
        let record = SourceRecord {
            topic: &topic,
            partition,
            offset: *offset,
            received: push.at,
            key: Some(push.key),
            value: push.value,
            headers: push.headers,
        };
        *offset += 1;
        let handled = decoded(&self.setup.ingest, &record);
        for envelope in handled.into_envelopes() {
            self.append(&envelope, push.at)?;
        }
        Ok(())
    }

    /// Writes a tick to every partition.
    ///
    /// # Errors
    /// When a store fails.
    pub fn tick(&mut self, at: Timestamp) -> Result<(), LaneError> {
        let tick = Envelope { content: Content::Tick(Tick { at, instance: "driver".into() }) };
        (0..self.partitions.len()).try_for_each(|number| self.append_to(number, &wire::encode(&tick), at))
    }

    fn append(&mut self, envelope: &Envelope, at: Timestamp) -> Result<(), LaneError> {
        let partition = partition_of(&envelope.key(), self.setup.partitions);
        self.append_to(usize::try_from(partition).unwrap_or(0), &wire::encode(envelope), at)
    }

    fn append_to(&mut self, number: usize, value: &[u8], at: Timestamp) -> Result<(), LaneError> {
        let Some(partition) = self.partitions.get_mut(number) else { return Ok(()) };
        partition.append(&self.observations, i32::try_from(number).unwrap_or(0), value, at);
        if partition.uncommitted() >= self.setup.batch.max(1) {
            partition.commit(&mut self.outputs)?;
        }
        Ok(())
    }

    /// Commits and publishes what no full micro-batch has taken along.
    ///
    /// # Errors
    /// When a store fails.
    pub fn flush(&mut self) -> Result<(), LaneError> {
        self.partitions.iter_mut().try_for_each(|partition| partition.commit(&mut self.outputs))
    }

    /// Ends every partition as kill -9 would, and opens it again from its store: what was not committed is read again,
    /// and what stands in the topics is not published again.
    ///
    /// # Errors
    /// When a store cannot be opened.
    pub fn kill_and_restart(&mut self) -> Result<(), LaneError> {
        for (number, partition) in (0..).zip(&mut self.partitions) {
            partition.kill();
            let store = (self.setup.open)(number).map_err(ProcessorError::from)?;
            partition.restart(&self.detect, store)?;
            partition.commit(&mut self.outputs)?;
        }
        Ok(())
    }

    /// Makes the topic of observations anew with another number of partitions, as an operator does: all is judged and
    /// published, the partitions end, and what they remember is moved to the stores that `open` opens. Topics of users and of
    /// outputs stay as they are. After an error the driver must be dropped.
    ///
    /// # Errors
    /// When a store fails.
    pub fn repartition(&mut self, partitions: i32, mut open: OpenStore) -> Result<(), RepartitionError> {
        self.flush()?;
        let ended = std::mem::take(&mut self.partitions).into_iter().map(Partition::end);
        let mut topics = ended.collect::<Result<Vec<_>, LaneError>>()?.into_iter();
        let stores = |count: i32, open: &mut OpenStore| {
            let opened = (0..count.max(1)).map(open).collect::<Result<Vec<_>, StoreError>>();
            opened.map_err(ProcessorError::from).map_err(LaneError::from)
        };
        let from = stores(self.setup.partitions, &mut self.setup.open)?;
        let mut to = stores(partitions, &mut open)?;
        reshard(&from, &mut to)?;
        for (number, store) in (0..).zip(to) {
            let kept = topics.next().unwrap_or_default();
            self.partitions.push(Partition::open(&self.detect, number, (store, kept))?);
        }
        (self.setup.partitions, self.setup.open) = (partitions, open);
        Ok(())
    }

    /// Every series that is remembered, with the unit of its values; in no order.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &str)> {
        self.partitions.iter().flat_map(Partition::series)
    }

    /// What was published so far.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Takes what was published since the last call.
    pub fn take_outputs(&mut self) -> Outputs {
        std::mem::take(&mut self.outputs)
    }
}
