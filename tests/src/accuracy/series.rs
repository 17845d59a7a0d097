//! A series as it is judged: values and when they were taken.

/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Days of a month, as the knob counts them.
pub const MONTH_DAYS: f64 = 30.0;

/// Values and their times, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Seconds since 1970, as many as values.
    pub times: Vec<i64>,
    /// The values; what is no number is NaN.
    pub values: Vec<f64>,
}

impl Series {
    /// A series with a value every `every` seconds, from the beginning of a Monday on.
    #[must_use]
    pub fn regular(name: &str, every: i64, values: Vec<f64>) -> Self {
        const MONDAY: i64 = 1_793_577_600;
        let times = (MONDAY..).step_by(usize::try_from(every).expect("a spacing is positive"));
        Self { name: name.to_owned(), times: times.take(values.len()).collect(), values }
    }

    /// The usual distance between two values in seconds: the median, and at least 1.
    #[must_use]
    pub fn spacing(&self) -> i64 {
        let mut gaps: Vec<i64> = self.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let middle = gaps.len() / 2;
        if gaps.is_empty() { 1 } else { (*gaps.select_nth_unstable(middle).1).max(1) }
    }
}

/// For how many months a series was watched in the rows of `rows` that `counts` names: a row stands for the time since the
/// one before it, at most ten usual spacings.
#[must_use]
pub fn months_watched(series: &Series, rows: std::ops::Range<usize>, counts: impl Fn(usize) -> bool) -> f64 {
    let spacing = series.spacing();
    let span = |row: usize| match row.checked_sub(1) {
        Some(before) => (series.times[row] - series.times[before]).clamp(0, 10 * spacing),
        None => spacing,
    };
    let seconds: i64 = rows.filter(|row| counts(*row)).map(span).sum();
    seconds as f64 / (MONTH_DAYS * DAY as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spacing_is_the_usual_one_and_a_pause_counts_as_ten() {
        let series = Series { name: String::new(), times: vec![0, 60, 120, 180, 90_000], values: vec![0.0; 5] };
        assert_eq!(series.spacing(), 60);
        let months = months_watched(&series, 0..5, |row| row != 1);
        assert!((months * MONTH_DAYS * DAY as f64 - 780.0).abs() < 1e-6, "{months}");
    }

    #[test]
    fn a_regular_series_begins_on_a_monday() {
        let series = Series::regular("a", 300, vec![1.0, 2.0]);
        assert_eq!((series.times[0] / DAY + 3) % 7, 0);
        assert_eq!(series.times[1] - series.times[0], 300);
    }
}
