//! How far a partition has come: the offset to read next, the numbers given out, the clock, and what was
//! seen of each source.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Origin, Timestamp};

/// How far a partition has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Offset to read next; `None` before the first record.
    pub next_offset: Option<i64>,
    /// Last number given to an output of the outbox.
    pub sequence: u64,
    /// Last number given to a note.
    pub note_sequence: u64,
    /// The latest tick.
    pub tick: Option<Timestamp>,
    seen: BTreeMap<(Arc<str>, i32), (i64, u32)>,
}

impl Progress {
    /// How far every partition of a topic that was made anew has come, given how far those of the topic before it had:
    /// nothing of it is read, numbers go on above all that were given, and what any of them saw of a source counts as seen.
    pub fn made_anew(before: &[Self]) -> Self {
        let mut anew = Self { next_offset: Some(0), ..Self::default() };
        for one in before {
            anew.sequence = anew.sequence.max(one.sequence);
            anew.note_sequence = anew.note_sequence.max(one.note_sequence);
            anew.tick = anew.tick.max(one.tick);
            for (source, position) in &one.seen {
                let last = anew.seen.entry(source.clone()).or_insert(*position);
                *last = (*last).max(*position);
            }
        }
        anew
    }

    /// Takes note of an origin. False when it, or a later one of its source partition, was seen before: a repeat.
    pub fn is_new(&mut self, origin: &Origin) -> bool {
        let source = (Arc::clone(&origin.topic), origin.partition);
        let position = origin.position();
        match self.seen.get_mut(&source) {
            Some(last) if position <= *last => false,
            Some(last) => {
                *last = position;
                true
            }
            None => {
                self.seen.insert(source, position);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_is_told_from_what_is_new_in_each_source_partition() {
        let origin = |partition, offset, index| Origin { topic: "t".into(), partition, offset, index };
        let mut progress = Progress::default();
        assert!(progress.is_new(&origin(0, 5, 0)));
        assert!(progress.is_new(&origin(0, 5, 1)));
        assert!(!progress.is_new(&origin(0, 5, 0)));
        assert!(!progress.is_new(&origin(0, 4, 9)));
        assert!(progress.is_new(&origin(1, 0, 0)), "another partition counts for itself");
        assert!(progress.is_new(&origin(0, 9, 0)));
    }
    #[test]
    fn a_topic_made_anew_goes_on_above_all_that_was_given_and_seen() {
        let origin = |partition, offset| Origin { topic: "t".into(), partition, offset, index: 0 };
        let mut one = Progress { next_offset: Some(70), sequence: 9, tick: Some(Timestamp(5)), ..Progress::default() };
        let mut other = Progress { next_offset: Some(8), note_sequence: 4, ..Progress::default() };
        assert!(one.is_new(&origin(0, 5)) && other.is_new(&origin(0, 7)) && other.is_new(&origin(1, 2)));
        let mut anew = Progress::made_anew(&[one, other]);
        let numbers = (anew.next_offset, anew.sequence, anew.note_sequence, anew.tick);
        assert_eq!(numbers, (Some(0), 9, 4, Some(Timestamp(5))));
        assert!(!anew.is_new(&origin(0, 7)) && !anew.is_new(&origin(1, 2)));
        assert!(anew.is_new(&origin(0, 8)) && anew.is_new(&origin(1, 3)));
    }
}
