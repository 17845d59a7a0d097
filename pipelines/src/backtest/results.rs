//! Writes what was said about every row of a table, in the order of the table's file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tidewatch_detectors::Judgement;
use tidewatch_schemas::Timestamp;

use super::BacktestError;
use super::csv::Fields;
use super::files::{extension, for_each_line, free_name};
use super::rows::{Told, told};
use super::table::{Row, Table};

const COLUMNS: &str = "timestamp,value,expected,lower,upper,score,threshold,alarm";

/// What was said about the rows of a table: of every column, in the order of [`Table::columns`].
pub(super) struct Rows<'a> {
    table: &'a Table,
    columns: Vec<Vec<Option<Told<'a>>>>,
    /// Which row a line of the file is.
    by_line: Vec<Option<usize>>,
}

/// A row as the file writes it, and where it stands in the table.
struct Line<'a> {
    time: &'a str,
    value: &'a str,
    row: Option<usize>,
}

impl<'a> Rows<'a> {
    /// `judged` has the windows of every column, in the order of [`Table::columns`].
    pub fn of(table: &'a Table, judged: &'a [Vec<Judgement>]) -> Self {
        let columns = judged.iter().map(|windows| told(&table.rows, windows)).collect();
        let lines = table.rows.iter().map(|row| row.line).max().unwrap_or(0);
        let mut by_line = vec![None; lines + 1];
        for (index, row) in table.rows.iter().enumerate() {
            if let Some(place) = by_line.get_mut(row.line) {
                *place = Some(index);
            }
        }
        Self { table, columns, by_line }
    }

    fn told(&self, column: usize, row: Option<usize>) -> Option<Told<'a>> {
        *self.columns.get(column)?.get(row?)?
    }

    /// One result file in the layout of the Numenta Anomaly Benchmark. `windows` are the labelled stretches.
    pub fn write_benchmark(&self, path: &Path, windows: &[(Timestamp, Timestamp)]) -> Result<(), BacktestError> {
        let mut out = create(path)?;
        let is_labelled =
            |row: &Row| row.is_wrong || windows.iter().any(|(from, until)| *from <= row.at && row.at <= *until);
        let mut written = writeln!(out, "timestamp,value,anomaly_score,label");
        self.for_each(|line| {
            let score = self.told(0, line.row).map_or(0.0, |told| told.score());
            let row = line.row.and_then(|row| self.table.rows.get(row));
            let label = u8::from(row.is_some_and(is_labelled));
            if written.is_ok() {
                written = writeln!(out, "{},{},{score},{label}", line.time, line.value);
            }
        })?;
        written.and_then(|()| out.flush()).map_err(|source| BacktestError::Io { path: path.to_owned(), source })
    }

    /// `<folder>/<name>.csv`. Where the table has several series, each of them has a file in `<folder>/<name>/`, and
    /// a row of `<name>.csv` is that of the series whose evidence goes furthest beyond its threshold.
    pub fn write(&self, folder: &Path) -> Result<(), BacktestError> {
        let name = &self.table.tenant;
        let whole = folder.join(format!("{name}.csv"));
        let mut files = self.open(folder, name)?;
        let mut out = create(&whole)?;
        let is_single = self.columns.len() == 1;
        let mut written = writeln!(out, "{COLUMNS}{}", if is_single { "" } else { ",signal" });
        self.for_each(|line| {
            let all = files.iter_mut().zip(0..).try_for_each(|((_, file), column)| self.one(file, &line, column));
            let own = if is_single { self.one(&mut out, &line, 0) } else { self.loudest(&mut out, &line) };
            written = std::mem::replace(&mut written, Ok(())).and(all).and(own);
        })?;
        written = written.and_then(|()| out.flush());
        for (path, mut file) in files {
            file.flush().map_err(|source| BacktestError::Io { path, source })?;
        }
        written.map_err(|source| BacktestError::Io { path: whole, source })
    }

    /// A file for each of several series.
    fn open(&self, folder: &Path, name: &str) -> Result<Vec<(PathBuf, BufWriter<File>)>, BacktestError> {
        let mut taken = std::collections::BTreeSet::new();
        let mut files = Vec::new();
        if self.columns.len() == 1 {
            return Ok(files);
        }
        for (column, _) in &self.table.columns {
            let path = folder.join(name).join(format!("{}.csv", free_name(column, &mut taken)));
            let mut file = create(&path)?;
            writeln!(file, "{COLUMNS}").map_err(|source| BacktestError::Io { path: path.clone(), source })?;
            files.push((path, file));
        }
        Ok(files)
    }

    fn one(&self, out: &mut impl Write, line: &Line<'_>, column: usize) -> io::Result<()> {
        let several = self.columns.len() > 1;
        let value = if several { self.value(line, column) } else { line.value.to_owned() };
        write_row(out, (line.time, &value), self.told(column, line.row))?;
        writeln!(out)
    }

    fn loudest(&self, out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
        let beyond = |told: Told<'_>| told.evidence() - told.judgement.threshold;
        let all = (0..self.columns.len()).filter_map(|column| Some((column, self.told(column, line.row)?)));
        let alarms_first = |(_, told): &(usize, Told<'_>)| (told.is_alarm(), beyond(*told));
        let loudest = all.reduce(|one, other| if alarms_first(&other) > alarms_first(&one) { other } else { one });
        let Some((column, told)) = loudest else {
            write_row(out, (line.time, ""), None)?;
            return writeln!(out, ",");
        };
        write_row(out, (line.time, &self.value(line, column)), Some(told))?;
        writeln!(out, ",{}", self.table.columns.get(column).map_or("", |(name, _)| name))
    }

    fn value(&self, line: &Line<'_>, column: usize) -> String {
        let row = line.row.and_then(|row| self.table.rows.get(row));
        let place = self.table.columns.get(column).map(|(_, place)| *place);
        let value = row.zip(place).and_then(|(row, place)| self.table.value(row, place));
        value.map_or(String::new(), |value| value.to_string())
    }

    /// Hands every row of the file to `each`, also those that were refused.
    fn for_each(&self, mut each: impl FnMut(Line<'_>)) -> Result<(), BacktestError> {
        if extension(&self.table.path) == "parquet" {
            self.for_each_judged(each);
            return Ok(());
        }
        let place = self.table.columns.first().map_or(0, |(_, place)| *place);
        let mut fields = Fields::default();
        for_each_line(&self.table.path, |number, bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Some((time, value)) = fields.of(&text, place) {
                each(Line { time, value, row: self.by_line.get(number).copied().flatten() });
            }
        })
    }

    /// The same for files without text.
    fn for_each_judged(&self, mut each: impl FnMut(Line<'_>)) {
        for row in self.by_line.iter().skip(1) {
            let at = row.and_then(|row| self.table.rows.get(row)).map(|row| row.at);
            let time = at.map_or(String::new(), |at| written(self.table, at));
            let value = self.value(&Line { time: "", value: "", row: *row }, 0);
            each(Line { time: &time, value: &value, row: *row });
        }
    }
}

/// A time as a file without text would write it: seconds where it counts from zero, else RFC 3339.
fn written(table: &Table, at: Timestamp) -> String {
    if table.shift_ms == 0 { at.to_string() } else { ((at - Timestamp(table.shift_ms)) as f64 / 1_000.0).to_string() }
}

fn write_row(out: &mut impl Write, (time, value): (&str, &str), told: Option<Told<'_>>) -> io::Result<()> {
    let Some(told) = told else { return write!(out, "{time},{value},,,,0,,0") };
    let Judgement { expected, lower, upper, threshold, .. } = told.judgement;
    let (score, alarm) = (told.evidence(), u8::from(told.is_alarm()));
    write!(out, "{time},{value},{expected},{lower},{upper},{score},{threshold},{alarm}")
}

fn create(path: &Path) -> Result<BufWriter<File>, BacktestError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let file = folder.and_then(|()| File::create(path));
    file.map(BufWriter::new).map_err(|source| BacktestError::Io { path: path.to_owned(), source })
}
