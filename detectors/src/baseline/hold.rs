//! One alarm for one trouble: after an alarm only a clearly greater surprise is another.

use serde::{Deserialize, Serialize};

/// How much greater a surprise must be right after an alarm.
const ESCALATION: f32 = 0.2;
/// Windows over which that demand fades.
const ESCALATION_WINDOWS: f32 = 20.0;
/// An alarm is held as one of at most this surprise: the size of a wild value says nothing of the next trouble.
const MOST: f32 = 30.0;
/// Days over which the level of the last alarm fades: what is left of a trouble on the next day is still that trouble.
const FADING_DAYS: f32 = 1.5;
/// Fewest windows over which it does.
const FEWEST: f32 = 24.0;

/// The surprise of the last alarm, fading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    level: f32,
    since: f32,
}

impl Hold {
    /// Whether `surprise` is an alarm, given that anything up to `threshold` is not, in a series of `a_day` windows a day.
    pub fn step(&mut self, surprise: f32, threshold: f32, a_day: f32) -> bool {
        self.since += 1.0;
        let alarm = surprise > self.needed().max(threshold);
        if alarm {
            (self.level, self.since) = (surprise.min(MOST), 0.0);
        } else {
            self.level -= self.level / (FADING_DAYS * a_day).max(FEWEST);
        }
        alarm
    }

    /// The surprise that is needed for another alarm, whatever the threshold.
    pub fn needed(&self) -> f32 {
        if self.since > 5.0 * ESCALATION_WINDOWS {
            return self.level;
        }
        self.level * (1.0 + ESCALATION * libm::expf(-self.since / ESCALATION_WINDOWS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_that_stays_alarms_once_and_one_that_grows_again() {
        let mut hold = Hold::default();
        let alarms: Vec<bool> =
            [9.0, 9.0, 8.5, 10.0, 20.0, 19.0].map(|surprise| hold.step(surprise, 7.0, 288.0)).into();
        assert_eq!(alarms, [true, false, false, false, true, false]);
    }

    #[test]
    fn a_wild_value_is_held_like_any_great_one() {
        let (mut wild, mut great) = (Hold::default(), Hold::default());
        wild.step(9_000.0, 7.0, 288.0);
        great.step(40.0, 7.0, 288.0);
        assert_eq!(wild, great);
    }

    #[test]
    fn the_next_trouble_is_another_alarm_once_the_last_has_faded() {
        let mut hold = Hold::default();
        assert!(hold.step(12.0, 7.0, 288.0));
        (0..300).for_each(|_| {
            hold.step(1.0, 7.0, 288.0);
        });
        assert!(hold.step(9.0, 7.0, 288.0));
    }
}
