//! What the scoring of a corpus comes to, and the figures that the benchmark leaves out.

use super::super::judge::Mark;
use super::super::series::months_watched;
use super::corpus::{Corpus, File};
use super::scoring::Profile;

/// A scored corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// 0 for silence, 100 for perfection.
    pub score: f64,
    /// Before it is normalised.
    pub raw: f64,
    /// Windows with a detection.
    pub hit: usize,
    /// Windows.
    pub windows: usize,
    /// Detections outside every window, after probation.
    pub false_rows: usize,
    /// The threshold; NaN when there are several.
    pub threshold: f64,
}

impl Scored {
    pub(super) fn normalised(self, profile: &Profile) -> Self {
        let windows = self.windows as f64;
        let silence = -profile.miss * windows;
        Self { score: 100.0 * (self.raw - silence) / (profile.hit * windows - silence), ..self }
    }
}

/// Alarms outside every window per series and month, after probation: what the knob promises.
#[must_use]
pub fn outside(corpus: &Corpus, marks: &[Vec<Mark>]) -> f64 {
    let (mut alarms, mut months) = (0, 0.0);
    for (file, marks) in corpus.files.iter().zip(marks) {
        let is_outside = |row: usize| file.window_of(row).is_none();
        let rows = file.probation..marks.len();
        alarms += rows.clone().filter(|row| marks[*row].alarm && is_outside(*row)).count();
        months += months_of(file, rows, is_outside);
    }
    alarms as f64 / months
}

fn months_of(file: &File, rows: std::ops::Range<usize>, is_outside: impl Fn(usize) -> bool) -> f64 {
    months_watched(&file.series, rows, is_outside)
}
