//! How long a trouble lasts: from the first window outside the band to the last one.
//!
//! An alarm is one moment; people want to know since when and whether it goes on. After an alarm every window that is
//! still outside the band on the same side belongs to it, until two in a row are inside, or until the trouble has lasted
//! so long that it is the new normal.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::finding::{Channel, Side};

use super::channels::Voice;
use super::hold::Hold;

/// Windows in a row inside the band that end a trouble.
const CALM: u8 = 2;

/// What is remembered of the trouble that goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    hold: Hold,
    /// Since when windows are outside the band, and on which side.
    outside: Option<(Side, Timestamp)>,
    trouble: Option<Trouble>,
    calm: u8,
}

/// A trouble that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// Start of the first window that did not fit.
    pub since: Timestamp,
    /// On which side.
    pub side: Side,
    /// What spoke loudest when it was loudest.
    pub channel: Channel,
    /// Its share of the evidence.
    pub share: f32,
    /// The most surprise so far.
    pub surprise: f32,
}

/// A window, as it bears on the trouble.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Its start.
    pub start: Timestamp,
    /// On which harmful side of the band it lies; `None` inside.
    pub outside: Option<Side>,
    /// What the comparisons say.
    pub voice: Voice,
    /// How much surprise is too much.
    pub threshold: f32,
    /// Windows of a day.
    pub a_day: f32,
    /// How long a trouble may last, in milliseconds.
    pub adopt_after_ms: i64,
}

impl Episode {
    /// Takes in a window. Says whether it is an alarm, and the trouble that it belongs to.
    pub fn step(&mut self, seen: &Seen) -> (bool, Option<Trouble>) {
        let alarm = self.hold.step(seen.voice.surprise, seen.threshold, seen.a_day);
        self.outside = seen.outside.map(|side| match self.outside {
            Some((same, since)) if same == side => (side, since),
            _ => (side, seen.start),
        });
        if alarm {
            self.raise(seen);
        } else {
            self.last(seen);
        }
        (alarm, self.trouble.filter(|trouble| alarm || seen.outside == Some(trouble.side)))
    }

    /// Whatever goes on is trouble no more.
    pub fn end(&mut self) {
        (self.outside, self.trouble, self.calm) = (None, None, 0);
    }

    /// Since when the trouble that goes on lasts.
    pub fn trouble_since(&self) -> Option<Timestamp> {
        self.trouble.map(|trouble| trouble.since)
    }

    /// The surprise that is needed because of the last alarm.
    pub fn needed(&self) -> f32 {
        self.hold.needed()
    }

    /// An alarm begins a trouble, or makes the one that goes on worse.
    fn raise(&mut self, seen: &Seen) {
        let Voice { surprise, channel, side, share } = seen.voice;
        let began = self.outside.filter(|(where_, _)| *where_ == side).map_or(seen.start, |(_, since)| since);
        let since = self.trouble.filter(|trouble| trouble.side == side).map_or(began, |trouble| trouble.since);
        self.trouble = Some(Trouble { since, side, channel, share, surprise });
        self.calm = 0;
    }

    fn last(&mut self, seen: &Seen) {
        let Some(trouble) = self.trouble else { return };
        self.calm = if seen.outside == Some(trouble.side) { 0 } else { self.calm + 1 };
        if self.calm >= CALM || seen.start - trouble.since > seen.adopt_after_ms {
            self.trouble = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `(outside, surprise)` and returns alarms and since when the trouble of each window lasts.
    fn told(windows: &[(bool, f32)]) -> Vec<(bool, Option<i64>)> {
        let mut episode = Episode::default();
        let voice = |surprise| Voice { surprise, channel: Channel::Level, side: Side::Above, share: 1.0 };
        let step = |(start, (outside, surprise)): (i64, &(bool, f32))| {
            let outside = outside.then_some(Side::Above);
            let (start, voice) = (Timestamp(start), voice(*surprise));
            let (alarm, trouble) =
                episode.step(&Seen { start, outside, voice, threshold: 7.0, a_day: 288.0, adopt_after_ms: 6 });
            (alarm, trouble.map(|trouble| trouble.since.0))
        };
        (0..).zip(windows).map(step).collect()
    }

    #[test]
    fn a_trouble_begins_where_the_band_was_left_and_ends_after_two_calm_windows() {
        let windows =
            [(true, 3.0), (true, 9.0), (true, 1.0), (false, 0.0), (true, 1.0), (false, 0.0), (false, 0.0), (true, 1.0)];
        let since = told(&windows).into_iter().map(|(_, since)| since).collect::<Vec<_>>();
        assert_eq!(since, [None, Some(0), Some(0), None, Some(0), None, None, None]);
    }

    #[test]
    fn a_trouble_that_lasts_becomes_normal() {
        let windows: Vec<_> = (0..12).map(|turn| (true, if turn == 0 { 9.0 } else { 1.0 })).collect();
        let lasting = told(&windows).into_iter().filter(|(_, since)| since.is_some()).count();
        assert_eq!(lasting, 7);
    }
}
