//! Rows as the bytes of a Parquet file: zstd, statistics for every column, and the same bytes for the same rows.

use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::LakeError;

/// Rows of a row group: what one thread reads at a time.
const ROW_GROUP: usize = 131_072;

/// What every file is written with.
fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by("tidewatch".to_owned())
        .build()
}

/// The bytes of a file with the rows of `batches`.
///
/// # Errors
/// When they do not have one schema.
pub(crate) fn written(batches: &[RecordBatch]) -> Result<Vec<u8>, LakeError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties()))?;
    for batch in batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?)
}
