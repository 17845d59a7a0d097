//! Columns from the values of one field of many records.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringArray, StringBuilder, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, TimeUnit};
use tidewatch_schemas::Timestamp;

use crate::LakeError;

/// Time zone of every time.
const UTC: &str = "UTC";

/// Type of columns that hold times.
pub(crate) fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
}

/// Type of columns that hold lists of text.
pub(crate) fn texts() -> DataType {
    DataType::List(Arc::new(element()))
}

/// Lists are never null and hold no nulls; an empty list says that there is nothing.
fn element() -> Field {
    Field::new("item", DataType::Utf8, false)
}

/// A column of text.
pub(crate) fn of_text<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// A column of lists of text.
pub(crate) fn of_texts<'a, L>(lists: impl Iterator<Item = L>) -> ArrayRef
where
    L: IntoIterator<Item = &'a str>,
{
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element());
    for list in lists {
        list.into_iter().for_each(|text| builder.values().append_value(text));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// A column of times.
pub(crate) fn of_times(
    column: &'static str,
    times: impl Iterator<Item = Option<Timestamp>>,
) -> Result<ArrayRef, LakeError> {
    let micros = |at: Timestamp| at.0.checked_mul(1_000).ok_or(LakeError::Time { column, millis: at.0 });
    let values: Vec<Option<i64>> = times.map(|time| time.map(micros).transpose()).collect::<Result<_, _>>()?;
    Ok(Arc::new(TimestampMicrosecondArray::from(values).with_timezone(UTC)))
}
