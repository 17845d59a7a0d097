//! Short windows of a series, averaged to minutes.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Origin, Timestamp};

use crate::window::Closed;

/// The shortest window that seasons are learned from, in milliseconds.
pub const MINUTE_MS: i64 = 60_000;

/// The minute that is not over, if any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Minute {
    last: Option<Timestamp>,
    open: Option<Open>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    start: Timestamp,
    sum: f64,
    count: u32,
    weight: Option<f64>,
    origin: Origin,
}

impl Minute {
    /// Whether `window` is one of several of a minute: it is short, and the one before was less than a minute earlier.
    #[must_use]
    pub fn is_short(&self, window: &Closed) -> bool {
        window.width_ms < MINUTE_MS && self.last.is_none_or(|last| window.start - last < MINUTE_MS)
    }

    /// The open minute, when `window` is in a later one.
    pub fn end_before(&mut self, window: &Closed) -> Option<(Closed, Origin)> {
        self.last = Some(window.start);
        let over = self.open.take_if(|open| open.start != window.start.floor_to(MINUTE_MS))?;
        Some((over.closed(), over.origin))
    }

    /// Adds a short window. The minute, when it was the last that fits.
    pub fn add(&mut self, window: &Closed, origin: &Origin) -> Option<Closed> {
        let start = window.start.floor_to(MINUTE_MS);
        let open =
            self.open.get_or_insert_with(|| Open { start, sum: 0.0, count: 0, weight: None, origin: origin.clone() });
        open.sum += window.value;
        open.count += 1;
        if let Some(weight) = window.weight {
            *open.weight.get_or_insert_default() += weight;
        }
        open.origin = origin.clone();
        let is_last = window.end() + window.width_ms > start + MINUTE_MS;
        if is_last { self.open.take().map(|open| open.closed()) } else { None }
    }
}

impl Open {
    fn closed(&self) -> Closed {
        let value = self.sum / f64::from(self.count.max(1));
        Closed { start: self.start, width_ms: MINUTE_MS, value, weight: self.weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(windows: &[(i64, f64)]) -> Vec<(i64, f64)> {
        let (mut minute, mut told) = (Minute::default(), Vec::new());
        let origin = Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 };
        for (second, value) in windows {
            let window = Closed { start: Timestamp(second * 1_000), width_ms: 10_000, value: *value, weight: None };
            let is_short = minute.is_short(&window);
            told.extend(minute.end_before(&window).map(|(closed, _)| closed));
            if is_short {
                told.extend(minute.add(&window, &origin));
            } else {
                told.push(window);
            }
        }
        told.into_iter().map(|closed| (closed.start.0 / 1_000, closed.value)).collect()
    }

    #[test]
    fn six_windows_of_ten_seconds_are_a_minute_and_missing_ones_are_not_zeros() {
        let six = [(0, 1.0), (10, 2.0), (20, 3.0), (30, 4.0), (40, 5.0), (50, 6.0)];
        assert_eq!(minutes(&six), [(0, 3.5)]);
        assert_eq!(minutes(&[(0, 1.0), (10, 2.0), (60, 3.0)]), [(0, 1.5)]);
    }

    #[test]
    fn windows_a_minute_or_more_apart_are_judged_as_they_are() {
        assert_eq!(minutes(&[(0, 1.0), (60, 2.0), (120, 3.0)]), [(0, 1.0), (60, 2.0), (120, 3.0)]);
    }
}
