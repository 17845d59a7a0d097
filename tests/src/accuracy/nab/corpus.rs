//! The benchmark's files, and what a detection in each of their rows is worth.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};

use super::super::csv::{Table, moment};
use super::super::series::Series;

/// Share of a file's rows that is not looked at.
const PROBATION: f64 = 0.15;
/// Rows from which on that share does not grow.
const PROBATION_ROWS: f64 = 5_000.0;
/// Distance from a window, in windows, from which on a false detection costs most.
const FAR: f64 = 3.0;

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Category and name, such as `realTraffic/speed_7578.csv`.
    pub name: String,
    /// Its rows.
    pub series: Series,
    /// The rows in which something is wrong.
    pub windows: Vec<Range<usize>>,
    /// What a detection in each row is worth: up to 1 inside a window, down to -1 outside.
    pub worth: Vec<f64>,
    /// Rows from here on are looked at.
    pub probation: usize,
}

/// Every file, by name.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The files, in the order of their names.
    pub files: Vec<File>,
}

impl Corpus {
    /// Reads a folder in the benchmark's layout.
    pub fn read(folder: &Path) -> Result<Self> {
        let labels = fs::read_to_string(folder.join("labels/combined_windows.json")).context("there are no labels")?;
        let windows: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&labels)?;
        let read = |(name, windows): (String, Vec<(String, String)>)| {
            let table = Table::read(&folder.join("data").join(&name))?;
            let series = table.series().into_iter().find(|series| series.name == "value");
            let series = series.with_context(|| format!("{name} has no column value"))?;
            File::new(name, series, &windows)
        };
        Ok(Self { files: windows.into_iter().map(read).collect::<Result<_>>()? })
    }

    /// How many windows there are.
    #[must_use]
    pub fn windows(&self) -> usize {
        self.files.iter().map(|file| file.windows.len()).sum()
    }
}

impl File {
    pub(super) fn new(name: String, series: Series, windows: &[(String, String)]) -> Result<Self> {
        let row = |text: &str| -> Result<usize> {
            let at = moment(text)?;
            let row = series.times.iter().position(|time| *time == at);
            row.with_context(|| format!("{name} has no row at {text}"))
        };
        let windows = windows.iter().map(|(from, to)| Ok(row(from)?..row(to)? + 1)).collect::<Result<Vec<_>>>()?;
        let rows = series.times.len();
        let probation = (0..rows).find(|row| *row as f64 >= probation_rows(rows)).unwrap_or(rows);
        Ok(Self { name, worth: worth(rows, &windows), series, windows, probation })
    }

    /// The window that a row lies in.
    #[must_use]
    pub fn window_of(&self, row: usize) -> Option<usize> {
        self.windows.iter().position(|window| window.contains(&row))
    }
}

fn probation_rows(rows: usize) -> f64 {
    (PROBATION * rows as f64).floor().min(PROBATION * PROBATION_ROWS)
}

/// The benchmark's sigmoid: 1 far to the left of 0, -1 far to its right.
fn sigmoid(position: f64) -> f64 {
    if position > FAR { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}

fn worth(rows: usize, windows: &[Range<usize>]) -> Vec<f64> {
    let inside = |window: &Range<usize>, row: usize| {
        let left = (window.end - row) as f64;
        sigmoid(-left / window.len() as f64) / sigmoid(-1.0)
    };
    let after = |window: &Range<usize>, row: usize| {
        let past = (row + 1 - window.end) as f64;
        sigmoid(past / (window.len() - 1) as f64)
    };
    let of_row = |row: usize| match windows.iter().rfind(|window| window.start <= row) {
        None => -1.0,
        Some(window) if window.contains(&row) => inside(window, row),
        Some(window) => after(window, row),
    };
    (0..rows).map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_of_a_window_is_worth_one_and_later_ones_less() {
        let windows = [10..20, 60..70];
        let worth = worth(200, &windows);
        assert_eq!((worth[9], worth[10]), (-1.0, 1.0));
        assert!(worth[10..20].windows(2).all(|pair| pair[0] > pair[1]));
        assert!(worth[19] > 0.0 && worth[20] < 0.0);
        assert!(worth[20] > -0.3 && worth[59] == -1.0, "soon after a window a false detection costs little");
        assert_eq!(worth[199], -1.0);
    }

    #[test]
    fn probation_ends_after_a_part_of_a_short_file_and_750_rows_of_a_long_one() {
        assert_eq!([100, 4_032, 5_000, 20_000].map(probation_rows), [15.0, 604.0, 750.0, 750.0]);
    }
}
