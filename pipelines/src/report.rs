//! Back-tests as pictures: one page that stands by itself, and single series as SVG files.
//!
//! | module | does |
//! |---|---|
//! | [`plot`] | a series of any length as a bounded number of columns |
//! | `scale` | where values and times stand, and round numbers for axes |
//! | `picture` | a plot as SVG |
//! | `page` | all plots with their tables as HTML |
//! | `markup` | text that must not become markup |
//!
//! Everything is a function of its arguments, so the same input gives the same bytes. A page needs no network: styles and
//! the few lines of script that read values under the pointer are in it.

mod markup;
mod page;
mod picture;
pub mod plot;
mod scale;

pub use page::{Page, page};
pub use picture::standalone;
pub use plot::Plot;
