//! Where reading of a source partition begins, and what is missing there.
//!
//! Reading on from where the state stands gives what was always going to be decided. Everything else is a gap: the state
//! and the outputs that were published no longer belong to one history, and that has to be said.

use std::sync::Arc;

use crate::config::Start;
use crate::detect::{Gap, Missing};

/// A source partition by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Topic of the input.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
}

/// What a topic's partition has: offsets from `oldest`, and `end`, which the next record will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The oldest offset that is there.
    pub oldest: i64,
    /// The offset after the newest one.
    pub end: i64,
}

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The first offset to read.
    pub offset: i64,
    /// What is missing before it.
    pub gap: Option<Gap>,
}

impl Beginning {
    /// Where a partition begins whose state is to go on with `next`, or that has none. A gap of a partition without state
    /// only counts if something was published for it before: else it is simply new.
    #[must_use]
    pub fn of(source: &Source, next: Option<i64>, extent: Extent, start: Start) -> Self {
        let gap = |from, to, resume, missing| {
            let Source { topic, partition } = source.clone();
            Some(Gap { topic, partition, from, to, resume, missing })
        };
        let Extent { oldest, end } = extent;
        let begin = |offset, gap| Self { offset, gap };
        match (next, start) {
            (Some(next), _) if next < oldest => begin(oldest, gap(next, oldest, oldest, Missing::Deleted)),
            (Some(next), _) if next > end => begin(end, gap(end, next, end, Missing::CutOff)),
            (Some(next), _) => begin(next, None),
            (None, Start::Earliest) if oldest == 0 => begin(0, None),
            (None, Start::Earliest) => begin(oldest, gap(0, oldest, oldest, Missing::Unlearned)),
            (None, Start::Latest) if end == 0 => begin(0, None),
            (None, Start::Latest) => begin(end, gap(0, end, end, Missing::Unlearned)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_begins_where_the_state_stands_or_there_is_a_gap() {
        let source = Source { topic: "t".into(), partition: 1 };
        let extent = |oldest, end| Extent { oldest, end };
        let (earliest, latest) = (Start::Earliest, Start::Latest);
        let gap = |from, to, missing| Some((from, to, missing));
        let cases = [
            ("goes on", Some(7), extent(3, 9), latest, 7, None),
            ("waits for the next record", Some(9), extent(3, 9), earliest, 9, None),
            ("was overrun", Some(2), extent(3, 9), earliest, 3, gap(2, 3, Missing::Deleted)),
            ("lost the end", Some(12), extent(3, 9), earliest, 9, gap(9, 12, Missing::CutOff)),
            ("made anew", Some(12), extent(0, 0), earliest, 0, gap(0, 12, Missing::CutOff)),
            ("new, all there", None, extent(0, 9), earliest, 0, None),
            ("new, empty", None, extent(0, 0), latest, 0, None),
            ("new, the oldest are gone", None, extent(3, 9), earliest, 3, gap(0, 3, Missing::Unlearned)),
            ("new, from the end", None, extent(0, 9), latest, 9, gap(0, 9, Missing::Unlearned)),
        ];
        for (case, next, extent, start, offset, gap) in cases {
            let found = Beginning::of(&source, next, extent, start);
            let missing = found.gap.map(|gap| (gap.from, gap.to, gap.missing));
            assert_eq!((found.offset, missing), (offset, gap), "{case}");
        }
    }
}
