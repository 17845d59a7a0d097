//! Feeds `otlp_metrics_proto` records to ingest.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidewatch_fuzz::ingest;
use tidewatch_ingest::Format;

fuzz_target!(|bytes: &[u8]| ingest(Format::OtlpMetricsProto, bytes));
