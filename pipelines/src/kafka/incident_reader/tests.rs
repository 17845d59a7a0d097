use tidewatch_delivery::{Publish as _, Record, TopicPublisher};
use tidewatch_schemas::topics::Topics;

use super::*;
use crate::demo::broker::Broker;

/// Looks that may come to nothing before a test gives up; each waits a twentieth of a second.
const LOOKS: u32 = 400;

/// A record with the number `sequence` of the source partition 0.
fn record<'a>(topic: &'a str, partition: i32, value: &'a str, sequence: u64) -> Record<'a> {
    let headers = vec![("sp", "0".to_owned()), ("seq", sequence.to_string())];
    Record { topic, partition, value: value.as_bytes(), headers, ..Record::default() }
}

/// The values of everything up to the present end.
fn rest(reader: &mut IncidentReader) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        match reader.look().unwrap() {
            Looked::Record { value, .. } => found.push(String::from_utf8(value).unwrap()),
            Looked::Nothing if reader.has_caught_up() => return found,
            Looked::Passed | Looked::Nothing => {}
        }
    }
    panic!("the end was not reached after {found:?}");
}

#[test]
fn a_topic_is_read_from_its_beginning_repeats_are_dropped_and_what_comes_later_follows() {
    let broker = Broker::start(None).unwrap();
    let topic = Topics::default().incidents;
    let mut publisher = TopicPublisher::new(&broker.client()).unwrap();
    let mut send = |records: &[Record<'_>]| publisher.publish(records).unwrap();
    send(&[
        record(&topic, 1, "first", 1),
        record(&topic, 1, "third", 3),
        record(&topic, 1, "first", 1),
        record(&topic, 1, "", 4),
        Record { headers: Vec::new(), ..record(&topic, 2, "without a number", 0) },
    ]);
    let mut reader = IncidentReader::open(&broker.client(), &topic).unwrap();
    let mut found = rest(&mut reader);
    found.sort();
    assert_eq!(found, ["first", "third", "without a number"]);

    send(&[record(&topic, 1, "third", 3), record(&topic, 1, "fifth", 5)]);
    let later = (0..LOOKS).find_map(|_| match reader.look().unwrap() {
        Looked::Record { value, place } => Some((value, place.0)),
        _ => None,
    });
    assert_eq!(later, Some((b"fifth".to_vec(), 1)));
}

#[test]
fn an_empty_topic_has_an_end_too() {
    let broker = Broker::start(None).unwrap();
    let mut reader = IncidentReader::open(&broker.client(), &Topics::default().incidents).unwrap();
    assert!(!reader.has_caught_up());
    assert!(rest(&mut reader).is_empty());
}

#[test]
fn a_topic_that_is_not_there_is_named_with_the_brokers() {
    let broker = Broker::start(None).unwrap();
    let error = IncidentReader::open(&broker.client(), "parrots").map(drop).unwrap_err().to_string();
    let expected = format!("topic parrots: the brokers at {} do not have it", broker.bootstrap());
    assert!(error.starts_with(&expected), "{error}");
}
