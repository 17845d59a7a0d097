//! A partition of the driver: a log as long as what is not committed, and the processor that reads it.

use std::collections::VecDeque;
use std::sync::Arc;

use tidewatch_schemas::{Incident, Origin, Reject, SeriesKey, Timestamp};

use super::Outputs;
use crate::detect::{Processor, ProcessorError, Received, Settings, Target};
use crate::state::StateStore;

struct LogRecord {
    origin: Origin,
    at: Timestamp,
    value: Vec<u8>,
}

pub(super) struct Partition {
    processor: Option<Processor>,
    log: VecDeque<LogRecord>,
    next_offset: i64,
}

impl Partition {
    pub fn open(settings: &Arc<Settings>, store: Box<dyn StateStore>) -> Result<Self, ProcessorError> {
        let processor = Processor::open(Arc::clone(settings), store)?;
        let next_offset = processor.next_offset().unwrap_or(0);
        Ok(Self { processor: Some(processor), log: VecDeque::new(), next_offset })
    }

    pub fn append(&mut self, topic: &Arc<str>, partition: i32, value: &[u8], at: Timestamp) {
        let origin = Origin { topic: Arc::clone(topic), partition, offset: self.next_offset, index: 0 };
        self.next_offset += 1;
        let record = LogRecord { origin, at, value: value.to_vec() };
        if let Some(processor) = &mut self.processor {
            processor.process(&record.received());
        }
        self.log.push_back(record);
    }

    pub fn uncommitted(&self) -> usize {
        self.log.len()
    }

    /// Publishes findings, commits, publishes the outbox: in this order.
    pub fn commit(&mut self, outputs: &mut Outputs) -> Result<(), ProcessorError> {
        let Some(processor) = &mut self.processor else { return Ok(()) };
        outputs.findings.extend(processor.take_findings().into_iter().map(|(_, finding)| finding));
        outputs.judgements.extend(processor.take_judgements());
        processor.commit()?;
        self.log.clear();
        let published = processor.outbox().back().map(|output| output.sequence);
        for output in processor.outbox() {
            publish(outputs, output.target, &output.value);
        }
        if let Some(sequence) = published {
            processor.acknowledge(sequence);
        }
        Ok(())
    }

    /// Every series, with the unit of its values.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &str)> {
        self.processor.iter().flat_map(Processor::series)
    }

    pub fn kill(&mut self) {
        self.processor = None;
    }

    /// Opens the store again and reads again what was not committed.
    pub fn restart(&mut self, settings: &Arc<Settings>, store: Box<dyn StateStore>) -> Result<(), ProcessorError> {
        let mut processor = Processor::open(Arc::clone(settings), store)?;
        for record in &self.log {
            processor.process(&record.received());
        }
        self.processor = Some(processor);
        Ok(())
    }
}

impl LogRecord {
    fn received(&self) -> Received<'_> {
        Received { origin: &self.origin, at: self.at, value: Some(&self.value) }
    }
}

fn publish(outputs: &mut Outputs, target: Target, value: &[u8]) {
    match target {
        Target::Incidents => {
            outputs.incident_records.push(value.to_vec());
            outputs.incidents.extend(serde_json::from_slice::<Incident>(value));
        }
        Target::Rejects => outputs.rejects.extend(serde_json::from_slice::<Reject>(value)),
        Target::Findings => {}
    }
}
