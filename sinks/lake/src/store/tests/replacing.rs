//! Laws of replacing files: whatever dies where, each row is visible once, and nothing else stays.

use futures::TryStreamExt as _;

use super::*;
use crate::upkeep::{Done, Merging, Work};

const MERGE: Work = Work::Merge(Merging { few: 2, bytes: 1 << 20, rows: 5 });

fn memory() -> Store {
    Store::new(Arc::new(InMemory::new()), "memory".to_owned())
}

/// A life of a lake: written, merged, written on, merged, and cleaned.
async fn live(store: &Store) -> Result<(), LakeError> {
    for end in [7, 12, topic().len()] {
        write_until(store, 2, end).await?;
        store.keep_up(Table::Findings, &MERGE, false).await?;
    }
    store.clean(Table::Findings, i64::MAX, false).await?;
    Ok(())
}

async fn objects(store: &Store, folder: &str) -> Vec<String> {
    let listed = store.objects.list(Some(&Path::from(folder)));
    let mut paths: Vec<String> = listed.map_ok(|object| object.location.to_string()).try_collect().await.unwrap();
    paths.sort();
    paths
}

#[tokio::test]
async fn each_record_is_visible_once_wherever_merging_and_cleaning_die() {
    let mut deaths = 0;
    for after in [false, true] {
        for fails in 0.. {
            let faulty = Faulty { inner: InMemory::new(), changes: AtomicUsize::default(), fails, after };
            let store = Store::new(Arc::new(faulty), "faulty".to_owned());
            let first = live(&store).await;
            let seen = visible(&store).await;
            assert!(ONCE.starts_with(&seen), "a beginning of the topic is visible: {seen:?}");
            live(&store).await.unwrap();
            assert_eq!(visible(&store).await, ONCE, "died at change {fails}, after it: {after}");
            let mut shown: Vec<String> =
                store.files(Table::Findings).await.unwrap().into_iter().map(|file| file.path).collect();
            shown.sort();
            assert_eq!(objects(&store, "findings").await, shown, "died at change {fails}, after it: {after}");
            if first.is_ok() {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths > 60, "{deaths} deaths were tried");
}

#[tokio::test]
async fn small_files_become_few_and_manifests_do_not_add_up() {
    let store = memory();
    write(&store, 1).await.unwrap();
    let before = store.files(Table::Findings).await.unwrap();
    let dry = store.keep_up(Table::Findings, &MERGE, true).await.unwrap();
    assert_eq!(store.files(Table::Findings).await.unwrap(), before, "a dry run changes nothing");
    let done = store.keep_up(Table::Findings, &MERGE, false).await.unwrap();
    assert_eq!(done, dry);
    assert!(done.files_before == ONCE.len() && done.files_after <= ONCE.len() / 2, "{done:?}");
    let found = store.clean(Table::Findings, i64::MAX, true).await.unwrap();
    assert_eq!(visible(&store).await, ONCE);
    assert_eq!(store.clean(Table::Findings, i64::MAX, false).await.unwrap(), found);
    assert!(objects(&store, "_manifests").await.is_empty(), "the snapshot says what manifests said");
    assert_eq!(objects(&store, "_snapshots").await.len(), 1);
    assert_eq!(visible(&store).await, ONCE);
    // Whoever writes on begins where the snapshot ends.
    assert_eq!(store.last(Table::Findings, 0).await.unwrap().unwrap().next, 16);
}

/// Readers that began before a snapshot was made find all that they saw for as long as is asked.
#[tokio::test]
async fn what_was_replaced_stays_for_those_who_may_still_read_it() {
    let store = memory();
    write(&store, 2).await.unwrap();
    let seen = store.files(Table::Findings).await.unwrap();
    store.keep_up(Table::Findings, &MERGE, false).await.unwrap();
    assert_eq!(store.clean(Table::Findings, 0, false).await.unwrap(), Cleaned::default());
    for file in &seen {
        store.content(file).await.expect("a file that was visible is there");
    }
    assert!(store.clean(Table::Findings, i64::MAX, false).await.unwrap().objects >= seen.len());
}

#[tokio::test]
async fn of_two_that_replace_the_same_files_one_wins_and_the_other_begins_again() {
    let store = memory();
    write(&store, 2).await.unwrap();
    let view = store.views(Table::Findings).await.unwrap().remove(&0).unwrap();
    let one = view.successor(view.files().cloned().collect()).unwrap();
    let other = view.successor(Vec::new()).unwrap();
    assert_eq!(store.replace(Table::Findings, &one).await.unwrap(), Published::Ours);
    assert_eq!(store.replace(Table::Findings, &other).await.unwrap(), Published::Another);
    store.keep_up(Table::Findings, &MERGE, false).await.unwrap();
    assert_eq!(visible(&store).await, ONCE);
}

/// A writer that was away while all that it would write was written, merged and cleaned by others. Its manifest finds no
/// other in its place any more.
#[tokio::test]
async fn a_writer_that_was_away_learns_that_others_went_on() {
    let store = memory();
    write_until(&store, 2, 4).await.unwrap();
    let last = store.last(Table::Findings, 0).await.unwrap();
    let mut away = Partition::resume(place(), Limits { rows: 3, bytes: 1 << 20 }, last, 0).unwrap();
    topic().into_iter().take(8).for_each(|record| drop(away.take(record)));
    live(&store).await.unwrap();
    assert!(objects(&store, "_manifests").await.is_empty());
    assert_eq!(store.publish(&away.seal().unwrap().unwrap()).await.unwrap(), Published::Another);
    assert_eq!(visible(&store).await, ONCE);
    write(&store, 3).await.unwrap();
    assert_eq!(visible(&store).await, ONCE);
}

#[tokio::test]
async fn old_rows_go_and_young_ones_stay() {
    let store = memory();
    write(&store, 5).await.unwrap();
    let files = store.files(Table::Findings).await.unwrap();
    // Findings are five hours apart; everything before the eighth one is older than a day.
    let now = 1_795_305_600_000_000 + 300 * 60_000_000 * 8 + 86_400_000_000;
    let retention = crate::Retention {
        tables: [(Table::Findings, Duration::from_hours(24))].into(),
        ..crate::Retention::default()
    };
    let work = Work::Retain(retention, now);
    let dry = store.keep_up(Table::Findings, &work, true).await.unwrap();
    let done = store.keep_up(Table::Findings, &work, false).await.unwrap();
    assert_eq!(done, dry);
    assert_eq!((done.rows_gone, done.files_before), (7, files.len()));
    assert_eq!(visible(&store).await, ONCE[7..]);
    assert_eq!(store.keep_up(Table::Findings, &work, false).await.unwrap().rows_gone, 0);
}

#[tokio::test]
async fn of_a_forgotten_tenant_no_byte_stays() {
    let store = memory();
    let mut partition = Partition::resume(place(), Limits { rows: 4, bytes: 1 << 20 }, None, 0).unwrap();
    let tenants = ["acme", "forgotten", "bolt", "forgotten", "acme", "bolt", "forgotten", "acme"];
    for (offset, tenant) in (0..).zip(tenants) {
        let bytes = Bytes::from(finding(tenant, 300 * offset).to_string());
        partition.take(Record { offset, numbered: None, bytes });
        if partition.is_full() {
            store.publish(&partition.seal().unwrap().unwrap()).await.unwrap();
            partition.published();
        }
    }
    let work = Work::Forget("forgotten".to_owned());
    let done = store.keep_up(Table::Findings, &work, false).await.unwrap();
    assert_eq!((done.rows_gone, done.rows_changed), (3, 0));
    store.clean(Table::Findings, i64::MAX, false).await.unwrap();
    assert_eq!(visible(&store).await, [0.0, 2.0, 4.0, 5.0, 7.0]);
    for path in objects(&store, "").await {
        let bytes = store.read(&Path::from(path.as_str())).await.unwrap();
        let has = bytes.windows(9).any(|part| part == b"forgotten");
        assert!(!has, "{path} names the tenant");
    }
    let again = store.keep_up(Table::Findings, &work, false).await.unwrap();
    assert_eq!(again, Done { files_before: done.files_after, files_after: done.files_after, ..Done::default() });
}
