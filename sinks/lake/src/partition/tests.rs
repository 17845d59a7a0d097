use tidewatch_schemas::Timestamp;

use super::*;
use crate::samples::finding;

const LIMITS: Limits = Limits { rows: 3, bytes: 1 << 20 };

fn partition(last: Option<Manifest>) -> Partition {
    let place = Place { table: Table::Findings, number: 1, source: "cluster/findings".to_owned() };
    Partition::resume(place, LIMITS, last, 5).unwrap()
}

fn record(offset: i64, sequence: u64) -> Record {
    let tenant = if offset % 2 == 0 { "acme" } else { "bolt" };
    let bytes = Bytes::from(finding(tenant, offset * 500).to_string());
    Record { offset, numbered: Some((1, sequence)), bytes }
}

fn sealed(partition: &Partition) -> Sealed {
    partition.seal().unwrap().unwrap()
}

#[test]
fn a_partition_is_full_at_its_limit_of_rows_or_bytes() {
    let mut partition = partition(None);
    assert!(!partition.is_full() && partition.seal().unwrap().is_none());
    for offset in 5..8 {
        assert_eq!(partition.take(record(offset, offset.cast_unsigned())), Taken::Kept);
    }
    assert!(partition.is_full());
    let small = Limits { rows: 100, bytes: 1 };
    let mut partition = Partition { limits: small, ..partition };
    partition.published();
    assert!(!partition.is_full());
    partition.take(record(8, 8));
    assert!(partition.is_full());
}

#[test]
fn files_lie_under_their_days_and_say_what_is_in_them() {
    let mut partition = partition(None);
    (5..8).for_each(|offset| drop(partition.take(record(offset, offset.cast_unsigned()))));
    let Sealed { files, manifest } = sealed(&partition);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "findings/day=2026-11-23/p00001-00000000000000000005-00000000000000000008.parquet",
            "findings/day=2026-11-24/p00001-00000000000000000005-00000000000000000008.parquet",
        ]
    );
    assert_eq!((manifest.start, manifest.next), (5, 8));
    assert_eq!(manifest.sequences, BTreeMap::from([(1, 7)]));
    assert_eq!(manifest.files.iter().map(|file| file.rows).sum::<u64>(), 3);
    assert!(manifest.files.iter().all(|file| file.first <= file.last && file.first % 60_000_000 == 0));
    assert!(manifest.files.iter().any(|file| file.tenants.as_deref() == Some(&["acme".to_owned(), "bolt".to_owned()])));
}

#[test]
fn what_was_not_published_is_sealed_to_the_same_bytes_by_whoever_reads_it_again() {
    let mut first = partition(None);
    let mut second = partition(None);
    for partition in [&mut first, &mut second] {
        (5..8).for_each(|offset| drop(partition.take(record(offset, offset.cast_unsigned()))));
    }
    assert_eq!(sealed(&first), sealed(&second));
}

#[test]
fn repeats_make_no_rows_and_the_manifest_remembers_what_a_repeat_is() {
    let mut first = partition(None);
    (5..8).for_each(|offset| drop(first.take(record(offset, offset.cast_unsigned()))));
    let manifest = sealed(&first).manifest;
    let mut partition = partition(Some(manifest));
    assert_eq!(partition.next_offset(), 8);
    // The same outputs stand in the topic a second time, at later offsets.
    for (offset, sequence) in [(8, 6), (9, 7)] {
        assert_eq!(partition.take(record(offset, sequence)), Taken::Repeat);
    }
    assert_eq!(partition.take(record(10, 8)), Taken::Kept);
    assert_eq!(partition.take(record(10, 8)), Taken::Repeat);
    let manifest = sealed(&partition).manifest;
    assert_eq!((manifest.start, manifest.next, manifest.files[0].rows), (8, 11, 1));
}

#[test]
fn a_record_that_cannot_be_a_row_is_passed_over_and_told() {
    let mut partition = partition(None);
    let record = Record { bytes: Bytes::from_static(b"{}"), ..record(5, 1) };
    assert_eq!(partition.take(record), Taken::Refused("it has no window_start".to_owned()));
    assert_eq!((partition.next_offset(), partition.waiting()), (6, 0));
}

#[test]
fn the_offsets_of_another_topic_are_refused() {
    let mut first = partition(None);
    first.take(record(5, 1));
    let manifest = sealed(&first).manifest;
    let place = Place { source: "other/findings".to_owned(), ..first.place };
    let error = Partition::resume(place, LIMITS, Some(manifest), 0).unwrap_err().to_string();
    assert!(error.contains("cluster/findings") && error.contains("other/findings"), "{error}");
}

#[test]
fn rows_of_a_tenant_lie_together_in_the_order_of_time() {
    let mut partition = partition(None);
    let at = |offset: i64, tenant: &str, minute: i64| Record {
        bytes: Bytes::from(finding(tenant, minute).to_string()),
        ..record(offset, offset.cast_unsigned())
    };
    for record in [at(5, "bolt", 3), at(6, "acme", 9), at(7, "acme", 2)] {
        partition.take(record);
    }
    let Sealed { files, .. } = sealed(&partition);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, &files[0].1).unwrap();
    let columns = crate::file::read(&path).unwrap();
    let cells = |name: &str| columns.iter().find(|column| column.name == name).unwrap().cells.clone();
    let texts = ["acme", "acme", "bolt"].map(|name| Some(name.to_owned())).to_vec();
    assert_eq!(cells("tenant"), crate::file::Cells::Texts(texts));
    let minutes = [2, 9, 3].map(|minute| Some(Timestamp(1_795_305_600_000 + minute * 60_000))).to_vec();
    assert_eq!(cells("window_start"), crate::file::Cells::Times(minutes));
}
