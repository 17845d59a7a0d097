use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{Int32Type, Int64Type};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use super::*;

fn written(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.parquet");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, path)
}

#[test]
fn every_kind_of_time_number_and_text_is_read() {
    let second = 1_795_342_714_000;
    let at = Timestamp(second);
    let tenants: DictionaryArray<Int32Type> = ["acme", "acme"].into_iter().collect();
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1)]), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("us", Arc::new(TimestampMicrosecondArray::from(vec![Some(second * 1_000), None]).with_timezone("UTC"))),
        ("ns", Arc::new(TimestampNanosecondArray::from(vec![second * 1_000_000; 2]))),
        ("day", Arc::new(Date32Array::from(vec![1, 1]))),
        ("whole", Arc::new(Int64Array::from(vec![Some(7), None]))),
        ("narrow", Arc::new(Float32Array::from(vec![0.5, f32::NAN]))),
        ("money", Arc::new(Decimal128Array::from(vec![1_234, 5]).with_precision_and_scale(10, 2).unwrap())),
        ("label", Arc::new(BooleanArray::from(vec![true, false]))),
        ("tenant", Arc::new(tenants)),
        ("host", Arc::new(StringArray::from(vec![Some("web"), None]))),
        ("list", Arc::new(lists)),
    ];
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::LZ4_RAW] {
        let (_folder, path) = written(columns.clone(), compression);
        let read = read(&path).unwrap();
        let cells = |name: &str| &read.iter().find(|column| column.name == name).unwrap().cells;
        let twice = |one: Option<Timestamp>, two| Cells::Times(vec![one, two, one, two]);
        assert_eq!(cells("us"), &twice(Some(at), None), "{compression}");
        assert_eq!(cells("ns"), &twice(Some(at), Some(at)));
        assert_eq!(cells("day"), &twice(Some(Timestamp(86_400_000)), Some(Timestamp(86_400_000))));
        assert_eq!(cells("whole"), &Cells::Numbers(vec![Some(7.0), None, Some(7.0), None]));
        assert_eq!(cells("money"), &Cells::Numbers(vec![Some(12.34), Some(0.05), Some(12.34), Some(0.05)]));
        assert_eq!(cells("label"), &Cells::Numbers(vec![Some(1.0), Some(0.0), Some(1.0), Some(0.0)]));
        assert_eq!(cells("tenant"), &Cells::Texts(vec![Some("acme".to_owned()); 4]));
        assert_eq!(cells("list"), &Cells::Other);
        let Cells::Numbers(narrow) = cells("narrow") else { panic!("numbers") };
        assert!(narrow[0] == Some(0.5) && narrow[1].unwrap().is_nan());
    }
}

#[test]
fn what_is_not_parquet_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.parquet");
    assert!(matches!(read(&path), Err(FileError::Io(_))));
    std::fs::write(&path, "timestamp,value\n").unwrap();
    assert!(matches!(read(&path), Err(FileError::Parquet(_))));
}
