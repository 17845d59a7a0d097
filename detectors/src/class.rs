//! What the series of one class share: those of one signal in one pool.

use serde::{Deserialize, Serialize};

use crate::baseline::fleet::{Fleet, Report};
use crate::baseline::knob::Prior;
use crate::effects::{ClassEffects, Effects, Explained, Occasion};

/// What is remembered of a class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Class {
    fleet: Fleet,
    effects: ClassEffects,
    /// Of series that can be negative, whose effects are in another unit.
    signed_effects: ClassEffects,
    #[serde(skip)]
    changed: bool,
}

impl Class {
    /// What is to be expected of a series of the class.
    #[must_use]
    pub fn prior(&self) -> Prior {
        self.fleet.prior()
    }

    /// Takes in what a series tells.
    pub fn hear(&mut self, report: &Report) {
        self.changed = true;
        self.fleet.hear(report);
    }

    /// What the calendar makes of a window of a series that knows `own`; a special day that is over is learned.
    pub fn explain(&mut self, own: &mut Effects, occasion: &Occasion<'_>) -> Explained {
        self.changed |= own.has_waiting(occasion.day);
        own.expect(self.effects_of(own), occasion)
    }

    /// Takes note of what the window was. Comes after [`Self::explain`] of the same window.
    pub fn learn(&mut self, own: &mut Effects, occasion: &Occasion<'_>, value: f64) {
        let was_signed = own.is_signed();
        own.learn(self.effects_of(own), occasion, value);
        self.changed |= was_signed != own.is_signed();
    }

    /// What the calendar would make of a window, for people who ask.
    #[must_use]
    pub fn foresee(&self, own: &Effects, occasion: &Occasion<'_>) -> Explained {
        own.foresee(if own.is_signed() { &self.signed_effects } else { &self.effects }, occasion)
    }

    /// Lets a series begin anew: what it contributed is taken out.
    pub fn forget(&mut self, own: &mut Effects) {
        self.changed = true;
        own.leave(self.effects_of(own));
    }

    fn effects_of(&mut self, own: &Effects) -> &mut ClassEffects {
        if own.is_signed() { &mut self.signed_effects } else { &mut self.effects }
    }

    /// Whether anything changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}
