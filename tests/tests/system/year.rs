//! A lake with a year of minute windows, made up, for questions about a whole fleet: `make bench-lake`.
//!
//! Records go the way of every record, so that the files are those that the lake writes. The same seed gives the same rows.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use tidewatch_lake::{Limits, Partition, Place, Record, Store, Table, Taken};
use tokio::runtime::Runtime;

/// The first minute: midnight of 2026-01-01.
const START_SECONDS: i64 = 1_767_225_600;
const MINUTES_OF_DAY: i64 = 1_440;
/// Partitions of the topic, each written by a thread.
const PARTITIONS: i64 = 2;

/// Numbers that look random and are the same every time (SplitMix64, Steele 2014), between 0 and 1.
fn chance(seed: u64) -> f64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn number(name: &str, usual: i64) -> i64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// One window of a tenant: slow by day, slower on the last day of a month, and seldom in trouble for a while.
fn record(tenant: i64, minute: i64) -> String {
    let at = |minute: i64| jiff::Timestamp::from_second(START_SECONDS + minute * 60).expect("a year of this century");
    let (start, end) = (at(minute), at(minute + 1));
    let date = start.to_zoned(jiff::tz::TimeZone::UTC).date();
    let is_last = date.day() == date.days_in_month();
    let seed = |kind: i64, of: i64| u64::try_from((kind * 1_000 + tenant) * 1_000_003 + of).expect("positive");
    let hour = (minute % MINUTES_OF_DAY) as f64 / 60.0;
    let day_shape = 1.0 + 0.8 * (-((hour - 14.0) / 4.0).powi(2)).exp();
    let expected = (0.05 + 0.4 * chance(seed(1, 0))) * day_shape * if is_last { 1.6 } else { 1.0 };
    // Half an hour in five days.
    let in_trouble = chance(seed(2, minute / 30)) < 1.0 / 240.0;
    let noise = 0.8 + 0.4 * chance(seed(3, minute));
    let actual = expected * noise * if in_trouble { 3.0 } else { 1.0 };
    let season = if is_last { "calendar" } else { "daily" };
    let (lower, upper) = (0.6 * expected, 1.5 * expected);
    format!(
        "{{\"pool\":\"eu-{}\",\"tenant\":\"tenant-{tenant:03}\",\"resource\":\"odoo\",\"signal\":\"http.server.request.duration\",\
         \"series\":\"{tenant:032x}\",\"attributes\":{{}},\"unit\":\"s\",\"window_start\":\"{start}\",\"window_end\":\"{end}\",\
         \"actual\":{actual:.6},\"expected\":{expected:.6},\"lower\":{lower:.6},\"upper\":{upper:.6},\"season\":\"{season}\",\
         \"score\":{:.3},\"threshold\":9.5}}",
        tenant % 4,
        if in_trouble { 14.0 } else { noise },
    )
}

#[test]
#[ignore = "writes gigabytes: make bench-lake"]
fn a_year_of_windows_is_written() {
    let folder = PathBuf::from(std::env::var("YEAR_LAKE").expect("YEAR_LAKE names a folder"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (tenants, days) = (number("YEAR_TENANTS", 200), number("YEAR_DAYS", 365));
    let objects = LocalFileSystem::new_with_prefix(&folder).expect("a folder");
    let store = Store::new(Arc::new(objects), folder.display().to_string());
    std::thread::scope(|scope| {
        for part in 0..PARTITIONS {
            let store = store.clone();
            scope.spawn(move || {
                let of_part: Vec<i64> = (0..tenants).filter(|tenant| tenant % PARTITIONS == part).collect();
                let number = i32::try_from(part).expect("few");
                let place = Place { table: Table::Windows, number, source: "made-up/windows".to_owned() };
                let limits = Limits { rows: usize::MAX, bytes: usize::MAX };
                let mut partition = Partition::resume(place, limits, None, 0).expect("an empty lake");
                let runtime = Runtime::new().expect("a runtime");
                for day in 0..days {
                    for minute in day * MINUTES_OF_DAY..(day + 1) * MINUTES_OF_DAY {
                        for tenant in &of_part {
                            let offset = partition.next_offset();
                            let bytes = record(*tenant, minute).into();
                            assert_eq!(partition.take(Record { offset, numbered: None, bytes }), Taken::Kept);
                        }
                    }
                    let sealed = partition.seal().expect("rows fit").expect("a day has rows");
                    runtime.block_on(store.publish(&sealed)).expect("the folder takes it");
                    partition.published();
                }
            });
        }
    });
    println!("{} rows in {}", tenants * days * MINUTES_OF_DAY, folder.display());
}
