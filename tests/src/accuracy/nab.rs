//! The scoring rules of the Numenta Anomaly Benchmark (A. Lavin, S. Ahmad, "Evaluating real-time anomaly detection
//! algorithms", ICMLA 2015, and version 1.1 of its configuration), written from the rules.
//!
//! A file has windows of rows in which something is wrong. A detection inside a window earns up to one point, the earlier
//! the more, and only the best of a window counts; a window without one costs; a detection outside costs little shortly
//! after a window and most far from any. What the first 15 % of a file's rows, at most 750, say is not looked at. The sum is
//! held against a detector that says nothing, which scores 0, and one that is perfect, which scores 100.

mod corpus;
mod results;
mod scoring;
mod verdict;

pub use corpus::{Corpus, File};
pub use results::{anomaly_scores, read, write};
pub use scoring::{PROFILES, Profile, at_threshold, five_folds, optimised};
pub use verdict::{Scored, outside};
