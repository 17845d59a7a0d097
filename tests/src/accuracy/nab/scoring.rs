//! From anomaly scores to the benchmark's score: at one threshold, at the best one, and at one that was chosen elsewhere.

use super::corpus::{Corpus, File};
use super::verdict::Scored;

/// What hits, misses and false detections are worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// A window that is found.
    pub hit: f64,
    /// A window that is missed.
    pub miss: f64,
    /// A detection outside every window.
    pub false_detection: f64,
}

/// The benchmark's three profiles.
pub const PROFILES: [Profile; 3] = [
    Profile { name: "standard", hit: 1.0, miss: 1.0, false_detection: 0.11 },
    Profile { name: "low false positives", hit: 1.0, miss: 1.0, false_detection: 0.22 },
    Profile { name: "low false negatives", hit: 1.0, miss: 2.0, false_detection: 0.11 },
];

/// Rows whose anomaly score reaches this are detections at no threshold that can be chosen.
const NEVER: f64 = 1.1;

/// A file with the anomaly score of each of its rows.
type Judged<'a> = (&'a File, &'a [f64]);

fn judged<'a>(corpus: &'a Corpus, scores: &'a [Vec<f64>]) -> Vec<Judged<'a>> {
    corpus.files.iter().zip(scores.iter().map(Vec::as_slice)).collect()
}

/// The score when rows at or above `threshold` are detections.
#[must_use]
pub fn at_threshold(corpus: &Corpus, scores: &[Vec<f64>], profile: &Profile, threshold: f64) -> Scored {
    let mut sum = Scored { threshold, windows: corpus.windows(), ..Scored::default() };
    for file in judged(corpus, scores) {
        add(&mut sum, file, profile, threshold);
    }
    sum.normalised(profile)
}

fn add(sum: &mut Scored, (file, scores): Judged<'_>, profile: &Profile, threshold: f64) {
    let mut best: Vec<Option<f64>> = vec![None; file.windows.len()];
    for row in (file.probation..scores.len()).filter(|row| scores[*row] >= threshold) {
        let worth = file.worth[row];
        if let Some(window) = file.window_of(row) {
            best[window] = Some(best[window].map_or(worth, |best: f64| best.max(worth)));
        } else {
            sum.raw += worth * profile.false_detection;
            sum.false_rows += 1;
        }
    }
    sum.hit += best.iter().flatten().count();
    sum.raw += best.iter().map(|best| best.map_or(-profile.miss, |worth| worth * profile.hit)).sum::<f64>();
}

/// The score at the threshold that is best for these very files: what the benchmark publishes.
#[must_use]
pub fn optimised(corpus: &Corpus, scores: &[Vec<f64>], profile: &Profile) -> Scored {
    let threshold = best_threshold(&judged(corpus, scores), profile);
    at_threshold(corpus, scores, profile, threshold)
}

/// The score when each file's threshold is the best one for the files of the other four folds: every fifth name.
#[must_use]
pub fn five_folds(corpus: &Corpus, scores: &[Vec<f64>], profile: &Profile) -> Scored {
    const FOLDS: usize = 5;
    let all = judged(corpus, scores);
    let mut sum = Scored { windows: corpus.windows(), threshold: f64::NAN, ..Scored::default() };
    for fold in 0..FOLDS {
        let part = |ours: bool| {
            let files = all.iter().enumerate().filter(move |(place, _)| (place % FOLDS == fold) == ours);
            files.map(|(_, file)| *file).collect::<Vec<_>>()
        };
        let threshold = best_threshold(&part(false), profile);
        for file in part(true) {
            add(&mut sum, file, profile, threshold);
        }
    }
    sum.normalised(profile)
}

/// The highest of the thresholds with the best sum. Rows are made detections one by one, from the highest score down.
fn best_threshold(files: &[Judged<'_>], profile: &Profile) -> f64 {
    let mut rows: Vec<(f64, usize, usize)> = Vec::new();
    for (place, (file, scores)) in files.iter().enumerate() {
        rows.extend((file.probation..scores.len()).map(|row| (scores[row], place, row)));
    }
    rows.sort_by(|one, other| other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2))));
    let mut held: Vec<Vec<f64>> = files.iter().map(|(file, _)| vec![-profile.miss; file.windows.len()]).collect();
    let mut sum: f64 = held.iter().flatten().sum();
    let mut best = (sum, NEVER);
    for (place, (score, file, row)) in rows.iter().enumerate() {
        let worth = files[*file].0.worth[*row];
        match files[*file].0.window_of(*row) {
            Some(window) => {
                let held = &mut held[*file][window];
                let better = held.max(worth * profile.hit);
                sum += better - *held;
                *held = better;
            }
            None => sum += worth * profile.false_detection,
        }
        let is_last_of_score = rows.get(place + 1).is_none_or(|next| next.0 != *score);
        if is_last_of_score && sum > best.0 {
            best = (sum, *score);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::super::super::series::Series;
    use super::*;

    fn corpus() -> Corpus {
        let file = |name: &str| {
            let series = Series::regular(name, 300, vec![0.0; 200]);
            let moment = |row: usize| format!("{}", series.times[row]);
            let windows = vec![(moment(100), moment(119))];
            File::new(name.to_owned(), series, &windows).unwrap()
        };
        Corpus { files: vec![file("a"), file("b")] }
    }

    fn scores(detections: &[(usize, usize, f64)]) -> Vec<Vec<f64>> {
        let mut scores = vec![vec![0.0; 200]; 2];
        for (file, row, score) in detections {
            scores[*file][*row] = *score;
        }
        scores
    }

    #[test]
    fn saying_nothing_scores_zero_and_the_first_row_of_every_window_a_hundred() {
        let corpus = corpus();
        for profile in &PROFILES {
            assert_eq!(optimised(&corpus, &scores(&[]), profile).score, 0.0);
            let perfect = optimised(&corpus, &scores(&[(0, 100, 0.9), (1, 100, 0.8)]), profile);
            assert_eq!((perfect.score, perfect.hit, perfect.threshold), (100.0, 2, 0.8), "{}", profile.name);
        }
    }

    #[test]
    fn the_best_threshold_weighs_a_window_against_false_detections() {
        let corpus = corpus();
        let noise: Vec<(usize, usize, f64)> = (40..90).map(|row| (0, row, 0.5)).collect();
        let mut detections = vec![(0, 100, 0.9), (1, 100, 0.5)];
        detections.extend(noise);
        let scored = optimised(&corpus, &scores(&detections), &PROFILES[0]);
        assert_eq!((scored.threshold, scored.hit, scored.false_rows), (0.9, 1, 0));
    }

    #[test]
    fn what_is_said_in_probation_is_not_looked_at() {
        let corpus = corpus();
        assert_eq!(at_threshold(&corpus, &scores(&[(0, 29, 1.0)]), &PROFILES[0], 0.5).false_rows, 0);
        assert_eq!(at_threshold(&corpus, &scores(&[(0, 30, 1.0)]), &PROFILES[0], 0.5).false_rows, 1);
    }

    #[test]
    fn a_fold_is_scored_by_the_threshold_of_the_others() {
        let corpus = corpus();
        let folded = five_folds(&corpus, &scores(&[(0, 100, 0.9), (1, 100, 0.4)]), &PROFILES[0]);
        assert_eq!(folded.hit, 1, "0.9 is found at the other file's 0.4, but not the other way round");
    }
}
