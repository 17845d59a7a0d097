//! Incidents for people: from the records of their topic to what is shown of them.
//!
//! | module | does |
//! |---|---|
//! | `log` | keeps the revisions of every incident, and finds one by the beginning of its identity |
//! | `text` | reads records from a text: JSON lines, or the object that the demo and back-tests print |
//! | `selection` | which incidents are wanted, and in which order |
//! | `listing` | a table of them |
//! | `story` | one of them, with everything that is known |
//! | `line` | one revision on one line |
//! | `changes` | what differs between two revisions, in words |
//! | `bar` | where a value lies against what is usual, as a picture of 20 characters |
//! | `sparkline` | the course of a series as a picture of one line |
//! | `report` | the same as JSON |
//!
//! Everything here is a function of its arguments: *now*, the width of the terminal and whether colours are wanted are
//! given by whoever asks.

mod bar;
mod changes;
mod line;
mod listing;
mod log;
mod report;
mod selection;
mod sparkline;
mod story;
mod text;

pub use line::line;
pub use listing::list;
pub use log::{Log, NotOne};
pub use report::{Listed, Told};
pub use selection::{Listing, Selection, Wanted};
pub use story::story;
pub use text::read;

use tidewatch_schemas::incident::State;
use tidewatch_schemas::{Incident, Timestamp};

/// Whether nobody needs to do anything about it any more.
#[must_use]
pub fn is_over(incident: &Incident) -> bool {
    incident.state == State::Resolved
}

/// How an incident is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The moment to which lengths of time are counted.
    pub now: Timestamp,
    /// Most columns of a line.
    pub width: usize,
    /// Whether ANSI colours are wanted.
    pub colour: bool,
}

#[cfg(test)]
mod tests;
