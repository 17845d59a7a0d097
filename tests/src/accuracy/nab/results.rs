//! Result files in the benchmark's layout: `<folder>/<category>/<detector>_<file>.csv` with a row per row of the data.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::super::judge::Mark;
use super::corpus::{Corpus, File};

/// The decision's own threshold in result files.
const DECIDED: f64 = 0.5;
/// The most that a row gets that stands out without an alarm.
const UNDECIDED: f64 = 0.499;

/// Marks as the benchmark wants them: 0.5 and more for alarms, less for rows that merely stand out, 0 for all others.
#[must_use]
pub fn anomaly_scores(marks: &[Mark]) -> Vec<f64> {
    let one = |mark: &Mark| {
        let beyond = 1.0 / (1.0 + (mark.threshold - mark.score).exp());
        match (mark.alarm, mark.stands_out) {
            (true, _) => beyond.max(DECIDED),
            (false, true) => beyond.min(UNDECIDED),
            (false, false) => 0.0,
        }
    };
    marks.iter().map(one).collect()
}

/// The anomaly scores in a folder of results, in the order of the corpus.
pub fn read(corpus: &Corpus, folder: &Path, detector: &str) -> Result<Vec<Vec<f64>>> {
    let file = |file: &File| {
        let path = folder.join(named(&file.name, detector)?);
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        let column = header.split(',').position(|name| name.trim() == "anomaly_score");
        let column = column.with_context(|| format!("{} has no column anomaly_score", path.display()))?;
        let field = |line: &str| Ok(line.split(',').nth(column).unwrap_or_default().trim().parse::<f64>()?);
        let scores = lines.filter(|line| !line.is_empty()).map(field).collect::<Result<Vec<f64>>>()?;
        ensure!(scores.len() == file.worth.len(), "{} has {} rows", path.display(), scores.len());
        Ok(scores)
    };
    corpus.files.iter().map(file).collect()
}

/// Writes anomaly scores as result files.
pub fn write(corpus: &Corpus, scores: &[Vec<f64>], folder: &Path, detector: &str) -> Result<()> {
    for (file, scores) in corpus.files.iter().zip(scores) {
        let path = folder.join(named(&file.name, detector)?);
        fs::create_dir_all(path.parent().context("a category")?)?;
        let rows = file.series.times.iter().zip(&file.series.values).zip(scores);
        let lines = rows.map(|((time, value), score)| format!("{time},{value},{score}\n"));
        fs::write(path, format!("timestamp,value,anomaly_score\n{}", lines.collect::<String>()))?;
    }
    Ok(())
}

fn named(file: &str, detector: &str) -> Result<String> {
    let (category, name) = file.split_once('/').with_context(|| format!("{file} has no category"))?;
    Ok(format!("{category}/{detector}_{name}"))
}
