//! How well detection works, in numbers: the benchmarks, the sets with labels, the made-up series, and what judges them.
//!
//! Everything here is a function of its input. Series are made from a seed ([`noise`]), sets are read from a folder that is
//! no part of the repository ([`library`]), and whatever judges a series is a [`judge::Judge`]: Tidewatch's detectors
//! ([`tidewatch`]) and the two plain ones that they are held against ([`naive`]). `tests/accuracy.rs` holds floors that
//! must not be broken and prints the tables of `docs/accuracy.md`.
//!
//! | module | holds |
//! |---|---|
//! | [`series`], [`csv`], [`library`] | what is judged, and where it comes from |
//! | [`judge`], [`tidewatch`], [`naive`] | who judges |
//! | [`nab`] | the rules of the Numenta Anomaly Benchmark |
//! | [`events`], [`sets`] | the rules for sets with a label per row, and those sets |
//! | [`noise`], [`families`], [`faults`] | series that are made up, without and with a fault |
//! | [`side_by_side`], [`table`] | how it is run on every core, and how figures are printed |

pub mod csv;
pub mod events;
pub mod families;
pub mod faults;
pub mod judge;
pub mod library;
pub mod nab;
pub mod naive;
pub mod noise;
pub mod series;
pub mod sets;
pub mod side_by_side;
pub mod table;
pub mod tidewatch;
