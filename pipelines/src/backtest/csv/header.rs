//! Which columns a file has, and what of a line belongs to which.

use std::ops::Range;

use tidewatch_schemas::RejectReason;

use super::{Bad, bare, fields, moment};
use crate::backtest::table::{LABELS, SPLIT, TIMES, VALUE};

/// The columns of a file.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// As the file writes them.
    pub names: Vec<String>,
    /// Whether the first line names the columns.
    pub is_named: bool,
    /// Whether one of those names says that it is the time.
    pub names_time: bool,
    pub time: usize,
    pub label: Option<usize>,
    /// Columns that may be series.
    pub columns: Vec<Column>,
    /// Values of the latest line that are refused while the line is not.
    pub refusals: Vec<Bad>,
    /// Whether a line without a value is refused.
    is_single: bool,
    fields: Vec<Range<usize>>,
}

#[derive(Debug)]
pub(super) struct Column {
    pub place: usize,
    name: String,
    holds: Holds,
}

/// What a column holds, by the first value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Nothing,
    Numbers,
    Text,
}

impl Header {
    /// The columns that the first line names, or those of a file whose first line is a row.
    pub fn of(line: &str) -> Self {
        let names: Vec<String> = fields(line).map(str::to_owned).collect();
        if names.first().is_some_and(|first| moment::parse(first).is_some()) {
            let columns = vec![Column::new(1, VALUE)];
            return Self { names: vec!["time".into(), VALUE.into()], columns, is_single: true, ..Self::default() };
        }
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let named = |known: &[&str]| lower.iter().position(|name| known.contains(&name.as_str()));
        let (time, label) = (named(&TIMES), named(&LABELS));
        let value = named(&[VALUE]);
        let columns = match value {
            Some(place) => vec![Column::new(place, VALUE)],
            None => others(&names, [Some(time.unwrap_or(0)), label, named(&[SPLIT])]),
        };
        Self {
            is_named: true,
            names_time: time.is_some(),
            time: time.unwrap_or(0),
            label,
            columns,
            is_single: value.is_some(),
            names,
            ..Self::default()
        }
    }

    /// The columns that hold numbers, and where in a row's values each stands.
    pub fn series(&self) -> Vec<(String, usize)> {
        let numbered = self.columns.iter().zip(0..).filter(|(column, _)| column.holds == Holds::Numbers);
        numbered.map(|(column, place)| (column.name.clone(), place)).collect()
    }

    /// Finds the fields of a line.
    pub fn split(&mut self, line: &str) {
        self.fields.clear();
        let mut start = 0;
        for field in line.split(',') {
            self.fields.push(start..start + field.len());
            start += field.len() + 1;
        }
    }

    /// A field of the line that was split last; empty where the line is too short.
    pub fn field<'a>(&self, line: &'a str, place: usize) -> &'a str {
        let range = self.fields.get(place).cloned();
        range.and_then(|range| line.get(range)).map(bare).unwrap_or_default()
    }

    /// Whether the line is labelled as wrong.
    pub fn is_wrong(&self, line: &str) -> Result<bool, Bad> {
        let Some(place) = self.label else { return Ok(false) };
        match self.field(line, place) {
            "1" | "1.0" | "true" | "True" | "TRUE" => Ok(true),
            "0" | "0.0" | "false" | "False" | "FALSE" | "" => Ok(false),
            other => Err(Bad(RejectReason::Malformed, format!("{other:?} is no label; write 1 or 0"))),
        }
    }

    /// The values of a line, NaN where it has none.
    pub fn values(&mut self, line: &str, cells: &mut Vec<f64>) -> Result<(), Bad> {
        cells.clear();
        let mut columns = std::mem::take(&mut self.columns);
        for column in &mut columns {
            match column.read(self.field(line, column.place)) {
                Ok(value) => cells.push(value),
                Err(bad) => {
                    cells.push(f64::NAN);
                    self.refusals.push(bad);
                }
            }
        }
        self.columns = columns;
        if self.is_single && cells.iter().all(|value| value.is_nan()) {
            let missing = || Bad(RejectReason::MissingValue, "the line has no value".to_owned());
            return Err(self.refusals.pop().unwrap_or_else(missing));
        }
        Ok(())
    }
}

impl Column {
    fn new(place: usize, name: &str) -> Self {
        Self { place, name: name.to_owned(), holds: Holds::Nothing }
    }

    /// The number in `field`, NaN where there is none. A column whose first value is a text is no series.
    fn read(&mut self, field: &str) -> Result<f64, Bad> {
        if field.is_empty() || self.holds == Holds::Text {
            return Ok(f64::NAN);
        }
        let parsed = field.parse::<f64>();
        if self.holds == Holds::Nothing {
            self.holds = if parsed.is_ok() || self.name == VALUE { Holds::Numbers } else { Holds::Text };
        }
        match parsed {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(Bad(RejectReason::NotFinite, format!("{} is {field}", self.name))),
            Err(_) if self.holds == Holds::Text => Ok(f64::NAN),
            Err(_) => Err(Bad(RejectReason::Malformed, format!("{} {field:?} is no number", self.name))),
        }
    }
}

fn others(names: &[String], known: [Option<usize>; 3]) -> Vec<Column> {
    let unknown = names.iter().enumerate().filter(|(place, name)| !known.contains(&Some(*place)) && !name.is_empty());
    unknown.map(|(place, name)| Column::new(place, name)).collect()
}
