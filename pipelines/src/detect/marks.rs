//! How far the outputs of a partition are known to stand in their topics.
//!
//! Outputs of all topics share one sequence, but a topic is a log of its own: without transactions the broker may have
//! taken number 7 of one topic and not number 6 of another. What is known is therefore kept by topic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outgoing::{Outgoing, Target};

/// Where an output stands in its topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// Number of the output.
    pub sequence: u64,
    /// Its offset in the topic's partition.
    pub offset: i64,
}

/// The last output of each topic that is known to stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks(BTreeMap<Target, Mark>);

impl Marks {
    /// What is known of a topic; `None` when nothing is.
    #[must_use]
    pub fn get(&self, target: Target) -> Option<Mark> {
        self.0.get(&target).copied()
    }

    /// Sets what is known of a topic; `None` means that nothing stands there.
    pub fn set(&mut self, target: Target, mark: Option<Mark>) {
        match mark {
            Some(mark) => drop(self.0.insert(target, mark)),
            None => drop(self.0.remove(&target)),
        }
    }

    /// Takes note that more stands in the topics than was known.
    pub fn raise(&mut self, more: &Self) {
        for (target, mark) in &more.0 {
            let known = self.0.entry(*target).or_default();
            *known = (*known).max(*mark);
        }
    }

    /// Whether an output is known to stand in its topic.
    #[must_use]
    pub fn cover(&self, output: &Outgoing) -> bool {
        self.get(output.target).is_some_and(|mark| output.sequence <= mark.sequence)
    }

    /// The highest number of an output of the outbox that is known to stand anywhere; 0 when none is.
    #[must_use]
    pub fn highest(&self) -> u64 {
        Target::OUTBOX.iter().filter_map(|target| self.get(*target)).map(|mark| mark.sequence).max().unwrap_or(0)
    }

    /// Whether less is known of a topic here than in `other`.
    #[must_use]
    pub fn fall_behind(&self, other: &Self) -> bool {
        Target::OUTBOX.iter().any(|target| {
            let sequence = |marks: &Self| marks.get(*target).map_or(0, |mark| mark.sequence);
            sequence(self) < sequence(other)
        })
    }
}
