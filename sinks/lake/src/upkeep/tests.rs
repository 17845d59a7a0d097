use super::*;

fn file(day: &str, bytes: u64) -> FileEntry {
    let path = format!("findings/day={day}/a.parquet");
    FileEntry { path, bytes, rows: bytes, first: 0, last: 0, tenants: None }
}

fn places(merging: Merging, files: &[FileEntry]) -> Vec<Vec<usize>> {
    mergeable(merging, files).into_iter().map(|group| group.places).collect()
}

#[test]
fn small_files_of_one_day_are_merged_up_to_a_size() {
    let merging = Merging { few: 2, bytes: 10, rows: 100 };
    let days = ["1", "2", "1", "1", "1", "2", "1", "3"];
    let sizes = [4, 1, 4, 4, 4, 12, 3, 1];
    let files: Vec<FileEntry> = days.iter().zip(sizes).map(|(day, bytes)| file(day, bytes)).collect();
    assert_eq!(places(merging, &files), [vec![0, 2, 3], vec![4, 6]]);
    assert_eq!(places(Merging { few: 3, ..merging }, &files), [vec![0, 2, 3]]);
    assert!(places(Merging { rows: 1, ..merging }, &files).is_empty());
}
