//! How well detection works: floors that must not be broken, and, ignored by default, the tables of `docs/accuracy.md`.
//!
//! `make accuracy` prints the tables; they take some minutes. What needs the labelled sets says that it is skipped where
//! they are not: see `tidewatch_tests::accuracy::library`.

mod calibration;
mod injected;
mod nab;
mod noisy;
mod public;
