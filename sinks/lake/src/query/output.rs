//! Answers as bytes: for people, and in the formats that other programs read.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::csv::WriterBuilder as CsvWriter;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::json::{ArrayWriter, WriterBuilder as JsonWriter};
use arrow::util::pretty::pretty_format_batches;

use super::Answer;
use crate::LakeError;
use crate::parquet_file::written;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Table,
    /// An array of objects; what is null is null.
    Json,
    /// Comma separated values with a header; lists are JSON.
    Csv,
    /// A Parquet file.
    Parquet,
}

impl Answer {
    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Its bytes in a format.
    ///
    /// # Errors
    /// When a column has a type that the format has not.
    pub fn written(&self, format: Format) -> Result<Vec<u8>, LakeError> {
        // An answer without rows has columns all the same.
        let empty = [RecordBatch::new_empty(self.schema.clone())];
        let batches = if self.batches.is_empty() { &empty[..] } else { &self.batches };
        match format {
            Format::Table => Ok(format!("{}\n", pretty_format_batches(batches)?).into_bytes()),
            Format::Json => json(batches),
            Format::Csv => csv(batches),
            Format::Parquet => written(batches),
        }
    }
}

fn json(batches: &[RecordBatch]) -> Result<Vec<u8>, LakeError> {
    let mut writer: ArrayWriter<Vec<u8>> = JsonWriter::new().with_explicit_nulls(true).build(Vec::new());
    for batch in batches {
        writer.write(batch)?;
    }
    writer.finish()?;
    let mut bytes = writer.into_inner();
    // A writer that was given no rows writes nothing at all.
    if bytes.is_empty() {
        bytes.extend_from_slice(b"[]");
    }
    bytes.push(b'\n');
    Ok(bytes)
}

fn csv(batches: &[RecordBatch]) -> Result<Vec<u8>, LakeError> {
    let mut writer = CsvWriter::new().with_header(true).build(Vec::new());
    for batch in batches {
        writer.write(&flat(batch)?)?;
    }
    Ok(writer.into_inner())
}

/// Lists as text, since there are none in CSV.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, LakeError> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let texts = array.as_list_opt::<i32>().filter(|lists| lists.value_type() == DataType::Utf8);
        let Some(lists) = texts else {
            fields.push(field.as_ref().clone());
            arrays.push(Arc::clone(array));
            continue;
        };
        let text = |list: ArrayRef| serde_json::to_string(&list.as_string::<i32>().iter().collect::<Vec<_>>());
        let flat = lists.iter().map(|list| list.map(text).transpose()).collect::<Result<StringArray, _>>();
        fields.push(Field::new(field.name(), DataType::Utf8, true));
        arrays.push(Arc::new(flat.map_err(|error| ArrowError::CastError(error.to_string()))?) as ArrayRef);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;
    use crate::query::tests::{lake, opening};
    use crate::query::{Principal, Session};
    use crate::samples::incident;

    async fn written(sql: &str, format: Format) -> String {
        let store = lake(&[(Table::IncidentEvents, vec![vec![incident(1, &["acme", "bolt"])]])]).await;
        let session = Session::open(&store, opening(Principal::Operator)).await.unwrap();
        String::from_utf8(session.ask(sql).await.unwrap().written(format).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn answers_are_written_in_each_format() {
        let sql = "SELECT revision, tenants, resource, started_at FROM incidents";
        assert_eq!(
            written(sql, Format::Json).await,
            "[{\"revision\":1,\"tenants\":[\"acme\",\"bolt\"],\"resource\":null,\"started_at\":\"2026-11-22T10:18:28.886Z\"}]\n"
        );
        assert_eq!(
            written(sql, Format::Csv).await,
            "revision,tenants,resource,started_at\n1,\"[\"\"acme\"\",\"\"bolt\"\"]\",,2026-11-22T10:18:28.886Z\n"
        );
        assert!(written(sql, Format::Table).await.contains("| 1        | [acme, bolt] |"));
    }

    #[tokio::test]
    async fn no_rows_are_an_empty_answer_with_columns() {
        let sql = "SELECT revision FROM incidents WHERE revision > 5";
        assert_eq!(written(sql, Format::Json).await, "[]\n");
        assert_eq!(written(sql, Format::Csv).await, "revision\n");
        assert!(written(sql, Format::Table).await.contains("| revision |"));
    }
}
