//! What `new normal` does to a baseline: the level of the latest windows becomes the usual one at once. What is known of
//! hours and weekdays, of scales and of tails stays, since a new level says nothing about them.

use super::lasting::Lasting;
use super::{Slot, State};
use crate::calendar::Day;

impl State {
    /// Makes the level of now the usual one. `day` is the one that holds [`State::next_start`].
    pub fn adopt(&mut self, day: &Day) {
        let slot = Slot::of(day, self.pace.next_start());
        self.levels.adopt(self.profile.usual(slot, self.pace.a_day()));
        self.lasting = Lasting::default();
        self.episode.end();
    }
}
