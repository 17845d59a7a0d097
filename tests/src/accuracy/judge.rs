//! Who judges series, and what is said about each row.

use super::series::Series;

/// What was said about one row of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mark {
    /// Evidence that something is wrong, on the judge's own scale.
    pub score: f64,
    /// Evidence from which on it is an alarm.
    pub threshold: f64,
    /// Whether the row stands out from those around it, whatever the threshold.
    pub stands_out: bool,
    /// Whether an alarm begins.
    pub alarm: bool,
}

/// Looks at a series from its beginning to its end, and never ahead.
pub trait Judge {
    /// A mark for each row.
    fn judge(&self, series: &Series) -> Vec<Mark>;
}

/// The rows in which an alarm begins.
#[must_use]
pub fn alarms(marks: &[Mark]) -> Vec<usize> {
    marks.iter().enumerate().filter(|(_, mark)| mark.alarm).map(|(row, _)| row).collect()
}
