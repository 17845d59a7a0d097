//! Feeds lines of which nobody says what they are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidewatch_fuzz::log_line;
use tidewatch_ingest::logs::LogFormat;

fuzz_target!(|bytes: &[u8]| log_line(LogFormat::Recognise, bytes));
