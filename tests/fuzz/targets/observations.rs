//! Feeds records of `tidewatch.observations` to their decoder.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidewatch_fuzz::observations;

fuzz_target!(|bytes: &[u8]| observations(bytes));
