//! A record of a topic as a row of a table, before it is one: checked, and with what rows are sorted by at hand.
//!
//! Rows wait as the bytes that came, because those are smaller than what is read from them.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use serde_json::Value;

use crate::LakeError;
use crate::column::{Cell, Cells};
use crate::table::{OFFSET, PARTITION, Table};

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// A record that can be a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Tenants whose row it is, in the order of the record.
    pub(crate) tenants: Vec<String>,
    /// Its time in microseconds since 1970.
    pub(crate) micros: i64,
    /// Offset in its partition.
    pub(crate) offset: i64,
    bytes: Bytes,
}

impl Row {
    /// Checks the record of `table` that stands at `offset`.
    ///
    /// # Errors
    /// With what is wrong, when it is no JSON, has no time, or a field is not what its column holds.
    pub fn read(table: Table, offset: i64, bytes: Bytes) -> Result<Self, String> {
        let record: Value = serde_json::from_slice(&bytes).map_err(|error| format!("it is not JSON: {error}"))?;
        let (mut micros, mut tenants) = (None, Vec::new());
        for column in table.columns() {
            let cell = Cell::read(column.kind, record.pointer(column.pointer))
                .map_err(|wrong| format!("{}: {wrong}", column.name))?;
            match cell {
                Some(Cell::Time(at)) if column.name == table.time_column() => micros = Some(at),
                Some(Cell::Text(name)) if Some(column.name) == table.tenant_column() => tenants = vec![name],
                Some(Cell::Texts(names)) if Some(column.name) == table.tenant_column() => tenants = names,
                _ => {}
            }
        }
        let micros = micros.ok_or_else(|| format!("it has no {}", table.time_column()))?;
        Ok(Self { tenants, micros, offset, bytes })
    }

    /// What is kept of it until it is written, in bytes.
    pub(crate) fn size(&self) -> usize {
        const FIXED: usize = 128;
        self.bytes.len() + FIXED + self.tenants.iter().map(String::len).sum::<usize>()
    }

    /// The day that it belongs to, in days since 1970 in UTC.
    pub(crate) fn day(&self) -> i64 {
        self.micros.div_euclid(DAY)
    }

    /// Rows of one tenant lie together, and in the order of time.
    pub(crate) fn order(&self) -> (Option<&str>, i64, i64) {
        (self.tenants.first().map(String::as_str), self.micros, self.offset)
    }
}

/// `rows` of `partition` as the columns of `table`, in their order.
///
/// # Errors
/// When the columns do not fit together, which their schema rules out.
pub(crate) fn to_batch(table: Table, partition: i32, rows: &[&Row]) -> Result<RecordBatch, LakeError> {
    let mut columns: Vec<Cells> = table.all_columns().map(|column| Cells::of(column.kind)).collect();
    for row in rows {
        let record: Value = serde_json::from_slice(&row.bytes).unwrap_or_default();
        for (cells, column) in columns.iter_mut().zip(table.all_columns()) {
            cells.push(match column {
                PARTITION => Some(Cell::Whole(i64::from(partition))),
                OFFSET => Some(Cell::Whole(row.offset)),
                _ => Cell::read(column.kind, record.pointer(column.pointer)).ok().flatten(),
            });
        }
    }
    let arrays: Vec<ArrayRef> = columns.into_iter().map(Cells::finish).collect();
    Ok(RecordBatch::try_new(Arc::clone(&table.schema()), arrays)?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array as _, AsArray as _};
    use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

    use super::*;
    use crate::samples::{charge, finding, incident};

    fn row(table: Table, offset: i64, record: &Value) -> Row {
        Row::read(table, offset, Bytes::from(record.to_string())).unwrap()
    }

    #[test]
    fn a_row_says_what_the_record_says() {
        let rows = [incident(2, &["acme", "delta"]), incident(3, &["acme"])];
        let rows: Vec<Row> =
            (7..).zip(&rows).map(|(offset, record)| row(Table::IncidentEvents, offset, record)).collect();
        let batch = to_batch(Table::IncidentEvents, 3, &rows.iter().collect::<Vec<_>>()).unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        assert_eq!(column("revision").as_primitive::<Int64Type>().values(), &[2, 3]);
        assert_eq!(column("record_offset").as_primitive::<Int64Type>().values(), &[7, 8]);
        assert_eq!(column("record_partition").as_primitive::<Int64Type>().values(), &[3, 3]);
        assert_eq!(column("state").as_string::<i32>().value(0), "open");
        assert!(column("resource").is_null(0));
        let tenants = column("tenants").as_list::<i32>().value(0);
        assert_eq!(tenants.as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["acme", "delta"]);
        assert_eq!(column("culprits").as_list::<i32>().value_length(0), 0);
        assert_eq!(column("started_at").as_primitive::<TimestampMicrosecondType>().value(0), 1_795_342_708_886_000);
        assert_eq!(column("evidence").as_string::<i32>().value(0), "[]");
        assert_eq!(rows[0].tenants, ["acme", "delta"]);
    }

    #[test]
    fn what_a_record_nests_stands_in_columns_and_what_it_leaves_out_is_null() {
        let rows = [row(Table::Findings, 0, &finding("acme", 0))];
        let batch = to_batch(Table::Findings, 0, &rows.iter().collect::<Vec<_>>()).unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        assert_eq!(column("origin_offset").as_primitive::<Int64Type>().value(0), 9);
        assert!(column("guilt").is_null(0) && column("victims").is_null(0) && column("channel").is_null(0));
        assert_eq!(column("actual").as_primitive::<Float64Type>().value(0), 0.9);
        let rows = [row(Table::CostSignals, 0, &charge("acme", "12.5"))];
        let batch = to_batch(Table::CostSignals, 0, &rows.iter().collect::<Vec<_>>()).unwrap();
        let cost = batch.column_by_name("effective_cost").unwrap();
        assert_eq!(cost.as_primitive::<Decimal128Type>().value(0), 12_500_000);
    }

    #[test]
    fn what_cannot_be_a_row_says_why() {
        let mut wrong = incident(1, &["acme"]);
        wrong["expected"] = "much".into();
        let mut timeless = incident(1, &["acme"]);
        timeless.as_object_mut().unwrap().remove("updated_at");
        let cases = [
            ("{".to_owned(), "it is not JSON: "),
            (wrong.to_string(), "expected: \"much\" is not a double"),
            (timeless.to_string(), "it has no updated_at"),
        ];
        for (bytes, expected) in cases {
            let error = Row::read(Table::IncidentEvents, 0, Bytes::from(bytes)).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
