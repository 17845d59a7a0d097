//! What a ticket and a prepared question hold: the question, and the values that a client bound to it. Whoever brings a
//! handle is asked who they are, so that it holds nothing that others could not ask as well.

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion::common::ParamValues;
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::logical_expr::LogicalPlan;
use datafusion::scalar::ScalarValue;
use tidewatch_lake::query::QueryError;

/// A question and its values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Handle {
    pub question: String,
    /// One row with a value in each column; nothing before values were bound.
    pub values: Option<RecordBatch>,
}

/// A handle that is not one of ours, or values that cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongHandle(String);

fn wrong(error: impl std::fmt::Display) -> WrongHandle {
    WrongHandle(error.to_string())
}

impl Handle {
    /// That of a question without values.
    pub fn of(question: &str) -> Self {
        Self { question: question.to_owned(), values: None }
    }

    /// Its bytes: the length of the question in four bytes, the question, and the values as an Arrow stream.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WrongHandle> {
        let length = u32::try_from(self.question.len()).map_err(wrong)?;
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend_from_slice(self.question.as_bytes());
        if let Some(values) = &self.values {
            let mut writer = StreamWriter::try_new(&mut bytes, &values.schema()).map_err(wrong)?;
            writer.write(values).and_then(|()| writer.finish()).map_err(wrong)?;
        }
        Ok(bytes)
    }

    /// From its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrongHandle> {
        let foreign = || WrongHandle("this handle is not one of ours".to_owned());
        let (length, rest) = bytes.split_first_chunk().ok_or_else(foreign)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(wrong)?;
        let (question, values) = rest.split_at_checked(length).ok_or_else(foreign)?;
        let question = std::str::from_utf8(question).map_err(|_| foreign())?.to_owned();
        let values = if values.is_empty() { None } else { Some(one_batch(values).map_err(wrong)?) };
        Ok(Self { question, values })
    }

    /// The same with those values.
    pub fn with_values(self, batches: &[RecordBatch]) -> Result<Self, WrongHandle> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let values = batches.iter().find(|batch| batch.num_rows() == 1).filter(|_| rows == 1);
        let one = || WrongHandle(format!("a question takes one row of values at a time, and {rows} came"));
        Ok(Self { values: Some(values.ok_or_else(one)?.clone()), ..self })
    }

    /// The plan with the values in it.
    pub fn fill(&self, plan: LogicalPlan) -> Result<LogicalPlan, QueryError> {
        let Some(values) = &self.values else { return Ok(plan) };
        let scalars = values.columns().iter().map(|column| ScalarValue::try_from_array(column, 0));
        let scalars = scalars.map(|value| value.map(|value| ScalarAndMetadata::new(value, None)));
        let scalars = scalars.collect::<Result<Vec<_>, _>>()?;
        Ok(plan.replace_params_with_values(&ParamValues::List(scalars))?)
    }
}

fn one_batch(bytes: &[u8]) -> Result<RecordBatch, ArrowError> {
    let mut reader = StreamReader::try_new(Cursor::new(bytes), None)?;
    reader.next().unwrap_or_else(|| Err(ArrowError::IpcError("the values are missing".to_owned())))
}

/// The columns that values of a plan have; what the plan does not say is text.
pub(super) fn parameters(plan: &LogicalPlan) -> Result<Schema, QueryError> {
    let mut types: Vec<(u32, String, DataType)> = Vec::new();
    for (name, kind) in plan.get_parameter_types()? {
        let number = name.trim_start_matches('$').parse().unwrap_or(u32::MAX);
        types.push((number, name, kind.unwrap_or(DataType::Utf8)));
    }
    types.sort_by_key(|(number, ..)| *number);
    Ok(Schema::new(types.into_iter().map(|(_, name, kind)| Field::new(name, kind, true)).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn values(rows: usize) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7; rows]));
        let words: ArrayRef = Arc::new(StringArray::from(vec!["acme"; rows]));
        RecordBatch::try_from_iter([("$1", numbers), ("$2", words)]).unwrap()
    }

    #[test]
    fn a_handle_comes_back_as_it_was() {
        let plain = Handle::of("SELECT 'ü' FROM incidents");
        assert_eq!(Handle::from_bytes(&plain.to_bytes().unwrap()).unwrap(), plain);
        let bound = plain.with_values(&[values(0), values(1)]).unwrap();
        assert_eq!(Handle::from_bytes(&bound.to_bytes().unwrap()).unwrap(), bound);
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        let bytes = Handle::of("SELECT 1").with_values(&[values(1)]).unwrap().to_bytes().unwrap();
        for end in [0, 3, 7, bytes.len() - 9] {
            let cut = &bytes[..end];
            // Cut behind the question it is that of a question without values.
            assert!(end == 12 || Handle::from_bytes(cut).is_err(), "{end} bytes");
        }
        assert!(Handle::from_bytes(&[255; 40]).is_err());
        let many = Handle::of("SELECT 1").with_values(&[values(2)]).unwrap_err();
        assert_eq!(many.to_string(), "a question takes one row of values at a time, and 2 came");
    }
}
