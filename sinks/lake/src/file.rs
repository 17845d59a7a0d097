//! Parquet files that others wrote, as named columns of times, numbers and texts.
//!
//! A file is read as a whole: what reads it must see every row before it can put them in order.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMillisecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tidewatch_schemas::Timestamp;

/// A column of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its rows hold.
    pub cells: Cells,
}

/// What the rows of a column hold; `None` where a row has nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Timestamps and dates; those without a time zone are UTC.
    Times(Vec<Option<Timestamp>>),
    /// Whole and floating numbers, decimals; truth is 1 and 0.
    Numbers(Vec<Option<f64>>),
    /// Text.
    Texts(Vec<Option<String>>),
    /// Lists, structures, bytes: nothing that is read here.
    Other,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is not Parquet, damaged, or written with something that is unknown here.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Values that cannot be what their column says.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
}

/// The columns of a file, in its order, each with a cell for every row.
///
/// # Errors
/// When the file cannot be opened, or is not Parquet.
pub fn read(path: &Path) -> Result<Vec<Column>, FileError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let fields = builder.schema().fields().clone();
    let empty = |data_type: &DataType| match kind(data_type) {
        Some(DataType::Timestamp(..)) => Cells::Times(Vec::new()),
        Some(DataType::Float64) => Cells::Numbers(Vec::new()),
        Some(_) => Cells::Texts(Vec::new()),
        None => Cells::Other,
    };
    let column = |(name, data_type): (&str, &DataType)| Column { name: name.to_owned(), cells: empty(data_type) };
    let mut columns: Vec<Column> =
        fields.iter().map(|field| column((field.name().as_str(), field.data_type()))).collect();
    for batch in builder.build()? {
        for (column, array) in columns.iter_mut().zip(batch?.columns()) {
            column.cells.append(array)?;
        }
    }
    Ok(columns)
}

/// The one type that all of a kind are read as; `None` for what is not read.
fn kind(data_type: &DataType) -> Option<DataType> {
    use DataType as T;
    match data_type {
        T::Timestamp(..) | T::Date32 | T::Date64 => Some(T::Timestamp(TimeUnit::Millisecond, None)),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => Some(T::Utf8),
        T::Dictionary(_, of) => kind(of),
        other if other.is_numeric() || *other == T::Boolean => Some(T::Float64),
        _ => None,
    }
}

impl Cells {
    fn append(&mut self, array: &ArrayRef) -> Result<(), FileError> {
        let Some(kind) = kind(array.data_type()) else { return Ok(()) };
        let array = cast(array, &kind)?;
        match self {
            Self::Times(cells) => {
                cells.extend(array.as_primitive::<TimestampMillisecondType>().iter().map(|at| at.map(Timestamp)));
            }
            Self::Numbers(cells) => cells.extend(array.as_primitive::<Float64Type>().iter()),
            Self::Texts(cells) => cells.extend(array.as_string::<i32>().iter().map(|text| text.map(str::to_owned))),
            Self::Other => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
