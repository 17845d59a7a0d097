//! kill -9 of the writer of the lake, again and again while it writes: each record of each topic is one row in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use tidewatch_lake::Table;
use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_tests::deployment::Deployment;
use tidewatch_tests::lake::{Lake, Rows, expected};
use tidewatch_tests::program;
use tidewatch_tests::topics::Seen;

use super::Broker;

/// How often the writer is killed, and how long it lives each time: long enough to write now and then, in many different places.
const KILLS: u64 = 12;
const LIVES_MS: [u64; 4] = [1_500, 2_600, 3_300, 2_000];
/// How long the rest may take.
const LIMIT: Duration = Duration::from_mins(2);

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn the_lake_has_each_record_once_however_often_its_writer_is_killed() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "lake", "otlp-lake");
    case.batch = 64;
    case.has_lake = true;
    case.publishes_windows = true;
    // A static member has its partitions back at once, so that every life is spent writing.
    case.is_static = true;
    case.create_source();
    let mut judges = case.start_stage("judge", "ingest,detect");
    let mut replay = case.start_replay(RECORDING_POOL, "40");
    let mut rows_at_kill = Vec::new();
    for kill in 0..KILLS {
        let mut writer = case.start_stage("writer", "lake");
        std::thread::sleep(Duration::from_millis(LIVES_MS[usize::try_from(kill).expect("few") % LIVES_MS.len()]));
        writer.kill();
        let folder = case.lake_folder();
        rows_at_kill.push(if folder.is_dir() {
            Lake::at(&folder).rows(Table::Findings).values().sum::<usize>()
        } else {
            0
        });
    }
    let ended = replay.wait(LIMIT);
    assert!(ended.success(), "replay: {ended}\n{}", replay.last_words());
    let mut writer = case.start_stage("writer", "lake");
    case.await_end_of_input();
    judges.end_in_order();
    let missing = is_lake_of(&case);
    writer.end_in_order();
    assert!(missing.is_empty(), "{}\n{}", missing.join("\n"), writer.last_words());
    println!("rows of findings that were visible when the writer was killed: {rows_at_kill:?}");
    let kills_between: BTreeSet<usize> = rows_at_kill.into_iter().filter(|rows| *rows > 0).collect();
    assert!(kills_between.len() >= 3, "the writer was killed before or after its work: {kills_between:?}");
}

/// What is wrong with the lake, once its writer has had its time: nothing, when each record of each topic is one row.
pub fn is_lake_of(case: &Deployment) -> Vec<String> {
    let topics = [
        (Table::IncidentEvents, &case.names.incidents),
        (Table::Findings, &case.names.findings),
        (Table::Rejects, &case.names.rejects),
        (Table::CostSignals, &case.names.cost_signals),
        (Table::Windows, &case.names.windows),
    ];
    // Where nobody publishes windows there is no topic of them.
    let there = topics.into_iter().filter(|(table, _)| *table != Table::Windows || case.publishes_windows);
    let wanted: Vec<(Table, Rows)> = there
        .map(|(table, topic)| {
            let records = once(case.topics.tail(topic).rest());
            (table, expected(table, records.iter().map(|record| record.value.as_slice())))
        })
        .collect();
    let lake = Lake::at(&case.lake_folder());
    let count = |rows: &Rows| rows.values().sum::<usize>();
    program::until(LIMIT, || wanted.iter().all(|(table, rows)| count(&lake.rows(*table)) >= count(rows)));
    let compared = |(table, wanted): &(Table, Rows)| {
        let rows = lake.rows(*table);
        let differs = || format!("{table}: {} rows of {} records, not the same", count(&rows), count(wanted));
        (rows != *wanted).then(differs)
    };
    wanted.iter().filter_map(compared).collect()
}

/// The records without repeats, as a reader that heeds their numbers sees them.
fn once(records: Vec<Seen>) -> Vec<Seen> {
    let mut seen = BTreeSet::new();
    let mut is_new =
        |record: &Seen| record.numbered.is_none_or(|numbered| seen.insert((numbered.source, numbered.sequence)));
    records.into_iter().filter(|record| is_new(record)).collect()
}
