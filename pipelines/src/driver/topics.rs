//! The topics of one partition of the driver: vectors that outlive a kill.

use std::collections::BTreeMap;

use tidewatch_schemas::{CostSignal, Incident, Reject};

use super::Outputs;
use crate::detect::{Mark, Marks, Note, NumberedNote, Outgoing, Target};
use crate::protocol::{Append, Failure, Publish, ReadBack, Scan};

/// Topics in memory. What was sent becomes visible when it is settled.
#[derive(Default)]
pub(super) struct Topics {
    /// Numbers of the published outputs by topic, in the order of their offsets.
    numbers: BTreeMap<Target, Vec<u64>>,
    sent: Vec<Outgoing>,
    published: Outputs,
}

impl Topics {
    /// What was published since the last call.
    pub fn take(&mut self) -> Outputs {
        std::mem::take(&mut self.published)
    }

    fn append(&mut self, target: Target, sequence: u64) -> Mark {
        let numbers = self.numbers.entry(target).or_default();
        let offset = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
        numbers.push(sequence);
        Mark { sequence, offset }
    }
}

impl Publish for Topics {
    fn fence(&mut self, _: u64) -> Result<(), Failure> {
        self.sent.clear();
        Ok(())
    }

    fn send(&mut self, output: &Outgoing) -> Result<(), Failure> {
        self.sent.push(output.clone());
        Ok(())
    }

    fn settle(&mut self) -> Result<Marks, Failure> {
        let mut marks = Marks::default();
        for output in std::mem::take(&mut self.sent) {
            marks.set(output.target, Some(self.append(output.target, output.sequence)));
            publish(&mut self.published, output);
        }
        Ok(marks)
    }
}

impl ReadBack for Topics {
    fn scan(&mut self, target: Target, from: Option<i64>) -> Result<Scan, Failure> {
        let mut scan = Scan::default();
        let numbers = self.numbers.get(&target).into_iter().flatten();
        for (offset, sequence) in (0..).zip(numbers).filter(|(offset, _)| *offset >= from.unwrap_or(0)) {
            scan.see(Mark { sequence: *sequence, offset });
        }
        Ok(scan)
    }
}

impl Append for Topics {
    fn append(&mut self, notes: &[NumberedNote]) -> Result<Option<Mark>, Failure> {
        let mut last = None;
        for NumberedNote { sequence, note, .. } in notes {
            match note {
                Note::Finding(finding) => {
                    self.published.findings.push(finding.as_ref().clone());
                    last = Some(*sequence);
                }
                Note::Window(window) => self.published.windows.push(window.as_ref().clone()),
            }
        }
        Ok(last.map(|sequence| Self::append(self, Target::Findings, sequence)))
    }
}

fn publish(outputs: &mut Outputs, output: Outgoing) {
    match output.target {
        Target::Incidents => {
            outputs.incidents.extend(serde_json::from_slice::<Incident>(&output.value));
            outputs.incident_records.push(output.value);
        }
        Target::Rejects => outputs.rejects.extend(serde_json::from_slice::<Reject>(&output.value)),
        Target::CostSignals => outputs.cost_signals.extend(serde_json::from_slice::<CostSignal>(&output.value)),
        Target::Findings | Target::Windows => {}
    }
}
