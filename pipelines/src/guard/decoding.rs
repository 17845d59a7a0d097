//! Decoding with care: a record over which a decoder panics is refused as a whole, since nobody knows whose it is.

use tidewatch_ingest::{Handled, Ingest, SourceRecord};
use tidewatch_schemas::{Origin, Reject, RejectReason};

use super::guarded;

/// What `record` becomes; a reject where decoding it panics.
#[must_use]
pub fn decoded(ingest: &Ingest, record: &SourceRecord<'_>) -> Handled {
    guarded(|| ingest.handle(record)).unwrap_or_else(|cause| refused(record, &cause))
}

fn refused(record: &SourceRecord<'_>, cause: &str) -> Handled {
    let SourceRecord { topic, partition, offset, .. } = *record;
    tracing::error!(%topic, partition, offset, cause, "decoding panicked; the record is refused");
    let reject = Reject {
        reason: RejectReason::Panicked,
        detail: format!("decoding the record panicked: {cause}"),
        origin: Origin { topic: topic.clone(), partition, offset, index: 0 },
        received_at: record.received,
        count: 1,
        excerpt: Reject::excerpt_of(record.value.unwrap_or_default()),
    };
    Handled { rejects: vec![reject], ..Handled::default() }
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::Timestamp;

    use super::*;

    #[test]
    fn a_record_that_panics_is_refused_with_its_place_and_its_first_bytes() {
        let record = SourceRecord {
            topic: &"otlp".into(),
            partition: 3,
            offset: 17,
            received: Timestamp(5),
            key: None,
            value: Some(b"\x0apoison"),
            headers: &[],
        };
        let handled = guarded(|| -> Handled { panic!("index out of bounds") });
        let handled = handled.unwrap_or_else(|cause| refused(&record, &cause));
        let [reject] = handled.rejects.as_slice() else { panic!("{handled:?}") };
        assert_eq!(reject.reason, RejectReason::Panicked);
        assert_eq!(reject.detail, "decoding the record panicked: index out of bounds");
        assert_eq!((reject.origin.partition, reject.origin.offset, reject.count), (3, 17, 1));
        assert_eq!(reject.excerpt, "\\npoison");
        assert!(handled.envelopes.is_empty());
    }
}
