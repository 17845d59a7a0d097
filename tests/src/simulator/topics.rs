//! The output topics of the simulated broker, for one source partition and its one transactional id.
//!
//! Transactions are what Kafka makes of them: records stand in the log at once, are seen by nobody before they are
//! committed, and hold back everything behind them while they are open. A fence raises the producer epoch, aborts what is
//! open, and refuses whoever has an older epoch.

use std::collections::BTreeMap;

use tidewatch_pipelines::detect::Mark;
use tidewatch_pipelines::detect::{NumberedNote, Outgoing, Target};
use tidewatch_pipelines::protocol::Scan;

/// A record in an output topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// What was sent.
    pub output: Outgoing,
    /// Epoch of the producer.
    pub producer: u64,
    /// Whether it is seen.
    pub status: Status,
}

/// Whether a record is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not yet.
    Open,
    /// By everybody.
    Committed,
    /// Never.
    Aborted,
}

/// The broker does not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A later producer was there.
    Fenced,
    /// The log is not as the producer left it.
    OutOfOrder,
}

/// The topics.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    has_transactions: bool,
    records: BTreeMap<Target, Vec<Stored>>,
    /// Notes in the order in which they came.
    pub notes: Vec<NumberedNote>,
    /// The producer epoch of the transactional id; without transactions, producers that ever were.
    producer: u64,
    /// Producers up to this epoch do not know that a topic lost its end.
    misled: u64,
}

impl Topics {
    /// Empty topics of a broker with or without transactions.
    pub fn new(has_transactions: bool) -> Self {
        Self { has_transactions, ..Self::default() }
    }

    /// A producer begins: its epoch. With transactions its predecessors are at their end.
    pub fn fence(&mut self) -> u64 {
        self.producer += 1;
        if self.has_transactions {
            self.end_all(Status::Aborted);
        }
        self.producer
    }

    /// A record arrives.
    pub fn produce(&mut self, producer: u64, output: &Outgoing) -> Result<(), Refusal> {
        self.admit(producer)?;
        let status = if self.has_transactions { Status::Open } else { Status::Committed };
        let record = Stored { output: output.clone(), producer, status };
        self.records.entry(output.target).or_default().push(record);
        Ok(())
    }

    /// The transaction of a producer is committed.
    pub fn commit(&mut self, producer: u64) -> Result<(), Refusal> {
        self.admit(producer)?;
        self.end_all(Status::Committed);
        Ok(())
    }

    /// The broker's own timeout aborts what is open, and cuts its producer off.
    pub fn time_out(&mut self) {
        if Target::OUTBOX.iter().any(|target| self.is_held_back(*target)) {
            self.fence();
        }
    }

    fn admit(&self, producer: u64) -> Result<(), Refusal> {
        if self.has_transactions && producer < self.producer {
            return Err(Refusal::Fenced);
        }
        if producer <= self.misled { Err(Refusal::OutOfOrder) } else { Ok(()) }
    }

    fn end_all(&mut self, status: Status) {
        let open = self.records.values_mut().flatten().filter(|record| record.status == Status::Open);
        open.for_each(|record| record.status = status);
    }

    /// A topic loses its last records, as when a replica becomes leader that lagged behind.
    pub fn lose_end(&mut self, target: Target, count: usize) {
        if let Some(records) = self.records.get_mut(&target) {
            records.truncate(records.len().saturating_sub(count));
            self.misled = self.producer;
        }
    }

    /// Whether a transaction holds a topic back.
    pub fn is_held_back(&self, target: Target) -> bool {
        self.records.get(&target).into_iter().flatten().any(|record| record.status == Status::Open)
    }

    /// Where the last record of a producer stands.
    pub fn last_of(&self, target: Target, sequence: u64) -> Option<Mark> {
        let position = self.records.get(&target)?.iter().rposition(|record| record.output.sequence == sequence)?;
        Some(Mark { sequence, offset: i64::try_from(position).expect("few records") })
    }

    /// What a reader of committed records sees from an offset on.
    pub fn scan(&self, target: Target, from: Option<i64>) -> Scan {
        let mut scan = Scan::default();
        let records = (0..).zip(self.records.get(&target).into_iter().flatten());
        let seen = records.filter(|(offset, _)| *offset >= from.unwrap_or(0));
        for (offset, record) in seen.filter(|(_, record)| record.status == Status::Committed) {
            scan.see(Mark { sequence: record.output.sequence, offset });
        }
        scan
    }

    /// The outputs that everybody sees in a topic, in the order of their offsets.
    pub fn visible(&self, target: Target) -> impl Iterator<Item = &Outgoing> {
        let records = self.records.get(&target).into_iter().flatten();
        records.filter(|record| record.status == Status::Committed).map(|record| &record.output)
    }
}
