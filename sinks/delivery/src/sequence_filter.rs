//! The readers' half of exactly once: every output of detect carries its source partition and a number, and whoever
//! drops the numbers that are not above the last one sees each output once.
//!
//! Incidents, cost signals and rejects stand in their topics once where the brokers have transactions, and may stand there
//! twice where they have not; findings may stand there twice in any case. A repeat is the same bytes with the same number, and
//! comes after the number it repeats. So the filter needs one number per source partition, which a reader keeps beside
//! what it has read.

use std::collections::BTreeMap;

use rdkafka::message::{Headers, Message};

/// Name of the header with the source partition.
pub const SOURCE_PARTITION: &str = "sp";
/// Name of the header with the number of the output among those of its source partition.
pub const SEQUENCE: &str = "seq";
/// Name of the header with the epoch of the owner that sent it.
pub const EPOCH: &str = "ep";
/// Name of the header with the offset of the observation that caused it.
pub const SOURCE_OFFSET: &str = "so";

/// The number of an output, and the source partition that counted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Numbered {
    /// Source partition.
    pub source: i32,
    /// Number, from 1 and growing; some numbers may be in other topics.
    pub sequence: u64,
}

impl Numbered {
    /// What the headers of a message say; `None` for a record that nobody numbered.
    #[must_use]
    pub fn of(message: &impl Message) -> Option<Self> {
        let headers = message.headers()?;
        let named = |name| headers.iter().find(|header| header.key == name).and_then(|header| header.value);
        Some(Self { source: number(named(SOURCE_PARTITION)?)?, sequence: number(named(SEQUENCE)?)? })
    }
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Tells repeats from what is new, for one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceFilter {
    last: BTreeMap<i32, u64>,
}

impl SequenceFilter {
    /// A filter that goes on where `last` stands: the last number of each source partition.
    #[must_use]
    pub fn resume(last: BTreeMap<i32, u64>) -> Self {
        Self { last }
    }

    /// Whether a record is new. Records without a number always are.
    pub fn admits(&mut self, numbered: Option<Numbered>) -> bool {
        let Some(Numbered { source, sequence }) = numbered else { return true };
        let last = self.last.entry(source).or_default();
        let is_new = sequence > *last;
        *last = sequence.max(*last);
        is_new
    }

    /// The last number of each source partition, to be kept beside what was read.
    #[must_use]
    pub fn last(&self) -> &BTreeMap<i32, u64> {
        &self.last
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::Timestamp;
    use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};

    use super::*;

    fn passed(filter: &mut SequenceFilter, records: &[(i32, u64)]) -> Vec<(i32, u64)> {
        let numbered = |(source, sequence): &&(i32, u64)| Some(Numbered { source: *source, sequence: *sequence });
        records.iter().filter(|record| filter.admits(numbered(record))).copied().collect()
    }

    #[test]
    fn repeats_are_dropped_and_gaps_are_not() {
        let mut filter = SequenceFilter::default();
        let records = [(0, 1), (0, 2), (1, 1), (0, 2), (0, 5), (0, 1), (1, 2), (0, 6)];
        assert_eq!(passed(&mut filter, &records), [(0, 1), (0, 2), (1, 1), (0, 5), (1, 2), (0, 6)]);
    }

    #[test]
    fn a_reader_that_kept_the_last_numbers_goes_on_where_it_was() {
        let mut filter = SequenceFilter::default();
        passed(&mut filter, &[(0, 1), (0, 2), (3, 7)]);
        let mut resumed = SequenceFilter::resume(filter.last().clone());
        assert_eq!(resumed, filter);
        assert_eq!(passed(&mut resumed, &[(0, 2), (0, 3), (3, 7), (3, 8)]), [(0, 3), (3, 8)]);
    }

    #[test]
    fn records_without_a_number_pass() {
        let mut filter = SequenceFilter::default();
        assert!(filter.admits(None) && filter.admits(None));
    }

    #[test]
    fn the_number_is_read_from_the_headers() {
        let cases = [
            ("both", vec![("sp", "3"), ("seq", "18446744073709551615")], Some((3, u64::MAX))),
            ("others between", vec![("seq", "9"), ("x", "1"), ("sp", "0")], Some((0, 9))),
            ("no source partition", vec![("seq", "9")], None),
            ("no number", vec![("sp", "9"), ("seq", "nine")], None),
        ];
        for (case, pairs, expected) in cases {
            let headers = pairs
                .into_iter()
                .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
            let message =
                |headers| OwnedMessage::new(None, None, "t".to_owned(), Timestamp::NotAvailable, 0, 0, headers);
            let found = Numbered::of(&message(Some(headers))).map(|numbered| (numbered.source, numbered.sequence));
            assert_eq!(found, expected, "{case}");
            assert_eq!(Numbered::of(&message(None)), None);
        }
    }
}
