//! The two plain detectors that Tidewatch is held against, each with one fixed setting.
//!
//! - *rolling z*: the distance from the mean of the last day in its standard deviations;
//! - *seasonal naive*: the difference to the value a day or a week ago, whichever is nearer, in robust scales of the last
//!   week's differences (1.4826 times the median of their sizes, worked out once a day).
//!
//! Both alarm above the quantile of the normal distribution that gives the knob's number of alarms a month if the scores
//! were normal and each row counted. Neither looks ahead.

use statrs::distribution::{ContinuousCDF, Normal};

use super::judge::{Judge, Mark};
use super::series::{DAY, MONTH_DAYS, Series};

/// Least scale, relative to the mean size of the values so far: equal values have none.
const LEAST: f64 = 1e-3;
/// Rows that must be known before anything is said.
const WARM_UP: usize = 20;

/// How far each row is from what a plain rule expects, in scales, and never below zero.
pub type Rule = fn(&Series) -> Vec<f64>;

/// A plain rule with a threshold from the knob.
#[derive(Clone, Copy, Debug)]
pub struct Naive {
    /// What it is called.
    pub name: &'static str,
    /// How far each row is from what it expects.
    pub rule: Rule,
    /// Alarms per series and month that are expected by chance.
    pub false_alarms: f64,
}

/// Both, with this many expected alarms per series and month.
#[must_use]
pub fn both(false_alarms: f64) -> [Naive; 2] {
    [
        Naive { name: "rolling z", rule: rolling_z, false_alarms },
        Naive { name: "seasonal naive", rule: seasonal_naive, false_alarms },
    ]
}

impl Naive {
    /// The distance from which on a row is an alarm, for rows `spacing` seconds apart.
    #[must_use]
    pub fn threshold(&self, spacing: i64) -> f64 {
        let rows = MONTH_DAYS * DAY as f64 / spacing as f64;
        let share = (self.false_alarms / rows).min(1.0);
        Normal::new(0.0, 1.0).expect("a normal distribution").inverse_cdf(1.0 - share / 2.0)
    }
}

impl Judge for Naive {
    fn judge(&self, series: &Series) -> Vec<Mark> {
        let threshold = self.threshold(series.spacing());
        let mark = |score: f64| Mark { score, threshold, stands_out: score > threshold, alarm: score > threshold };
        (self.rule)(series).into_iter().map(mark).collect()
    }
}

/// The least scale that is believed, which follows the mean size of the values.
#[derive(Clone, Copy, Debug, Default)]
struct Least {
    count: f64,
    sum: f64,
}

impl Least {
    fn with(&mut self, value: f64) -> f64 {
        if value.is_finite() {
            (self.count, self.sum) = (self.count + 1.0, self.sum + value.abs());
        }
        LEAST * self.sum / self.count.max(1.0) + f64::MIN_POSITIVE
    }
}

fn rolling_z(series: &Series) -> Vec<f64> {
    let mut least = Least::default();
    let origin = series.values.iter().copied().find(|value| value.is_finite()).unwrap_or(0.0);
    let (mut oldest, mut count, mut sum, mut squares) = (0, 0.0, 0.0, 0.0);
    let mut scores = Vec::with_capacity(series.values.len());
    for (row, value) in series.values.iter().enumerate() {
        while series.times[oldest] < series.times[row] - DAY {
            let gone = series.values[oldest] - origin;
            if gone.is_finite() {
                (count, sum, squares) = (count - 1.0, sum - gone, squares - gone * gone);
            }
            oldest += 1;
        }
        let least = least.with(*value);
        let value = value - origin;
        let known = count >= WARM_UP as f64 && value.is_finite();
        let mean: f64 = if count > 0.0 { sum / count } else { 0.0 };
        let variance: f64 = if count > 0.0 { (squares / count - mean * mean).max(0.0) } else { 0.0 };
        scores.push(if known { (value - mean).abs() / variance.sqrt().max(least) } else { 0.0 });
        if value.is_finite() {
            (count, sum, squares) = (count + 1.0, sum + value, squares + value * value);
        }
    }
    scores
}

fn seasonal_naive(series: &Series) -> Vec<f64> {
    let mut least = Least::default();
    let (mut a_day_ago, mut a_week_ago) = (0, 0);
    let (mut scale, mut worked_out) = (f64::NAN, i64::MIN);
    let mut differences: Vec<f64> = Vec::with_capacity(series.values.len());
    let mut scores = Vec::with_capacity(series.values.len());
    for (row, value) in series.values.iter().enumerate() {
        let now = series.times[row];
        let mut nearest = f64::NAN;
        for (place, ago) in [(&mut a_day_ago, DAY), (&mut a_week_ago, 7 * DAY)] {
            while series.times[*place + 1..=row].first().is_some_and(|next| *next <= now - ago) {
                *place += 1;
            }
            if series.times[*place] <= now - ago {
                nearest = nearest.min((value - series.values[*place]).abs());
            }
        }
        if now >= worked_out.saturating_add(DAY) {
            let week = series.times.partition_point(|time| *time < now - 7 * DAY);
            scale = robust_scale(&differences[week..]);
            worked_out = now;
        }
        let score = nearest / scale.max(least.with(*value));
        scores.push(if scale.is_nan() || score.is_nan() { 0.0 } else { score });
        differences.push(nearest);
    }
    scores
}

/// 1.4826 times the median size, which is the standard deviation where differences are normal; NaN of too few.
fn robust_scale(differences: &[f64]) -> f64 {
    let mut known: Vec<f64> = differences.iter().copied().filter(|size| size.is_finite()).collect();
    if known.len() < WARM_UP {
        return f64::NAN;
    }
    let middle = known.len() / 2;
    1.4826 * *known.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::super::judge::alarms;
    use super::super::noise::Noise;
    use super::*;

    fn wave(days: usize, noise: &mut Noise) -> Vec<f64> {
        let turn = |row: usize| (row as f64 / 288.0 * std::f64::consts::TAU).sin();
        (0..days * 288).map(|row| 100.0 + 10.0 * turn(row) + noise.normal()).collect()
    }

    #[test]
    fn the_knob_holds_on_what_the_rule_assumes() {
        let mut noise = Noise::seeded(1);
        let series = Series::regular("gauss", 300, (0..12 * 8_640).map(|_| noise.normal()).collect());
        let found = alarms(&both(4.0)[0].judge(&series)).len() as f64 / 12.0;
        assert!((2.0..=8.0).contains(&found), "{found} alarms a month");
    }

    #[test]
    fn what_a_daily_habit_explains_is_seen_only_by_the_seasonal_rule() {
        let mut values = wave(20, &mut Noise::seeded(2));
        let trough = 18 * 288 + 216;
        values[trough] += 12.0;
        let series = Series::regular("wave", 300, values);
        let [rolling, seasonal] = both(1.0).map(|naive| alarms(&naive.judge(&series)));
        assert!(seasonal.contains(&trough), "{seasonal:?}");
        assert!(!rolling.contains(&trough), "{rolling:?}");
    }

    #[test]
    fn equal_values_are_no_news_and_the_first_other_one_is() {
        let mut values = vec![5.0; 20 * 288];
        values[5_000] = 6.0;
        let series = Series::regular("constant", 300, values);
        for naive in both(1.0) {
            assert_eq!(alarms(&naive.judge(&series)).first(), Some(&5_000), "{}", naive.name);
        }
    }
}
