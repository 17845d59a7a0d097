//! The open windows of one series, in a bounded ring: out-of-order values find their window, late ones are told apart.
//!
//! A window is closed when its series' own newest event, or the pool's time, has passed its end by the lateness.
//! A slow agent so loses nothing because a fast one moved on.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tidewatch_schemas::{Origin, Timestamp};

use crate::window::{Sample, Window};

/// Most windows of one series that are open at a time; the oldest gives way.
pub const MOST_OPEN: usize = 8;

/// Open windows, by start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ring {
    open: VecDeque<Window>,
    closed_until: Option<Timestamp>,
}

/// The value's window had been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// Up to when windows were closed.
    pub closed_until: Timestamp,
}

/// Where in event time a sample belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its event time.
    pub at: Timestamp,
    /// Width of a window in milliseconds.
    pub width_ms: i64,
    /// Where it came from.
    pub origin: &'a Origin,
}

impl Ring {
    /// Adds a sample to its window.
    ///
    /// # Errors
    /// When that window was closed before.
    pub fn add(&mut self, place: Place<'_>, sample: Sample) -> Result<(), Late> {
        let start = place.at.floor_to(place.width_ms);
        if let Some(closed_until) = self.closed_until.filter(|until| start < *until) {
            return Err(Late { closed_until });
        }
        let position = self.open.partition_point(|window| window.start < start);
        if self.open.get(position).is_none_or(|window| window.start != start) {
            self.open.insert(position, Window::starting(start, place.origin.clone()));
        }
        if let Some(window) = self.open.get_mut(position) {
            window.add(place.at, sample, place.origin);
        }
        Ok(())
    }

    /// Takes out the oldest window that ends at or before `until`, or that must give way to newer ones.
    pub fn close_next(&mut self, until: Timestamp, width_ms: i64) -> Option<Window> {
        let oldest = self.open.front()?;
        if oldest.start + width_ms > until && self.open.len() <= MOST_OPEN {
            return None;
        }
        let window = self.open.pop_front()?;
        self.closed_until = Some(window.start + width_ms);
        Some(window)
    }

    /// Counts windows that start before `until` as closed, although nothing came for them.
    pub fn close_until(&mut self, until: Timestamp) {
        self.closed_until = self.closed_until.max(Some(until));
    }

    /// Start of the oldest open window.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        self.open.front().map(|window| window.start)
    }

    /// Up to when windows were closed.
    #[must_use]
    pub fn closed_until(&self) -> Option<Timestamp> {
        self.closed_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 }
    }

    fn add(ring: &mut Ring, at: i64) -> Result<(), Late> {
        let origin = origin();
        ring.add(Place { at: Timestamp(at), width_ms: 10, origin: &origin }, Sample::Level(1.0))
    }

    fn starts(ring: &mut Ring, until: i64) -> Vec<i64> {
        std::iter::from_fn(|| ring.close_next(Timestamp(until), 10)).map(|window| window.start.0).collect()
    }

    #[test]
    fn windows_close_in_order_whatever_the_order_of_arrival() {
        let mut ring = Ring::default();
        for at in [25, 3, 14, 21, 7] {
            add(&mut ring, at).unwrap();
        }
        assert_eq!(starts(&mut ring, 20), [0, 10]);
        assert_eq!(ring.oldest(), Some(Timestamp(20)));
    }

    #[test]
    fn a_value_of_a_closed_window_is_late_and_changes_nothing() {
        let mut ring = Ring::default();
        add(&mut ring, 5).unwrap();
        assert_eq!(starts(&mut ring, 10), [0]);
        assert_eq!(add(&mut ring, 9), Err(Late { closed_until: Timestamp(10) }));
        assert_eq!(ring.oldest(), None);
        assert_eq!(add(&mut ring, 10), Ok(()));
    }

    #[test]
    fn the_ring_is_bounded() {
        let mut ring = Ring::default();
        for at in 0..100 {
            add(&mut ring, at * 10).unwrap();
            while ring.close_next(Timestamp(0), 10).is_some() {}
            assert!(ring.open.len() <= MOST_OPEN);
        }
    }
}
