//! What an incident record says of itself to readers of CloudEvents 1.0, in the binary mode of its Kafka binding: the attributes
//! are headers, the value stays as it is.
//!
//! Source and identifier are those of the output, so that a repeat of a record is the same event.

/// Headers of an incident record: `source` is the source partition, `sequence` the number of the output, `incident` the key.
#[must_use]
pub fn headers(topic: &str, (source, sequence): (i32, u64), incident: &[u8]) -> [(&'static str, String); 6] {
    [
        ("ce_specversion", "1.0".to_owned()),
        ("ce_type", "tidewatch.incident".to_owned()),
        ("ce_source", format!("/{topic}/{source}")),
        ("ce_id", sequence.to_string()),
        ("ce_subject", String::from_utf8_lossy(incident).into_owned()),
        ("content-type", "application/json".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_by_its_output_and_says_which_incident_it_is_about() {
        let headers = headers("tidewatch.incidents", (3, 17), b"7c465eb1cc6f11ef39554e6cae1c8a18");
        let of = |name| headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str());
        assert_eq!(of("ce_source").zip(of("ce_id")), Some(("/tidewatch.incidents/3", "17")));
        assert_eq!(of("ce_subject"), Some("7c465eb1cc6f11ef39554e6cae1c8a18"));
        assert_eq!(of("content-type"), Some("application/json"));
    }
}
