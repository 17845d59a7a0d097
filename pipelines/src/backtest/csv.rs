//! CSV files as tables: `timestamp,value` or `timestamp,<column>,...`, one row a line.
//!
//! A first line that does not begin with a time names the columns. That of times is called `timestamp`, `time`, `ts` or
//! `date`, wherever it stands, else it is the first one. Where there is a column `value`, it is the only series; else every
//! column of numbers is one. `label`, `is_anomaly` or `anomaly` says for every row whether something was really wrong, and
//! `split` is not read. Without a first line of names the first two columns are time and value. Times are RFC 3339,
//! `YYYY-MM-DD HH:MM:SS` in UTC, or seconds or milliseconds since 1970, told apart by their size.
//!
//! A file whose times are all numbers and lie before 2000 counts seconds from a beginning of its own: its rows are put
//! on the calendar from Monday, 2001-01-01 on.

mod header;
mod moment;

use std::path::Path;

use tidewatch_schemas::{RejectReason, Timestamp};

use super::BacktestError;
use super::files::for_each_line;
use super::refused::{Refusals, Refused, place};
use super::table::Table;
use header::Header;

pub(super) use moment::{of_number as moment_of, parse as parse_moment};

/// Where the times of files begin that count from zero: a Monday, and the first day of a year.
pub(super) const BEGINNING: Timestamp = Timestamp(978_307_200_000);

/// A line, or a value of it, that is refused.
#[derive(Debug, PartialEq)]
struct Bad(RejectReason, String);

/// Reads a file as the table of a tenant. Lines that are not rows are refused.
///
/// # Errors
/// When the file cannot be read, or nothing in it can be judged.
pub(super) fn read(path: &Path, tenant: String, refused: &mut Refusals) -> Result<Table, BacktestError> {
    let table = Table::of(tenant, path);
    let mut reader = Reader { header: None, table, counts_time: true, cells: Vec::new(), refused };
    for_each_line(path, |line, bytes| reader.line(line, &String::from_utf8_lossy(bytes)))?;
    reader.finish().map_err(|problem| BacktestError::Table { path: path.to_owned(), problem })
}

/// Takes lines apart into what names their row, as it stands there.
#[derive(Default)]
pub(super) struct Fields {
    header: Option<Header>,
}

impl Fields {
    /// The time, and the field of one of the columns that may be series; `None` for blank lines and the line of names.
    pub fn of<'a>(&mut self, text: &'a str, column: usize) -> Option<(&'a str, &'a str)> {
        let text = without_mark(text);
        if text.is_empty() {
            return None;
        }
        let is_first = self.header.is_none();
        let header = self.header.get_or_insert_with(|| Header::of(text));
        if is_first && header.is_named {
            return None;
        }
        let field = |place: usize| fields(text).nth(place).unwrap_or_default();
        Some((field(header.time), header.columns.get(column).map_or("", |column| field(column.place))))
    }
}

struct Reader<'a> {
    header: Option<Header>,
    table: Table,
    /// Whether every time so far was a number.
    counts_time: bool,
    cells: Vec<f64>,
    refused: &'a mut Refusals,
}

impl Reader<'_> {
    fn line(&mut self, line: usize, text: &str) {
        let text = without_mark(text);
        if text.is_empty() {
            return;
        }
        let is_first = self.header.is_none();
        let header = self.header.get_or_insert_with(|| Header::of(text));
        if is_first && header.is_named {
            return;
        }
        let row = row(header, text, &mut self.cells);
        for bad in header.refusals.drain(..) {
            refuse(self.refused, (&self.table.path, line), bad);
        }
        match row {
            Ok(row) => {
                self.counts_time &= row.counts_time;
                self.table.push((row.at, line), row.is_wrong, &self.cells);
            }
            Err(bad) => refuse(self.refused, (&self.table.path, line), bad),
        }
    }

    fn finish(self) -> Result<Table, String> {
        let Self { header, mut table, counts_time, refused, .. } = self;
        let header = header.ok_or_else(|| "the file is empty".to_owned())?;
        if table.rows.is_empty() {
            return Err(without_rows(&header, &table, refused));
        }
        table.is_labelled = header.label.is_some();
        table.columns = header.series();
        if table.columns.is_empty() {
            return Err(format!("no column holds numbers; columns are {}", header.names.join(", ")));
        }
        if counts_time && table.rows.iter().all(|row| row.at < Timestamp::EARLIEST) {
            table.shift(BEGINNING.0);
        }
        table.sort();
        Ok(table)
    }
}

fn without_rows(header: &Header, table: &Table, refused: &Refusals) -> String {
    let own = format!("{}:", table.path.display());
    match refused.listed.iter().rfind(|bad| bad.place.starts_with(&own)) {
        Some(bad) if header.is_named && !header.names_time => {
            format!("no column is called timestamp, time, ts or date, and in the first one {}", bad.detail)
        }
        Some(bad) => format!("no line is a row; the last one: {}", bad.detail),
        None => "there are no rows under the names of the columns".to_owned(),
    }
}

fn refuse(refused: &mut Refusals, (path, line): (&Path, usize), Bad(reason, detail): Bad) {
    refused.add(Refused { place: place(path, line), reason, detail, count: 1 });
}

struct RowStart {
    at: Timestamp,
    counts_time: bool,
    is_wrong: bool,
}

/// What a line says of its row; the values go to `cells`.
fn row(header: &mut Header, text: &str, cells: &mut Vec<f64>) -> Result<RowStart, Bad> {
    header.split(text);
    let time = header.field(text, header.time);
    let unknown = || format!("{time:?} is no time; write RFC 3339, YYYY-MM-DD HH:MM:SS, or seconds since 1970");
    let at = moment::parse(time).ok_or_else(|| Bad(RejectReason::Malformed, unknown()))?;
    let counts_time = moment::is_number(time);
    let is_wrong = header.is_wrong(text)?;
    header.values(text, cells)?;
    Ok(RowStart { at, counts_time, is_wrong })
}

fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(bare)
}

fn bare(field: &str) -> &str {
    field.trim().trim_matches('"')
}

#[cfg(test)]
mod tests;
