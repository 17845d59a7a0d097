//! A partition of the driver: a log as long as what is not committed, and the lane that takes it to its topics.

use std::collections::VecDeque;
use std::sync::Arc;

use tidewatch_schemas::{Origin, SeriesKey, Timestamp};

use super::Outputs;
use super::topics::Topics;
use crate::detect::{Processor, Received, Settings};
use crate::protocol::{Committed, Epochs as _, FailPoints, Lane, LaneError, LocalEpochs, Owned, Source, Step};
use crate::state::StateStore;

struct LogRecord {
    origin: Origin,
    at: Timestamp,
    value: Vec<u8>,
}

pub(super) struct Partition {
    number: i32,
    /// Absent between a kill and the restart.
    lane: Option<Lane<Topics>>,
    /// The topics while there is no lane.
    topics: Topics,
    log: VecDeque<LogRecord>,
    next_offset: i64,
}

impl Partition {
    pub fn open(
        settings: &Arc<Settings>,
        number: i32,
        (store, topics): (Box<dyn StateStore>, Topics),
    ) -> Result<Self, LaneError> {
        let (lane, log, next_offset) = (None, VecDeque::new(), 0);
        let mut partition = Self { number, lane, topics, log, next_offset };
        partition.restart(settings, store)?;
        let next = partition.lane.as_ref().and_then(|lane| lane.processor().next_offset());
        partition.next_offset = next.unwrap_or(0);
        Ok(partition)
    }

    pub fn append(&mut self, topic: &Arc<str>, partition: i32, value: &[u8], at: Timestamp) {
        let origin = Origin { topic: Arc::clone(topic), partition, offset: self.next_offset, index: 0 };
        self.next_offset += 1;
        let record = LogRecord { origin, at, value: value.to_vec() };
        if let Some(lane) = &mut self.lane {
            lane.process(&record.received());
        }
        self.log.push_back(record);
    }

    pub fn uncommitted(&self) -> usize {
        self.log.len()
    }

    /// Commits, then publishes all that is committed.
    pub fn commit(&mut self, outputs: &mut Outputs) -> Result<(), LaneError> {
        let Some(lane) = &mut self.lane else { return Ok(()) };
        outputs.judgements.extend(lane.processor_mut().take_judgements());
        if !matches!(lane.commit()?, Committed::Held(_)) {
            self.log.clear();
        }
        while !matches!(lane.advance()?, Step::Idle) {}
        let published = lane.way_out().take();
        outputs.incident_records.extend(published.incident_records);
        outputs.incidents.extend(published.incidents);
        outputs.rejects.extend(published.rejects);
        outputs.cost_signals.extend(published.cost_signals);
        outputs.findings.extend(published.findings);
        outputs.windows.extend(published.windows);
        Ok(())
    }

    /// Every series, with the unit of its values.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &str)> {
        self.lane.iter().flat_map(|lane| lane.processor().series())
    }

    /// Ends in order; all that is committed must be published. Returns the topics.
    pub fn end(mut self) -> Result<Topics, LaneError> {
        let Some(mut lane) = self.lane.take() else { return Ok(self.topics) };
        lane.leave()?;
        Ok(lane.into_way_out())
    }

    pub fn kill(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.topics = lane.into_way_out();
        }
    }

    /// Opens the store again and reads again what was not committed.
    pub fn restart(&mut self, settings: &Arc<Settings>, store: Box<dyn StateStore>) -> Result<(), LaneError> {
        let mut processor = Processor::open(Arc::clone(settings), store)?;
        let epoch = LocalEpochs.claim(self.number, processor.epoch()?).unwrap_or_default();
        processor.begin_epoch(epoch)?;
        let source = Source { topic: "driver".into(), partition: self.number };
        let topics = std::mem::take(&mut self.topics);
        let mut lane = Lane::new(source, Owned { processor, epoch }, topics, Arc::new(FailPoints::default()));
        for record in &self.log {
            lane.process(&record.received());
        }
        self.lane = Some(lane);
        Ok(())
    }
}

impl LogRecord {
    fn received(&self) -> Received<'_> {
        Received { origin: &self.origin, at: self.at, value: Some(&self.value) }
    }
}
