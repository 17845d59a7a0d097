//! What the series of one class share: those of one signal, of tenants of one kind, in one pool.

use serde::{Deserialize, Serialize};

use crate::baseline::fleet::{Fleet, Report};
use crate::baseline::knob::Prior;

/// What is remembered of a class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Class {
    fleet: Fleet,
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

    /// Whether anything changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}
