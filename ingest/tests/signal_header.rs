//! Metrics and logs in one topic: the header says which a record carries.

use tidewatch_ingest::{Format, Header, Ingest, Settings, Source, SourceRecord};
use tidewatch_schemas::{RejectReason, Timestamp};

#[expect(clippy::unwrap_used, reason = "a test stops at what cannot be")]
fn handle(signal: Option<&str>, value: &[u8]) -> tidewatch_ingest::Handled {
    let sources = vec![Source { topics: vec!["otlp".to_owned()], format: Format::OtlpProto }];
    let ingest = Ingest::new(Settings { sources, ..Settings::default() }).unwrap();
    let headers: Vec<Header> = signal
        .map(|signal| Header { name: "otelcol.signal".to_owned(), value: signal.as_bytes().to_vec() })
        .into_iter()
        .collect();
    let record = SourceRecord {
        topic: &"otlp".into(),
        partition: 0,
        offset: 0,
        received: Timestamp(1_795_342_714_149),
        key: None,
        value: Some(value),
        headers: &headers,
    };
    ingest.handle(&record)
}

#[test]
fn the_header_decides_how_a_record_is_read() {
    let empty_request: &[u8] = &[10, 0];
    for signal in ["metrics", "logs"] {
        assert!(handle(Some(signal), empty_request).rejects.is_empty(), "{signal}");
    }
}

#[test]
fn a_record_that_does_not_say_its_signal_is_refused_with_advice() {
    let cases = [(None, "is missing; set signal_header"), (Some("traces"), "\"traces\"; it must be metrics or logs")];
    for (signal, advice) in cases {
        let handled = handle(signal, &[10, 0]);
        assert_eq!(handled.rejects[0].reason, RejectReason::Malformed, "{signal:?}");
        assert!(handled.rejects[0].detail.contains(advice), "{}", handled.rejects[0].detail);
    }
}
