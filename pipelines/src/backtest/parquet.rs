//! Parquet files: a table like a CSV file, or a row for each value of many series, as JSON lines have them.
//!
//! A file with a column `name` or `signal`, and a column `value`, is of the second kind. Its `tenant`, `resource`, `pool`, `unit` and
//! `kind` are those of the JSON lines, and other columns of text are attributes.

use std::path::Path;

use serde_json::{Map, Value as Json};
use tidewatch_lake::file::{self, Cells, Column};
use tidewatch_schemas::{RejectReason, Timestamp};

use super::BacktestError;
use super::csv::{BEGINNING, moment_of};
use super::refused::{Lines, Refusals, Refused, place};
use super::run::{Feed, Record};
use super::table::{LABELS, SPLIT, TIMES, Table, VALUE};

/// Names that the column of signals may have.
const SIGNALS: [&str; 2] = ["name", "signal"];
/// Columns of text that JSON lines know, too.
const KNOWN: [&str; 5] = ["tenant", "resource", "pool", "unit", "kind"];

/// A file, and which of its columns says when.
pub(super) struct Content {
    columns: Vec<Column>,
    time: usize,
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, or no column says when.
pub(super) fn read(path: &Path) -> Result<Content, BacktestError> {
    let broken = |problem: String| BacktestError::Table { path: path.to_owned(), problem };
    let columns = file::read(path).map_err(|error| broken(error.to_string()))?;
    let named = columns.iter().position(|column| is_one_of(column, &TIMES));
    let typed = || columns.iter().position(|column| matches!(column.cells, Cells::Times(_)));
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let untimed = || format!("no column holds times; columns are {}", names.join(", "));
    let time = named.or_else(typed).ok_or_else(untimed).map_err(broken)?;
    Ok(Content { columns, time })
}

impl Content {
    /// Whether each row is a value of a series that it names.
    pub fn names_series(&self) -> bool {
        let is_text = |column: &Column| matches!(column.cells, Cells::Texts(_));
        let names = self.columns.iter().any(|column| is_one_of(column, &SIGNALS) && is_text(column));
        names && self.columns.iter().any(|column| is_one_of(column, &[VALUE]))
    }

    /// The rows as the table of a tenant. Rows without a time are refused.
    ///
    /// # Errors
    /// When there are no rows, or no column holds numbers.
    pub fn table(&self, path: &Path, tenant: String, refused: &mut Refusals) -> Result<Table, BacktestError> {
        let broken = |problem: String| BacktestError::Table { path: path.to_owned(), problem };
        let numbers = self.series();
        if numbers.is_empty() {
            return Err(broken("no column holds numbers".to_owned()));
        }
        let mut table = Table::of(tenant, path);
        let label = self.columns.iter().find(|column| is_one_of(column, &LABELS));
        for row in 0..self.rows() {
            let Some(at) = self.time(row) else {
                refuse(refused, (path, row), (RejectReason::Malformed, "the row has no time".to_owned()));
                continue;
            };
            let is_wrong = label.and_then(|column| number(column, row)).is_some_and(|label| label > 0.0);
            let cell = |column: &&Column| number(column, row).filter(|value| value.is_finite()).unwrap_or(f64::NAN);
            let values: Vec<f64> = numbers.iter().map(cell).collect();
            table.push((at, row + 1), is_wrong, &values);
        }
        if table.rows.is_empty() {
            return Err(broken("there are no rows with a time".to_owned()));
        }
        table.is_labelled = label.is_some();
        table.columns = numbers.iter().map(|column| column.name.clone()).zip(0..).collect();
        let counts_time = self.columns.get(self.time).is_some_and(|column| matches!(column.cells, Cells::Numbers(_)));
        if counts_time && table.rows.iter().all(|row| row.at < Timestamp::EARLIEST) {
            table.shift(BEGINNING.0);
        }
        table.sort();
        Ok(table)
    }

    /// Appends the rows to `feed` as JSON lines of `topic`, in time order. Rows without a time are refused.
    pub fn lines(&self, (path, topic): (&Path, &str), feed: &mut Feed, refused: &mut Refusals) {
        let mut found = Vec::new();
        for row in 0..self.rows() {
            match self.time(row) {
                Some(at) => found.push((at, row)),
                None => refuse(refused, (path, row), (RejectReason::Malformed, "the row has no time".to_owned())),
            }
        }
        found.sort();
        let mut lines = Lines::of(path);
        for (at, row) in found {
            let value = self.line(at, row, &feed.pool).to_string().into_bytes().into();
            feed.records.push(Record { topic: topic.into(), at, value, lines: 1 });
            lines.add(row + 1);
            lines.end_record();
        }
        feed.places.insert(topic, lines);
    }

    fn line(&self, at: Timestamp, row: usize, pool: &str) -> Json {
        let mut line = Map::new();
        let mut attributes = Map::new();
        line.insert("ts".to_owned(), at.0.into());
        line.insert("pool".to_owned(), pool.into());
        line.insert("kind".to_owned(), "gauge".into());
        for (place, column) in self.columns.iter().enumerate() {
            if is_one_of(column, &[VALUE]) {
                line.insert(VALUE.to_owned(), number(column, row).map_or(Json::Null, Json::from));
            }
            let Some(text) = text(column, row).filter(|_| place != self.time) else { continue };
            match column.name.to_lowercase().as_str() {
                known if KNOWN.contains(&known) => line.insert(known.to_owned(), text.into()),
                known if SIGNALS.contains(&known) => line.insert("name".to_owned(), text.into()),
                _ => attributes.insert(column.name.clone(), text.into()),
            };
        }
        line.insert("attributes".to_owned(), attributes.into());
        line.into()
    }

    fn rows(&self) -> usize {
        self.columns.get(self.time).map_or(0, |column| match &column.cells {
            Cells::Times(cells) => cells.len(),
            Cells::Numbers(cells) => cells.len(),
            Cells::Texts(cells) => cells.len(),
            Cells::Other => 0,
        })
    }

    fn time(&self, row: usize) -> Option<Timestamp> {
        match &self.columns.get(self.time)?.cells {
            Cells::Times(cells) => *cells.get(row)?,
            Cells::Numbers(cells) => cells.get(row)?.map(moment_of),
            Cells::Texts(cells) => super::csv::parse_moment(cells.get(row)?.as_deref()?),
            Cells::Other => None,
        }
    }

    /// The columns that are series: `value`, or all numbers that are nothing else.
    fn series(&self) -> Vec<&Column> {
        let known = |column: &Column| is_one_of(column, &LABELS) || is_one_of(column, &[SPLIT]);
        let all = self.columns.iter().enumerate().filter(|(place, column)| *place != self.time && !known(column));
        let numbers: Vec<&Column> =
            all.map(|(_, column)| column).filter(|column| matches!(column.cells, Cells::Numbers(_))).collect();
        match numbers.iter().find(|column| is_one_of(column, &[VALUE])) {
            Some(value) => vec![value],
            None => numbers,
        }
    }
}

fn is_one_of(column: &Column, names: &[&str]) -> bool {
    names.contains(&column.name.to_lowercase().as_str())
}

fn number(column: &Column, row: usize) -> Option<f64> {
    let Cells::Numbers(cells) = &column.cells else { return None };
    *cells.get(row)?
}

fn text(column: &Column, row: usize) -> Option<&str> {
    let Cells::Texts(cells) = &column.cells else { return None };
    cells.get(row)?.as_deref()
}

fn refuse(refused: &mut Refusals, (path, row): (&Path, usize), (reason, detail): (RejectReason, String)) {
    refused.add(Refused { place: place(path, row + 1), reason, detail, count: 1 });
}

#[cfg(test)]
mod tests;
