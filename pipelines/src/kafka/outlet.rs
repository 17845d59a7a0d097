//! Publishes what a partition decided, with headers that say where it comes from.
//!
//! All outputs of one source partition go to one partition of each topic, in the order of their numbers.

use tidewatch_delivery::{Publish, PublishError, Record};
use tidewatch_schemas::Finding;
use tidewatch_schemas::topics::Topics;

use super::topics::Partitions;
use crate::detect::{Processor, Target};

/// The way out of detect.
pub struct Outlet {
    publisher: Box<dyn Publish>,
    routes: Routes,
}

struct Routes {
    topics: Topics,
    partitions: Partitions,
}

impl Outlet {
    /// An outlet to `topics`, whose numbers of partitions are known.
    #[must_use]
    pub fn new(publisher: Box<dyn Publish>, topics: Topics, partitions: Partitions) -> Self {
        Self { publisher, routes: Routes { topics, partitions } }
    }

    /// Publishes the committed outputs of a partition and acknowledges them; returns how many.
    ///
    /// # Errors
    /// When they were not acknowledged; they stay in the outbox.
    pub fn drain(&mut self, source: i32, processor: &mut Processor) -> Result<usize, PublishError> {
        let Some(last) = processor.outbox().back().map(|output| output.sequence) else { return Ok(0) };
        let routes = &self.routes;
        let record = |output| routes.output(source, output);
        let records: Vec<Record<'_>> = processor.outbox().iter().map(record).collect();
        self.publisher.publish(&records)?;
        let count = records.len();
        processor.acknowledge(last);
        Ok(count)
    }

    /// Publishes findings with their numbers. They are repeated with the same numbers after a crash.
    ///
    /// # Errors
    /// When they were not acknowledged.
    pub fn findings(&mut self, source: i32, findings: &[(u64, Finding)]) -> Result<(), PublishError> {
        if findings.is_empty() {
            return Ok(());
        }
        let encoded: Vec<Encoded> = findings.iter().map(Encoded::of).collect();
        let routes = &self.routes;
        let records: Vec<Record<'_>> = encoded.iter().map(|finding| routes.finding(source, finding)).collect();
        self.publisher.publish(&records)
    }
}

/// A finding as bytes.
struct Encoded {
    sequence: u64,
    key: String,
    value: Vec<u8>,
}

impl Encoded {
    fn of((sequence, finding): &(u64, Finding)) -> Self {
        let value = serde_json::to_vec(finding).unwrap_or_default();
        Self { sequence: *sequence, key: finding.series.to_string(), value }
    }
}

impl Routes {
    fn output<'a>(&'a self, source: i32, output: &'a crate::detect::Outgoing) -> Record<'a> {
        Record {
            topic: output.target.topic(&self.topics),
            partition: self.partition(output.target, source),
            key: &output.key,
            value: &output.value,
            timestamp_ms: None,
            headers: headers(source, output.sequence, Some(output.source_offset)),
        }
    }

    fn finding<'a>(&'a self, source: i32, finding: &'a Encoded) -> Record<'a> {
        Record {
            topic: Target::Findings.topic(&self.topics),
            partition: self.partition(Target::Findings, source),
            key: finding.key.as_bytes(),
            value: &finding.value,
            timestamp_ms: None,
            headers: headers(source, finding.sequence, None),
        }
    }

    fn partition(&self, target: Target, source: i32) -> i32 {
        let count = self.partitions.get(target.topic(&self.topics)).copied().unwrap_or(1);
        source.rem_euclid(count.max(1))
    }
}

/// Source partition, sequence number and source offset.
fn headers(source: i32, sequence: u64, offset: Option<i64>) -> Vec<(&'static str, String)> {
    let mut headers = vec![("sp", source.to_string()), ("seq", sequence.to_string())];
    headers.extend(offset.map(|offset| ("so", offset.to_string())));
    headers
}
