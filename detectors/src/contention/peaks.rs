//! How high a tenant's use goes now and then without anybody being blamed: what was seen twice is not unusual.
//!
//! A monthly batch, a nightly report: whoever has been there twice before may be there again. Only the use beyond the
//! second highest of the remembered peaks can be held against a tenant.

use serde::{Deserialize, Serialize};

/// Peaks that are remembered, the highest ones.
const MOST: usize = 8;
/// A peak may be exceeded by this much, in natural logarithms, and is still the same.
const MARGIN: f64 = 0.15;
/// Scales above usual from which use is an excursion, and below which it is over. It begins below what can be held against a
/// tenant, so that whatever might be blamed the third time was noticed the first two times.
const BEGINS: f64 = 2.0;
const ENDS: f64 = 1.0;

/// Excursions of one tenant's use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Peaks {
    highest: Vec<Peak>,
    running: Option<Running>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Peak {
    amount: f32,
    step: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Running {
    amount: f32,
    is_blamed: bool,
}

impl Peaks {
    /// Takes a step's use, `scaled` of its scales above usual. Peaks older than `oldest` are forgotten.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    pub fn step(&mut self, (step, oldest): (i64, i64), amount: f64, scaled: f64) {
        match &mut self.running {
            None if scaled > BEGINS => {
                self.running = Some(Running { amount: amount as f32, is_blamed: false });
            }
            Some(running) if scaled >= ENDS => running.amount = running.amount.max(amount as f32),
            Some(running) => {
                let over = *running;
                self.running = None;
                if !over.is_blamed {
                    self.remember(Peak { amount: over.amount, step }, oldest);
                }
            }
            None => {}
        }
    }

    /// The excursion that goes on has hurt others: it is not to become usual.
    pub fn blame(&mut self) {
        if let Some(running) = &mut self.running {
            running.is_blamed = true;
        }
    }

    /// How far the use may go and has been before, for one whose logarithm strays by `spread`: peaks stray as far as all
    /// else does. Zero until two peaks were seen.
    #[must_use]
    pub fn usual(&self, spread: f64) -> f64 {
        let margin = libm::exp(spread.max(MARGIN));
        self.highest.get(1).map_or(0.0, |second| f64::from(second.amount) * margin)
    }

    fn remember(&mut self, peak: Peak, oldest: i64) {
        self.highest.retain(|old| old.step >= oldest);
        let place = self.highest.iter().position(|old| old.amount < peak.amount).unwrap_or(self.highest.len());
        self.highest.insert(place, peak);
        self.highest.truncate(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excursion(peaks: &mut Peaks, start: i64, amount: f64) {
        peaks.step((start, 0), amount * 0.5, 4.0);
        peaks.step((start + 1, 0), amount, 9.0);
        peaks.step((start + 2, 0), 0.1, 0.0);
    }

    #[test]
    fn a_peak_seen_twice_is_usual_from_then_on() {
        let mut peaks = Peaks::default();
        excursion(&mut peaks, 10, 4.0);
        assert_eq!(peaks.usual(0.1), 0.0);
        excursion(&mut peaks, 20, 5.0);
        assert!((peaks.usual(0.1) - 4.647).abs() < 1e-3);
        for turn in 3..50 {
            excursion(&mut peaks, turn * 10, 1.0);
        }
        assert!((peaks.usual(0.1) - 4.647).abs() < 1e-3, "small ones do not push large ones out");
    }

    #[test]
    fn what_hurt_others_does_not_become_usual() {
        let mut peaks = Peaks::default();
        for turn in 1..4 {
            peaks.step((turn * 10, 0), 9.0, 9.0);
            peaks.blame();
            peaks.step((turn * 10 + 1, 0), 0.1, 0.0);
        }
        assert_eq!(peaks.usual(0.1), 0.0);
    }

    #[test]
    fn old_peaks_are_forgotten() {
        let mut peaks = Peaks::default();
        excursion(&mut peaks, 10, 4.0);
        excursion(&mut peaks, 20, 4.0);
        peaks.step((1_000, 500), 1.0, 9.0);
        peaks.step((1_001, 500), 0.1, 0.0);
        assert_eq!(peaks.usual(0.1), 0.0);
    }
}
