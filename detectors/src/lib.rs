//! Statistics and decisions: from observations of one series to windows, findings and incidents.
//!
//! Everything here is a function of its arguments: no clock, no I/O, no randomness, no hash-map order. The same
//! observations in the same order give the same findings on any machine. Logarithms and exponentials come from `libm`
//! rather than from the host, whose last digit differs between systems.
//!
//! | module | decides |
//! |---|---|
//! | [`counter`], [`buckets`] | what a sum or a histogram did since it was last seen |
//! | [`window`], [`ring`] | which event-time window a value belongs to, and when that window is closed |
//! | [`series`] | the path of one series: value, window, judgement |
//! | [`baseline`] | whether a window fits what the series usually does |
//! | [`silence`] | whether something that reports regularly has stopped |
//! | [`tail`] | how surprising a deviation is, and how much surprise is too much |
//! | [`grouping`] | which findings are one incident, and when it is over |

pub mod baseline;
pub mod buckets;
pub mod counter;
pub mod detector;
pub mod grouping;
pub mod number;
pub mod ring;
pub mod series;
pub mod silence;
pub mod tail;
pub mod window;
pub mod wording;

pub use baseline::Baseline;
pub use detector::{Detector, Judged, Moment};
pub use grouping::Grouping;
pub use series::{SeriesState, Settings};
