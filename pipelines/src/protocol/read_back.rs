//! How far outputs stand in a topic, from what a scan of it saw.
//!
//! A scan begins at the record that was acknowledged last. Where it is still there, so is everything before it, because a
//! log loses its end and never its middle. Where it is not, the topic lost its end, and all of it is looked at.

use super::way_out::{Failure, ReadBack};
use crate::detect::{Mark, Target};

/// What a scan saw of one source partition's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The oldest offset that the topic's partition still has.
    pub oldest: i64,
    /// The first record, in the order of offsets.
    pub first: Option<Mark>,
    /// The record with the highest number.
    pub last: Option<Mark>,
}

impl Scan {
    /// Takes note of a record; records come in the order of their offsets.
    pub fn see(&mut self, record: Mark) {
        self.first = self.first.or(Some(record));
        self.last = self.last.max(Some(record));
    }
}

/// The last output that stands in `target`; `None` when none does. `known` is the one that was acknowledged last.
pub(super) fn last_published(
    topics: &mut impl ReadBack,
    target: Target,
    known: Option<Mark>,
) -> Result<Option<Mark>, Failure> {
    let Some(known) = known else { return Ok(topics.scan(target, None)?.last) };
    let scan = topics.scan(target, Some(known.offset))?;
    let is_there = scan.first.is_some_and(|first| first == known);
    if is_there || scan.oldest > known.offset {
        return Ok(scan.last.max(Some(known)));
    }
    Ok(topics.scan(target, None)?.last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A topic by its oldest offset and its records.
    struct Topic(i64, Vec<Mark>);

    impl ReadBack for Topic {
        fn scan(&mut self, _: Target, from: Option<i64>) -> Result<Scan, Failure> {
            let mut scan = Scan { oldest: self.0, ..Scan::default() };
            self.1.iter().filter(|mark| mark.offset >= from.unwrap_or(self.0)).for_each(|mark| scan.see(*mark));
            Ok(scan)
        }
    }

    #[test]
    fn what_stands_in_a_topic_is_found_whatever_happened_to_it() {
        let mark = |sequence, offset| Mark { sequence, offset };
        let records = || vec![mark(1, 4), mark(2, 7), mark(3, 9)];
        let cases = [
            ("nothing known, nothing there", 0, vec![], None, None),
            ("nothing known", 0, records(), None, Some(mark(3, 9))),
            ("the known one is the last", 0, records(), Some(mark(3, 9)), Some(mark(3, 9))),
            ("more than known", 0, records(), Some(mark(2, 7)), Some(mark(3, 9))),
            ("all deleted by retention", 20, vec![], Some(mark(3, 9)), Some(mark(3, 9))),
            ("the known one is deleted by retention", 9, vec![mark(3, 9)], Some(mark(2, 7)), Some(mark(3, 9))),
            ("the end is lost", 0, records(), Some(mark(5, 12)), Some(mark(3, 9))),
            ("the end is lost and written over", 0, vec![mark(1, 4), mark(9, 7)], Some(mark(2, 7)), Some(mark(9, 7))),
            ("made anew", 0, vec![], Some(mark(5, 12)), None),
            ("a repeat of a zombie is not the highest", 0, vec![mark(2, 4), mark(1, 5)], None, Some(mark(2, 4))),
        ];
        for (case, oldest, records, known, expected) in cases {
            let found = last_published(&mut Topic(oldest, records), Target::Incidents, known);
            assert_eq!(found, Ok(expected), "{case}");
        }
    }
}
