//! What every target does with its bytes, and what must hold whatever they are.

use std::sync::{Arc, LazyLock};

use tidewatch_ingest::logs::{self, Line, LogFormat, SIGNALS};
use tidewatch_ingest::{Format, Ingest, Settings, Source, SourceRecord};
use tidewatch_schemas::{Timestamp, wire};

const FORMATS: [Format; 5] =
    [Format::OtlpMetricsProto, Format::OtlpLogsProto, Format::OtlpMetricsJson, Format::OtlpLogsJson, Format::JsonLines];

static INGEST: LazyLock<Ingest> = LazyLock::new(|| {
    let sources = FORMATS.map(|format| Source { topics: vec![format.name().to_owned()], format });
    Ingest::new(Settings { sources: sources.to_vec(), ..Settings::default() }).expect("sound settings")
});

/// Ingests one record: nothing may panic, and what comes out survives the wire.
pub fn ingest(format: Format, bytes: &[u8]) {
    let topic = Arc::from(format.name());
    let received = Timestamp(1_795_342_714_149);
    let record =
        SourceRecord { topic: &topic, partition: 0, offset: 0, received, key: None, value: Some(bytes), headers: &[] };
    let handled = INGEST.handle(&record);
    for envelope in &handled.envelopes {
        assert_eq!(wire::decode(&wire::encode(envelope)).as_ref(), Ok(envelope));
    }
    assert!(handled.rejects.iter().all(|reject| reject.count > 0 && reject.detail.len() < 2_048));
}

/// Reads one record of `tidewatch.observations`: what can be read at all reads the same after writing it. Values that are
/// not numbers compare by their bytes.
pub fn observations(bytes: &[u8]) {
    if let Ok(envelope) = wire::decode(bytes) {
        let written = wire::encode(&envelope);
        let again = wire::decode(&written).expect("what was written can be read");
        assert_eq!(wire::encode(&again), written);
    }
}

/// Reads one log line: what it says is finite, of a known signal, and under a short label. The first byte chooses what the
/// agent says beside it.
pub fn log_line(format: LogFormat, bytes: &[u8]) {
    const SCOPES: [&str; 4] = ["", "werkzeug", "odoo.http", "client backend"];
    let (first, rest) = bytes.split_first().unwrap_or((&0, bytes));
    let scope = SCOPES[usize::from(*first) % SCOPES.len()];
    let body = String::from_utf8_lossy(rest);
    let Some(reading) = logs::read(format, &Line { body: &body, scope, severity: "ERROR", attributes: &[] }) else {
        return;
    };
    assert!(!reading.facts.is_empty() || reading.lock.is_some());
    for fact in &reading.facts {
        assert!(fact.value.is_finite() && fact.value >= 0.0);
        assert!(SIGNALS.contains(&fact.of) && fact.label.len() <= 80);
    }
}
