//! The upkeep of a lake by the stage that writes it: small files are merged, old rows go, replaced files are deleted.
//!
//! It runs beside the writing, which goes on meanwhile: what replaces files and what adds them never wait for each other.

use std::time::Duration;

use tidewatch_lake::upkeep::{Merging, Work};
use tidewatch_lake::{LakeError, Retention, Store, Table};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::clock::{self, Stopwatch};

/// Fewest small files of a day that are merged without being asked.
const FEW: usize = 8;

/// What is done, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upkeep {
    /// Time between two times.
    pub every: Duration,
    /// How long files stay that were replaced.
    pub grace: Duration,
    /// How long rows are kept.
    pub retention: Retention,
}

/// The moment before which readers began that nothing is kept for, in milliseconds since 1970.
#[must_use]
pub fn before(grace: Duration) -> i64 {
    clock::now().0.saturating_sub(i64::try_from(grace.as_millis()).unwrap_or(i64::MAX))
}

/// Starts the upkeep when it is due, one at a time.
pub struct Watchman {
    upkeep: Upkeep,
    since: Stopwatch,
    busy: Option<JoinHandle<()>>,
}

impl Watchman {
    /// Begins to wait.
    #[must_use]
    pub fn new(upkeep: &Upkeep) -> Self {
        Self { upkeep: upkeep.clone(), since: Stopwatch::start(), busy: None }
    }

    /// Starts what is due for the tables that `tables` says.
    pub fn look(&mut self, runtime: &Runtime, store: &Store, tables: impl Fn() -> Vec<Table>) {
        let is_busy = self.busy.as_ref().is_some_and(|task| !task.is_finished());
        if is_busy || self.since.elapsed() < self.upkeep.every {
            return;
        }
        self.since = Stopwatch::start();
        let (upkeep, store, tables) = (self.upkeep.clone(), store.clone(), tables());
        self.busy = Some(runtime.spawn(async move {
            for table in tables {
                match upkeep.once(&store, table).await {
                    Ok(()) => {}
                    Err(error) => {
                        tracing::warn!(%table, %error, "the files of a table were not kept; tried again later");
                    }
                }
            }
        }));
    }

    /// Ends what is being done. What is not visible yet is made again the next time.
    pub fn end(self, runtime: &Runtime) {
        if let Some(task) = self.busy {
            task.abort();
            // It was ended, which is no news.
            let _ = runtime.block_on(task);
        }
    }
}

impl Upkeep {
    async fn once(&self, store: &Store, table: Table) -> Result<(), LakeError> {
        let now = clock::now().0.saturating_mul(1_000);
        let old = store.keep_up(table, &Work::Retain(self.retention.clone(), now), false).await?;
        let merging = Merging { few: FEW, ..Merging::USUAL };
        let merged = store.keep_up(table, &Work::Merge(merging), false).await?;
        let cleaned = store.clean(table, before(self.grace), false).await?;
        tracing::info!(
            %table, files = merged.files_after, before = old.files_before, rows_gone = old.rows_gone,
            deleted = cleaned.objects, "the files of a table were kept"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use tidewatch_lake::{Limits, Partition, Place, Record};

    use super::*;

    /// A lake with ten findings in ten files, of a day long ago.
    async fn lake() -> Store {
        let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
        let place = Place { table: Table::Findings, number: 0, source: "cluster/findings".to_owned() };
        let mut partition = Partition::resume(place, Limits { rows: 1, bytes: 1 << 20 }, None, 0).unwrap();
        for offset in 0..10 {
            let tenant = if offset % 2 == 0 { "acme" } else { "bolt" };
            let record = format!("{{\"window_start\":\"2020-01-01T00:00:00Z\",\"tenant\":\"{tenant}\"}}");
            partition.take(Record { offset, numbered: None, bytes: record.into() });
            store.publish(&partition.seal().unwrap().unwrap()).await.unwrap();
            partition.published();
        }
        store
    }

    #[test]
    fn it_is_done_when_it_is_due_for_the_tables_that_are_held() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let store = runtime.block_on(lake());
        let files = || runtime.block_on(store.files(Table::Findings)).unwrap();
        let retention =
            Retention { tenants: [("acme".to_owned(), Duration::from_hours(24))].into(), ..Retention::default() };
        let never = Duration::MAX;
        let cases = [
            (never, vec![Table::Findings], 10),
            (Duration::ZERO, vec![], 10),
            (Duration::ZERO, vec![Table::Findings], 5),
        ];
        for (every, tables, expected) in cases {
            let upkeep = Upkeep { every, grace: Duration::from_hours(24), retention: retention.clone() };
            let mut watchman = Watchman::new(&upkeep);
            watchman.look(&runtime, &store, || tables.clone());
            if let Some(task) = watchman.busy.take() {
                runtime.block_on(task).unwrap();
            }
            assert_eq!(files().iter().map(|file| file.rows).sum::<u64>(), expected, "{every:?} {tables:?}");
            watchman.end(&runtime);
        }
        // Five rows that stay are fewer files than are worth it.
        assert_eq!(files().len(), 5);
    }
}
