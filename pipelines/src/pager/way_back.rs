//! What the pager says back into the log: that a channel was not told of something and will not be. Detect makes an incident
//! of it, which takes the routes that are left.

use tidewatch_delivery::{Publish, PublishError, Record};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{IncidentId, PoolId, Timestamp, Verdict};

/// The way to `tidewatch.verdicts`.
pub struct WayBack {
    /// Publishes there.
    pub publisher: Box<dyn Publish>,
    /// The topic, and its number of partitions.
    pub topic: (String, i32),
}

impl WayBack {
    /// Says that `channel` gave up a change of an incident of `pool` because of `cause`.
    ///
    /// # Errors
    /// When the brokers do not take it in time. It may be said again: detect counts it once.
    pub fn undelivered(
        &mut self,
        (pool, incident_id): (&PoolId, IncidentId),
        (channel, cause): (&str, &str),
        at: Timestamp,
    ) -> Result<(), PublishError> {
        let said = Verdict {
            incident_id,
            pool: pool.clone(),
            action: Action::Undelivered,
            by: cut(channel, Verdict::MAX_NAME),
            at,
            note: cut(cause, Verdict::MAX_NOTE),
            name: None,
            until: None,
        };
        let (topic, partitions) = &self.topic;
        let key = said.pool.as_str().as_bytes();
        let value = serde_json::to_vec(&said).unwrap_or_default();
        let partition = partition_of(key, *partitions);
        let record = Record { topic, partition, key, value: &value, timestamp_ms: None, headers: Vec::new() };
        self.publisher.publish(&[record])
    }
}

/// As much of a text as fits into `most` bytes.
fn cut(text: &str, most: usize) -> String {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A partition and the value of a record in it.
    type Published = (i32, Vec<u8>);

    /// Keeps what is published.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<Published>>>);

    impl Publish for Kept {
        fn publish(&mut self, records: &[Record<'_>]) -> Result<(), PublishError> {
            let kept = records.iter().map(|record| (record.partition, record.value.to_vec()));
            self.0.lock().unwrap().extend(kept);
            Ok(())
        }
    }

    #[test]
    fn what_is_said_is_a_verdict_that_ingest_takes_however_long_the_answer_was() {
        let kept = Kept::default();
        let mut way = WayBack { publisher: Box::new(kept.clone()), topic: ("tidewatch.verdicts".to_owned(), 4) };
        let about = (&PoolId::from("eu-1"), IncidentId(7));
        way.undelivered(about, ("chat", &"é".repeat(2_000)), Timestamp(1_793_606_400_000)).unwrap();
        let (partition, value) = kept.0.lock().unwrap().remove(0);
        let said: Verdict = serde_json::from_slice(&value).unwrap();
        assert_eq!(said.verify(), Ok(()));
        assert_eq!((said.action, said.by.as_str(), said.note.len()), (Action::Undelivered, "chat", Verdict::MAX_NOTE));
        assert_eq!(partition, partition_of(b"eu-1", 4));
    }
}
