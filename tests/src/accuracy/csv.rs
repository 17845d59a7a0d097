//! Tables with a row per time: `timestamp`, columns of values and perhaps `label` and `split`, plain or gzip.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::series::Series;

/// A table, column by column.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Seconds since 1970.
    pub times: Vec<i64>,
    /// Name and values of every column of numbers, in the order of the file.
    pub columns: Vec<(String, Vec<f64>)>,
    /// Whether the row belongs to what is labelled as trouble.
    pub labels: Vec<bool>,
    /// Rows that the set gives for learning only, which its authors did not label.
    pub learning: Vec<bool>,
}

impl Table {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("{}", path.display()))?;
        let is_packed = path.extension().is_some_and(|extension| extension == "gz");
        let text: Box<dyn Read> = if is_packed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
        Self::parse(BufReader::new(text)).with_context(|| format!("{}", path.display()))
    }

    /// Reads a table from text.
    pub fn parse(text: impl BufRead) -> Result<Self> {
        let mut lines = text.lines();
        let header = lines.next().context("there is no header")??;
        let names: Vec<&str> = header.trim().split(',').map(str::trim).collect();
        let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(column, name)| (*name, column)).collect();
        let Some(time) = place.get("timestamp") else { bail!("there is no column timestamp") };
        let is_value = |name: &str| !["timestamp", "label", "split"].contains(&name);
        let mut table = Self::default();
        table.columns.extend(names.iter().filter(|name| is_value(name)).map(|name| ((*name).to_owned(), Vec::new())));
        let values: Vec<usize> = names.iter().filter(|name| is_value(name)).map(|name| place[name]).collect();
        for line in lines {
            let line = line?;
            let fields: Vec<&str> = line.trim().split(',').collect();
            if fields.len() < names.len() {
                continue;
            }
            table.times.push(moment(fields[*time])?);
            for (column, place) in table.columns.iter_mut().zip(&values) {
                column.1.push(fields[*place].parse().unwrap_or(f64::NAN));
            }
            table.labels.push(place.get("label").is_some_and(|column| number(fields[*column]) > 0.0));
            table.learning.push(place.get("split").is_some_and(|column| fields[*column] == "train"));
        }
        Ok(table)
    }

    /// Every column of numbers as a series.
    #[must_use]
    pub fn series(self) -> Vec<Series> {
        let times = self.times;
        self.columns.into_iter().map(|(name, values)| Series { name, times: times.clone(), values }).collect()
    }
}

fn number(field: &str) -> f64 {
    field.parse().unwrap_or(0.0)
}

/// Seconds since 1970 of a time without zone, which is taken as UTC, or of a number of seconds.
pub fn moment(text: &str) -> Result<i64> {
    let text = text.trim().trim_matches('"');
    if let Ok(seconds) = text.parse::<f64>() {
        return Ok(format!("{seconds:.0}").parse()?);
    }
    let civil: DateTime = text.trim_end_matches('Z').parse().with_context(|| format!("{text:?} is no time"))?;
    Ok(civil.to_zoned(TimeZone::UTC)?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_kind_are_read() {
        for text in ["2014-04-10 16:15:00", "2014-04-10 16:15:00.000000", "2014-04-10T16:15:00Z", "1397146500"] {
            assert_eq!(moment(text).unwrap(), 1_397_146_500, "{text}");
        }
    }

    #[test]
    fn columns_labels_and_split_are_told_apart() {
        let table = Table::parse("timestamp,c0,c1,label,split\n0,1,2,0,train\n300,,4,1,test\n".as_bytes()).unwrap();
        assert_eq!(table.labels, [false, true]);
        assert_eq!(table.learning, [true, false]);
        assert_eq!(table.columns[1], ("c1".to_owned(), vec![2.0, 4.0]));
        assert!(table.columns[0].1[1].is_nan());
    }
}
