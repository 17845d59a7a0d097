//! The rows of visible files, read to be written again: with all columns of their table, in the order in which files have
//! them, and with the entry that says what is in them. No I/O.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, UInt64Array, new_null_array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::LakeError;
use crate::manifest::{FileEntry, MOST_TENANTS};
use crate::table::{OFFSET, Table};

/// The rows of a file as the columns of `table`; a column that the file has not is null.
///
/// # Errors
/// When it is no Parquet, or has a column that this release does not know and would lose.
pub(crate) fn read(table: Table, path: &str, bytes: Bytes) -> Result<RecordBatch, LakeError> {
    let schema = table.schema();
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    if let Some(unknown) = builder.schema().fields().iter().find(|field| schema.index_of(field.name()).is_err()) {
        return Err(LakeError::Newer { path: path.to_owned(), column: unknown.name().clone() });
    }
    let mut batches = Vec::new();
    for batch in builder.build()? {
        let batch = batch?;
        let column = |name: &str| batch.column_by_name(name).map(Arc::clone);
        let null = |data_type| new_null_array(data_type, batch.num_rows());
        let arrays: Vec<ArrayRef> = schema
            .fields()
            .iter()
            .map(|field| column(field.name()).unwrap_or_else(|| null(field.data_type())))
            .collect();
        batches.push(RecordBatch::try_new(Arc::clone(&schema), arrays)?);
    }
    Ok(concat_batches(&schema, &batches)?)
}

/// The rows of several batches, those of one tenant together and in the order of time.
pub(crate) fn sorted(table: Table, batches: &[RecordBatch]) -> Result<RecordBatch, LakeError> {
    let batch = concat_batches(&table.schema(), batches)?;
    let (names, times, offsets) = (owners(table, &batch), times(table, &batch), offsets(&batch));
    let key = |row: &u64| {
        let row = usize::try_from(*row).unwrap_or(usize::MAX);
        (names.get(row).and_then(|all| all.first()), times.get(row), offsets.get(row))
    };
    let mut order: Vec<u64> = (0..batch.num_rows() as u64).collect();
    order.sort_by(|one, other| key(one).cmp(&key(other)));
    Ok(take_record_batch(&batch, &UInt64Array::from(order))?)
}

/// What a manifest says of a file with the rows of `batch`.
pub(crate) fn entry(table: Table, path: String, bytes: usize, batch: &RecordBatch) -> FileEntry {
    let tenants: BTreeSet<String> = owners(table, batch).into_iter().flatten().collect();
    let times = times(table, batch);
    FileEntry {
        path,
        bytes: bytes as u64,
        rows: batch.num_rows() as u64,
        first: times.iter().min().copied().unwrap_or_default(),
        last: times.iter().max().copied().unwrap_or_default(),
        tenants: (tenants.len() <= MOST_TENANTS).then(|| tenants.into_iter().collect()),
    }
}

/// Whose each row is.
pub(crate) fn owners(table: Table, batch: &RecordBatch) -> Vec<Vec<String>> {
    let column = table.tenant_column().and_then(|name| batch.column_by_name(name));
    let Some(column) = column else { return vec![Vec::new(); batch.num_rows()] };
    let names = |list: ArrayRef| -> Vec<String> {
        list.as_string_opt::<i32>().into_iter().flat_map(|all| all.iter().flatten().map(str::to_owned)).collect()
    };
    if let Some(lists) = column.as_list_opt::<i32>() {
        return lists.iter().map(|list| list.map(names).unwrap_or_default()).collect();
    }
    (0..column.len()).map(|row| names(column.slice(row, 1))).collect()
}

/// When each row is, in microseconds since 1970.
pub(crate) fn times(table: Table, batch: &RecordBatch) -> Vec<i64> {
    let column = batch.column_by_name(table.time_column());
    let times = column.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    times.map(|times| times.values().to_vec()).unwrap_or_default()
}

fn offsets(batch: &RecordBatch) -> Vec<i64> {
    let column = batch.column_by_name(OFFSET.name);
    column
        .and_then(|column| column.as_primitive_opt::<Int64Type>())
        .map(|all| all.values().to_vec())
        .unwrap_or_default()
}
