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
    /// Last number given to a finding.
    pub finding_sequence: u64,
    /// The latest tick.
    pub tick: Option<Timestamp>,
    seen: BTreeMap<(Arc<str>, i32), (i64, u32)>,
}

impl Progress {
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
}
