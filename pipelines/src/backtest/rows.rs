//! Judged windows back onto the rows they came from, and evidence as a score between 0 and 1.

use tidewatch_detectors::Judgement;

use super::table::Row;

/// Least score of an alarm, and more than anything else gets: a threshold that is known before any data is seen.
const ALARM: f64 = 0.5;
/// Most that a window gets which stands out and is no alarm.
const NO_ALARM: f64 = 0.499;

/// What was said about a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told<'a> {
    pub judgement: &'a Judgement,
    /// Whether it is the last row of its window, with which the window could be judged.
    pub is_last: bool,
}

/// What was said about each of `rows`, which are in time order as the windows are.
pub(super) fn told<'a>(rows: &[Row], judgements: &'a [Judgement]) -> Vec<Option<Told<'a>>> {
    let mut told: Vec<Option<Told<'a>>> = Vec::with_capacity(rows.len());
    let mut windows = judgements.iter().peekable();
    for row in rows {
        while windows.next_if(|window| window.window_start + window.width_ms <= row.at).is_some() {}
        let own = windows.peek().filter(|window| window.window_start <= row.at).copied();
        if let (Some(Some(before)), Some(judgement)) = (told.last_mut(), own)
            && before.judgement.window_start == judgement.window_start
        {
            before.is_last = false;
        }
        told.push(own.map(|judgement| Told { judgement, is_last: true }));
    }
    told
}

impl Told<'_> {
    /// The score between 0 and 1: alarms have at least one half, what merely stands out less, all else none.
    pub fn score(&self) -> f64 {
        let Judgement { score, threshold, stands_out, alarm, .. } = *self.judgement;
        if !self.is_last {
            return 0.0;
        }
        let raw = 1.0 / (1.0 + (threshold - score).exp());
        match (alarm, stands_out) {
            (true, _) => raw.max(ALARM),
            (false, true) => raw.min(NO_ALARM),
            (false, false) => 0.0,
        }
    }

    /// The evidence in nats; none but with the last row of a window.
    pub fn evidence(&self) -> f64 {
        if self.is_last { self.judgement.score } else { 0.0 }
    }

    /// Whether an alarm begins with this row.
    pub fn is_alarm(&self) -> bool {
        self.is_last && self.judgement.alarm
    }
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::finding::Season;
    use tidewatch_schemas::{SeriesId, Timestamp};

    use super::*;
    use crate::backtest::table::Table;

    fn judgement(start: i64, width_ms: i64) -> Judgement {
        Judgement {
            series: SeriesId(1),
            window_start: Timestamp(start),
            width_ms,
            value: 1.0,
            expected: 1.0,
            lower: 0.0,
            upper: 2.0,
            season: Season::Recent,
            score: 3.0,
            threshold: 5.0,
            stands_out: false,
            alarm: false,
        }
    }

    #[test]
    fn the_last_row_of_a_window_bears_its_score() {
        let mut table = Table::default();
        for at in [5, 10, 12, 19, 20, 45] {
            table.push((Timestamp(at), 0), false, &[1.0]);
        }
        let windows = [judgement(10, 10), judgement(20, 10), judgement(40, 10)];
        let found = told(&table.rows, &windows);
        let seen: Vec<_> =
            found.iter().map(|told| told.map(|told| (told.judgement.window_start.0, told.is_last))).collect();
        let expected =
            [None, Some((10, false)), Some((10, false)), Some((10, true)), Some((20, true)), Some((40, true))];
        assert_eq!(seen, expected);
    }

    #[test]
    fn one_half_divides_alarms_from_all_else() {
        let cases = [
            ("calm", 3.0, false, false, 0.0),
            ("stands out", 3.0, true, false, 1.0 / (1.0 + 2.0_f64.exp())),
            ("stands out far, while an alarm holds", 9.0, true, false, 0.499),
            ("alarm", 7.0, true, true, 1.0 / (1.0 + (-2.0_f64).exp())),
            ("alarm below the threshold", 3.0, false, true, 0.5),
        ];
        for (case, score, stands_out, alarm, expected) in cases {
            let judgement = Judgement { score, stands_out, alarm, ..judgement(0, 1) };
            let told = Told { judgement: &judgement, is_last: true };
            assert!((told.score() - expected).abs() < 1e-12, "{case}: {}", told.score());
            assert_eq!(Told { is_last: false, ..told }.score(), 0.0, "{case}");
        }
    }
}
