//! A lake in a bucket on which things go wrong: written, merged and cleaned, with each row visible once all the while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidewatch_detectors::calendar::Calendars;
use tidewatch_lake::query::{Bounds, Format, Opening, Principal, Session};
use tidewatch_lake::upkeep::{Merging, Work};
use tidewatch_lake::{LakeError, Limits, Partition, Place, Published, Record, Store, Table};
use tidewatch_pipelines::checkpoint::Location;
use tidewatch_pipelines::lake::KnownCalendars;
use tidewatch_tests::bucket::{self, Bucket, CREDENTIALS, NAME};
use tidewatch_tests::detour::{Asked, Detour, Mishap};
use tidewatch_tests::object_faults::Dice;
use tokio::runtime::Runtime;

/// Objects that one answer to a listing names.
const PAGE: u32 = 5;
/// Records of the topic.
const RECORDS: i64 = 40;
/// The client of the bucket makes a request three times by itself, and the lake five times.
const OVER: u32 = 3 * 5;

fn store(address: &str, prefix: &str) -> Store {
    let location: Location = format!("s3://{NAME}/{prefix}").parse().expect("a URL");
    let mut options = bucket::options(address);
    options.extend(CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let objects = location.objects(&options).expect("the options fit");
    Store::new(objects, location.to_string()).with_pause(Duration::ZERO)
}

/// One request of 25 is refused, loses its answer or is answered late, and one listing of 20 is incomplete; two requests of
/// 400 meet the same again until whoever asks gives up.
fn misfortune(mut dice: Dice) -> impl FnMut(&Asked) -> Mishap + Send {
    let mut under_way: BTreeMap<(String, String), (Mishap, u32)> = BTreeMap::new();
    move |asked| {
        let key = (asked.method.clone(), asked.path.clone());
        if let Some((mishap, left)) = under_way.get_mut(&key).filter(|(_, left)| *left > 0) {
            *left -= 1;
            return *mishap;
        }
        let mishap = match dice.roll(400) {
            0 => Mishap::Refused,
            1 if asked.method == "GET" => Mishap::AnswerCut,
            1 => Mishap::AnswerLost,
            2..=8 => return Mishap::Refused,
            9..=15 => return Mishap::Late(Duration::from_millis(5)),
            16..=35 if asked.is_list() => return Mishap::Thinned,
            _ => return Mishap::None,
        };
        under_way.insert(key, (mishap, OVER - 1));
        mishap
    }
}

/// Writes on up to `end`, two rows a file.
async fn write(store: &Store, end: i64) -> Result<(), LakeError> {
    let place = Place { table: Table::Findings, number: 0, source: "cluster/findings".to_owned() };
    let limits = Limits { rows: 2, bytes: 1 << 20 };
    let last = store.last(Table::Findings, 0).await?;
    let mut partition = Partition::resume(place, limits, last, 0)?;
    for offset in partition.next_offset()..end {
        let record =
            json!({"window_start": "2026-11-22T10:00:00Z", "tenant": format!("t{}", offset % 3), "score": 1.0});
        partition.take(Record { offset, numbered: None, bytes: record.to_string().into() });
        if partition.is_full() || offset + 1 == end {
            let Some(sealed) = partition.seal()? else { continue };
            if store.publish(&sealed).await? == Published::Another {
                return Ok(());
            }
            partition.published();
        }
    }
    Ok(())
}

async fn live(store: &Store, end: i64) -> Result<(), LakeError> {
    write(store, end).await?;
    store.keep_up(Table::Findings, &Work::Merge(Merging { rows: 12, ..Merging::USUAL }), false).await?;
    store.clean(Table::Findings, i64::MAX, false).await?;
    Ok(())
}

async fn visible(store: &Store) -> Vec<i64> {
    let opening = Opening {
        principal: Principal::Operator,
        bounds: Bounds::USUAL,
        until: None,
        calendars: Arc::new(KnownCalendars::new(Calendars::default(), None)),
    };
    let session = Session::open(store, opening).await.expect("the bucket is well");
    let answer = session.ask("SELECT record_offset AS at FROM findings ORDER BY 1").await.expect("an answer");
    let rows: Vec<Value> = serde_json::from_slice(&answer.written(Format::Json).expect("JSON")).expect("objects");
    rows.iter().filter_map(|row| row["at"].as_i64()).collect()
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn each_row_is_visible_once_whatever_the_bucket_does() {
    let bucket = Bucket::start(PAGE);
    let runtime = Runtime::new().expect("a runtime");
    let (mut lives, mut deaths) = (0, 0);
    for seed in 0..3 {
        let prefix = format!("lake-{seed}");
        let healthy = store(bucket.address(), &prefix);
        let detour = Detour::to(bucket.address(), misfortune(Dice(seed)));
        let mut seen = 0;
        for end in (8..=RECORDS).step_by(8) {
            for _ in 0..2 {
                lives += 1;
                let faulty = store(detour.address(), &prefix);
                deaths += usize::from(runtime.block_on(live(&faulty, end)).is_err());
                let rows = runtime.block_on(visible(&healthy));
                let expected: Vec<i64> = (0..i64::try_from(rows.len()).expect("few")).collect();
                assert_eq!(rows, expected, "seed {seed}, up to {end}");
                assert!(rows.len() >= seen, "seed {seed}: what was visible is not any more");
                seen = rows.len();
            }
        }
        runtime.block_on(live(&healthy, RECORDS)).expect("the bucket is well");
        assert_eq!(runtime.block_on(visible(&healthy)).len(), usize::try_from(RECORDS).expect("few"));
    }
    println!("{lives} lives, {deaths} of them ended early");
    assert!(deaths > 2 && deaths < lives, "{deaths} of {lives}: the faults are too few or too many");
}
