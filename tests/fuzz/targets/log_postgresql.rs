//! Feeds lines to the parser of PostgreSQL, which tells the forms apart itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidewatch_fuzz::log_line;
use tidewatch_ingest::logs::LogFormat;

fuzz_target!(|bytes: &[u8]| log_line(LogFormat::Postgresql, bytes));
