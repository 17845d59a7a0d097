//! Series in which something goes wrong after thirty ordinary days, and for how long it does.

use std::f64::consts::TAU;
use std::ops::Range;

use super::noise::Noise;
use super::series::Series;

/// Seconds between two values.
const EVERY: i64 = 300;
/// Values of a day.
const A_DAY: usize = 288;
/// Values of an hour.
const AN_HOUR: usize = 12;
/// Ordinary days before the fault.
const HISTORY: usize = 30;
/// When the daily peak begins and how long it lasts, in values.
const PEAK: Range<usize> = 9 * AN_HOUR..12 * AN_HOUR;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What it is.
    pub name: &'static str,
    /// How long it lasts, in values.
    pub lasts: usize,
    /// Whether it must always be found at the default of the knob.
    pub is_plain: bool,
    /// Hour of the day at which it begins, or any.
    begins: Option<usize>,
    ordinary: fn(&mut Noise, usize) -> f64,
    /// The value `after` values into the fault, from the ordinary one and the one before it.
    wrong: fn(&mut Noise, Moment) -> f64,
}

/// A value inside a fault.
#[derive(Clone, Copy, Debug)]
struct Moment {
    after: usize,
    row: usize,
    ordinary: f64,
    before: f64,
}

/// All of them.
pub const FAULTS: [Fault; 14] = [
    Fault {
        name: "none (24 h)",
        lasts: A_DAY,
        is_plain: false,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.ordinary,
    },
    Fault {
        name: "spike of 6 sd",
        lasts: 1,
        is_plain: false,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.ordinary + 6.0,
    },
    Fault {
        name: "spike of 10 sd",
        lasts: 1,
        is_plain: true,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.ordinary + 10.0,
    },
    Fault {
        name: "level +3 sd",
        lasts: A_DAY,
        is_plain: true,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.ordinary + 3.0,
    },
    Fault {
        name: "level +1.5 sd",
        lasts: A_DAY,
        is_plain: true,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.ordinary + 1.5,
    },
    Fault {
        name: "level -3 sd",
        lasts: A_DAY,
        is_plain: true,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.ordinary - 3.0,
    },
    Fault {
        name: "drift +4 sd over 7 days",
        lasts: 7 * A_DAY,
        is_plain: false,
        begins: None,
        ordinary: daily,
        wrong: drift,
    },
    Fault {
        name: "flatline 6 h",
        lasts: 6 * AN_HOUR,
        is_plain: false,
        begins: None,
        ordinary: daily,
        wrong: |_, now| now.before,
    },
    Fault {
        name: "missing daily peak",
        lasts: 3 * AN_HOUR,
        is_plain: true,
        begins: Some(9),
        ordinary: peaks,
        wrong: no_peak,
    },
    Fault {
        name: "peak at the wrong hour",
        lasts: 3 * AN_HOUR,
        is_plain: true,
        begins: Some(15),
        ordinary: peaks,
        wrong: odd_peak,
    },
    Fault { name: "variance x3", lasts: A_DAY, is_plain: true, begins: None, ordinary: daily, wrong: wild },
    Fault {
        name: "latency x2 for 2 h",
        lasts: 2 * AN_HOUR,
        is_plain: false,
        begins: None,
        ordinary: latency,
        wrong: twice,
    },
    Fault {
        name: "counts drop to 0 for 2 h",
        lasts: 2 * AN_HOUR,
        is_plain: true,
        begins: None,
        ordinary: counts,
        wrong: |_, _| 0.0,
    },
    Fault {
        name: "counts x3 for 2 h",
        lasts: 2 * AN_HOUR,
        is_plain: true,
        begins: None,
        ordinary: counts,
        wrong: thrice,
    },
];

impl Fault {
    /// A series with the fault at its end, and the rows of the fault.
    #[must_use]
    pub fn series(&self, seed: u64) -> (Series, Range<usize>) {
        let mut noise = Noise::seeded(seed);
        let hour = self.begins.unwrap_or_else(|| hour(&mut noise));
        let from = HISTORY * A_DAY + hour * AN_HOUR;
        let mut values: Vec<f64> = Vec::with_capacity(from + self.lasts);
        for row in 0..from + self.lasts {
            let ordinary = (self.ordinary)(&mut noise, row);
            let before = values.last().copied().unwrap_or(ordinary);
            let value = match row.checked_sub(from) {
                Some(after) => (self.wrong)(&mut noise, Moment { after, row, ordinary, before }),
                None => ordinary,
            };
            values.push(value);
        }
        (Series::regular(self.name, EVERY, values), from..from + self.lasts)
    }

    /// How long the fault lasts, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.lasts as f64 * EVERY as f64
    }
}

fn hour(noise: &mut Noise) -> usize {
    let drawn = noise.uniform() * 24.0;
    (0..24).rfind(|hour| *hour as f64 <= drawn).unwrap_or(0)
}

/// A wave over the day of three times the noise, whose standard deviation is 1.
fn daily(noise: &mut Noise, row: usize) -> f64 {
    let turn = TAU * (row % A_DAY) as f64 / A_DAY as f64;
    100.0 + 3.0 * turn.sin() + noise.normal()
}

/// A flat day with a hill of five times the noise from nine to twelve.
fn peaks(noise: &mut Noise, row: usize) -> f64 {
    100.0 + hill((row % A_DAY).wrapping_sub(PEAK.start)) + noise.normal()
}

/// Half a wave, `after` values from its beginning.
fn hill(after: usize) -> f64 {
    if after < PEAK.len() { 5.0 * (TAU * after as f64 / (2 * PEAK.len()) as f64).sin() } else { 0.0 }
}

fn latency(noise: &mut Noise, row: usize) -> f64 {
    let turn = TAU * (row % A_DAY) as f64 / A_DAY as f64;
    0.2 * (0.3 * turn.sin() + 0.4 * noise.normal()).exp()
}

fn counts(noise: &mut Noise, row: usize) -> f64 {
    let turn = TAU * (row % A_DAY) as f64 / A_DAY as f64;
    noise.poisson(20.0 + 10.0 * turn.sin())
}

fn drift(_: &mut Noise, now: Moment) -> f64 {
    now.ordinary + 4.0 * now.after as f64 / (7 * A_DAY) as f64
}

fn no_peak(noise: &mut Noise, _: Moment) -> f64 {
    100.0 + noise.normal()
}

fn odd_peak(noise: &mut Noise, now: Moment) -> f64 {
    100.0 + hill(now.after) + noise.normal()
}

fn wild(noise: &mut Noise, now: Moment) -> f64 {
    let quiet = TAU * (now.row % A_DAY) as f64 / A_DAY as f64;
    100.0 + 3.0 * quiet.sin() + 3.0 * noise.normal()
}

fn twice(_: &mut Noise, now: Moment) -> f64 {
    2.0 * now.ordinary
}

fn thrice(noise: &mut Noise, now: Moment) -> f64 {
    now.ordinary + noise.poisson(40.0)
}

#[cfg(test)]
mod tests {
    use super::super::series::DAY;
    use super::*;

    #[test]
    fn a_fault_comes_after_a_month_and_lasts_to_the_end() {
        for fault in FAULTS {
            let (series, rows) = fault.series(5);
            assert!(rows.start >= HISTORY * A_DAY && rows.end == series.values.len(), "{}", fault.name);
            assert_eq!(rows.len(), fault.lasts, "{}", fault.name);
            assert_eq!(series, fault.series(5).0, "{}", fault.name);
        }
    }

    #[test]
    fn a_flatline_keeps_the_last_value() {
        let (series, rows) = FAULTS[7].series(1);
        assert!(series.values[rows.start - 1..].windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn history_is_as_many_days_as_it_says() {
        let (series, rows) = FAULTS[8].series(1);
        assert_eq!((series.times[rows.start] - series.times[0]) / DAY, 30);
    }
}
