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
//! | [`baseline`] | whether a window fits what its series does at this time |
//! | [`bar`] | how much more evidence a series needs because of false alarms |
//! | [`calendar`] | what day it is for a tenant |
//! | [`class`] | what series of one kind have in common |
//! | [`effects`] | what special days do to a series |
//! | [`cusum`] | whether deviations of short windows last |
//! | [`flatline`] | whether a value that usually changes has stopped changing |
//! | [`specialists`] | who of the following judges a series |
//! | [`monotone`] | whether level, growth or share is what is to be judged |
//! | [`weight`] | how much a value means that stands on few events |
//! | [`shift`] | whether the level has changed and stays changed |
//! | [`sparse`] | whether rare events stay away, crowd together or have another size |
//! | [`states`] | whether a state is entered seldom, or held longer than ever |
//! | [`spell`] | how long something lasts before it ends |
//! | [`silence`] | whether something that reports regularly has stopped |
//! | [`surprise`] | how surprising a deviation is, and how much surprise is too much |
//! | [`contention`] | who hurts whom on a resource that tenants share |
//! | [`bottleneck`] | where the time of slow requests goes |
//! | [`cost`] | who pays which part of a shared resource, and what a culprit's excess cost the others |
//! | [`locks`] | who waits for whose lock |
//! | [`grouping`] | which findings are one incident, and when it is over |

pub mod bar;
pub mod baseline;
pub mod bottleneck;
pub mod buckets;
pub mod calendar;
pub mod class;
pub mod contention;
pub mod cost;
pub mod counter;
pub mod cusum;
pub mod detector;
pub mod effects;
#[cfg(test)]
mod families;
pub mod flatline;
pub mod grouping;
pub mod judgement;
pub mod judges;
pub mod locks;
pub mod minute;
pub mod monotone;
pub mod notice;
pub mod number;
pub mod ring;
pub mod series;
pub mod shift;
pub mod signal_scale;
pub mod silence;
pub mod sparse;
pub mod specialists;
pub mod spell;
pub mod states;
pub mod surprise;
pub mod watched;
pub mod weight;
pub mod window;
pub mod wording;

pub use baseline::Baseline;
pub use calendar::Day;
pub use class::Class;
pub use contention::Contention;
pub use cost::Cost;
pub use cusum::Cusum;
pub use detector::{Detector, Judged, Moment};
pub use grouping::Grouping;
pub use judgement::{Judgement, Verdicts};
pub use series::{SeriesState, Settings};
