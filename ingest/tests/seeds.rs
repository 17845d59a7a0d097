//! The seeds of the fuzz targets: real encodings of small records, which the fuzzer damages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use std::fs;
use std::path::{Path, PathBuf};

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message;
use tidewatch_ingest::Format;
use tidewatch_schemas::{Content, Envelope, Tick, wire};

/// Log lines; in their targets a byte goes before them that stands for the scope.
const LINES: [&str; 5] = [
    "2026-11-22 10:19:12,770 2874 INFO acme werkzeug: 10.1.1.5 - - [22/Nov/2026 10:19:12] \"GET /my HTTP/1.0\" 200 - 9 0.010 0.008",
    "2026-11-22 10:19:12,770 2874 INFO acme odoo.x: Job 'Mail' (3) fully done (#loop 1; done 1; remaining 0; duration 0.05s)",
    "2026-11-22 10:30:43.622 UTC [7428] odoo@acme app LOG:  process 7428 acquired ShareLock on transaction 1 after 9.5 ms",
    "2026-11-22 10:30:43.622 UTC,\"odoo\",\"acme\",7428,\"::1\",6b.1,3,\"idle\",,,0,LOG,00000,\"duration: 1.5 ms  statement: \
     select \"\"a\"\"\",,,,,,,,,\"\",\"client backend\",,0",
    "{\"error_severity\":\"FATAL\",\"dbname\":\"acme\",\"message\":\"sorry, too many clients already\"}",
];

/// Folder of the target, name of the seed, its bytes.
fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let single = samples::metric("a.level", "1", samples::gauge(vec![samples::number(Number::AsInt(1))]));
    let single = samples::metrics(samples::acme(), vec![single]);
    let every = samples::metrics(samples::acme(), samples::every_kind());
    let logs = samples::logs(samples::acme(), vec![samples::log_record(17, "no"), samples::log_record(9, "yes")]);
    let lines = include_str!("fixtures/recorded.jsonl");
    let line = lines.lines().next().unwrap_or_default();
    let envelope = |request: &[u8]| {
        let handled = samples::handle(Format::OtlpMetricsProto, Some(request));
        wire::encode(&handled.envelopes[0])
    };
    let tick = Tick { at: samples::RECEIVED, instance: "ingest-0".into() };
    vec![
        ("otlp_metrics_proto", "single", single.encode_to_vec()),
        ("otlp_metrics_proto", "every_kind", every.encode_to_vec()),
        ("otlp_metrics_json", "single", serde_json::to_vec(&single).expect("it is JSON")),
        ("otlp_metrics_json", "every_kind", serde_json::to_vec(&every).expect("it is JSON")),
        ("otlp_logs_proto", "two", logs.encode_to_vec()),
        ("otlp_logs_json", "two", serde_json::to_vec(&logs).expect("it is JSON")),
        ("json_lines", "one", line.as_bytes().to_vec()),
        ("json_lines", "two", format!("{line}\n{line}\n").into_bytes()),
        ("log_odoo", "request", format!("0{}", LINES[0]).into_bytes()),
        ("log_odoo", "job", format!("0{}", LINES[1]).into_bytes()),
        ("log_postgresql", "stderr", format!("0{}", LINES[2]).into_bytes()),
        ("log_postgresql", "csv", format!("0{}", LINES[3]).into_bytes()),
        ("log_postgresql", "json", format!("0{}", LINES[4]).into_bytes()),
        ("log_recognise", "request", format!("0{}", LINES[0]).into_bytes()),
        ("log_recognise", "csv", format!("0{}", LINES[3]).into_bytes()),
        ("observations", "every_kind", envelope(&every.encode_to_vec())),
        ("observations", "tick", wire::encode(&Envelope { content: Content::Tick(tick) })),
    ]
}

fn path(target: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(target).join(name)
}

#[test]
fn every_seed_is_what_the_decoders_read_today() {
    for (target, name, bytes) in seeds() {
        let path = path(target, name);
        let stored = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(stored == bytes, "{} differs; run this with --ignored to write it", path.display());
    }
}

#[test]
#[ignore = "writes the seeds into tests/fuzz/corpus"]
fn write_the_seeds() {
    for (target, name, bytes) in seeds() {
        let path = path(target, name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, bytes).expect("the seed can be written");
    }
}
