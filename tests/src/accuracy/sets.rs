//! The public sets with a label per row: services and single series, and what judges find in them.
//!
//! A file is a *service*: one series, or nineteen metrics side by side. An alarm of any metric is an alarm of its service.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::csv::Table;
use super::events::{RULES, Tally, Truth};
use super::judge::{Judge, alarms};
use super::naive::Naive;
use super::series::{Series, months_watched};

/// Share of the rows that is not scored where a set does not say what is for learning.
const WARM_UP: f64 = 0.15;

/// Multiples of a plain rule's threshold that are tried with hindsight: the least, the factor between two, and how many.
const LEAST_TRIED: f64 = 0.5;
const STEP: f64 = 1.1;
const TRIED: i32 = 250;

/// A set: a folder of files.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// The folder under `labelled/`.
    pub folder: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
}

/// The sets that figures are given for.
pub const SETS: [Set; 4] = [
    Set { folder: "mscloud", about: "cloud services, 1 min and 1 h" },
    Set { folder: "aiops_kpi", about: "service KPIs, 1 min" },
    Set { folder: "jumpstarter", about: "services of 19 metrics, 5 min" },
    Set { folder: "asd", about: "services of 19 metrics, 5 min" },
];

/// A file of a set.
#[derive(Clone, Debug)]
pub struct Service {
    /// The file's name.
    pub name: String,
    /// Its metrics.
    pub metrics: Vec<Series>,
    /// What was labelled.
    pub truth: Truth,
    /// Months that are scored.
    pub months: f64,
}

impl Service {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let table = Table::read(path)?;
        let rows = table.times.len();
        let given = table.learning.iter().rposition(|learning| *learning).map(|last| last + 1);
        let from = given.or_else(|| (0..rows).find(|row| *row as f64 >= WARM_UP * rows as f64)).unwrap_or(0);
        let truth = Truth::new(table.times.clone(), &table.labels, from);
        let metrics = table.series();
        let months = metrics.first().map_or(0.0, |first| months_watched(first, from..rows, |_| true));
        Ok(Self { name, metrics, truth, months })
    }

    /// What a judge finds in it, and in which rows it alarms.
    #[must_use]
    pub fn judged(&self, judge: &dyn Judge) -> (Tally, Vec<usize>) {
        let mut rows: Vec<usize> = self.metrics.iter().flat_map(|metric| alarms(&judge.judge(metric))).collect();
        rows.sort_unstable();
        rows.dedup();
        (self.truth.score(&RULES, &rows), rows)
    }

    /// The greatest distance of any metric in each row, by a plain rule, in thresholds.
    #[must_use]
    pub fn distances(&self, naive: &Naive) -> Vec<f64> {
        let mut most = vec![0.0_f64; self.truth.times.len()];
        for metric in &self.metrics {
            let threshold = naive.threshold(metric.spacing());
            let scores = (naive.rule)(metric);
            most.iter_mut().zip(scores).for_each(|(most, score)| *most = most.max(score / threshold));
        }
        most
    }
}

/// The files of a set in the order of their names, each read when its turn comes.
pub fn services(folder: &Path) -> Result<impl Iterator<Item = Result<Service>>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths.into_iter().map(|path| Service::read(&path)))
}

/// A plain rule's distances in the services of a set, to be scored at any multiple of its threshold.
#[derive(Clone, Debug, Default)]
pub struct Distances {
    services: Vec<(Truth, Vec<(usize, f64)>)>,
}

impl Distances {
    /// Adds a service with the distance in each of its rows.
    pub fn add(&mut self, truth: &Truth, distances: &[f64]) {
        let far = distances.iter().copied().enumerate().filter(|(_, distance)| *distance > LEAST_TRIED);
        self.services.push((truth.clone(), far.collect()));
    }

    /// What is found when a row alarms above `multiple` of the threshold, a half at least.
    #[must_use]
    pub fn tally(&self, multiple: f64) -> Tally {
        let mut sum = Tally::default();
        for (truth, distances) in &self.services {
            let rows = distances.iter().filter(|(_, distance)| *distance > multiple);
            sum.add(&truth.score(&RULES, &rows.map(|(row, _)| *row).collect::<Vec<_>>()));
        }
        sum
    }

    /// The most that is found at a multiple that gives at most `wrong` false alarms: the rule at its best, with hindsight.
    #[must_use]
    pub fn with_as_few_false_alarms(&self, wrong: usize) -> Tally {
        let multiples = (0..TRIED).map(|step| LEAST_TRIED * STEP.powi(step));
        let few = multiples.map(|multiple| self.tally(multiple)).filter(|tally| tally.wrong <= wrong);
        few.max_by_key(|tally| tally.found).unwrap_or_else(|| self.tally(f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hindsight_keeps_the_false_alarms_asked_for_and_finds_what_it_can() {
        let mut labels = vec![false; 400];
        labels[300] = true;
        labels[350] = true;
        let truth = Truth::new((0..400).map(|row| row * 3_600).collect(), &labels, 0);
        let mut distances = vec![0.5; 400];
        (distances[100], distances[200], distances[300], distances[350]) = (9.0, 3.0, 5.0, 2.0);
        let mut all = Distances::default();
        all.add(&truth, &distances);
        let found: Vec<usize> = [0, 1, 2].map(|wrong| all.with_as_few_false_alarms(wrong).found).to_vec();
        assert_eq!(found, [0, 1, 2], "events at 5 and 2, other rows at 9 and 3");
        assert_eq!(all.tally(1.0).wrong, 2);
    }
}
