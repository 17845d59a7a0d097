//! How long rows are kept, for each table and for single tenants. Pure: the caller says what time it is.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::{BooleanArray, RecordBatch};

use crate::manifest::FileEntry;
use crate::rewrite::{owners, times};
use crate::table::Table;

/// How long rows are kept. The age of a row is that of the time by which its table is split into days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Of a table; what is not named is kept for ever.
    pub tables: BTreeMap<Table, Duration>,
    /// Of a tenant, in every table, whatever its table says.
    pub tenants: BTreeMap<String, Duration>,
}

/// What a file has of rows that are too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// None.
    Young,
    /// Perhaps some.
    Mixed,
    /// Nothing else.
    Old,
}

impl Retention {
    /// Before which moment, in microseconds since 1970, the rows of `tenants` are too old; `None` keeps them for ever. A row
    /// of several tenants stays as long as that of the one which is kept longest.
    fn cutoff<'a>(&self, table: Table, mut tenants: impl Iterator<Item = &'a String>, now: i64) -> Option<i64> {
        let of_table = self.tables.get(&table);
        let Some(first) = tenants.next() else { return before(now, of_table) };
        std::iter::once(first)
            .chain(tenants)
            .map(|tenant| before(now, self.tenants.get(tenant).or(of_table)))
            .min()
            .flatten()
    }

    /// What a file has, as far as its entry says.
    pub(crate) fn age(&self, table: Table, file: &FileEntry, now: i64) -> Age {
        let cutoffs: Vec<Option<i64>> = match &file.tenants {
            Some(tenants) if !tenants.is_empty() => {
                tenants.iter().map(|tenant| self.cutoff(table, std::iter::once(tenant), now)).collect()
            }
            Some(_) => vec![self.cutoff(table, std::iter::empty(), now)],
            // Too many to list, so that any of them may be in it.
            None => {
                let known = self.tenants.keys().map(|tenant| self.cutoff(table, std::iter::once(tenant), now));
                known.chain([self.cutoff(table, std::iter::empty(), now)]).collect()
            }
        };
        if cutoffs.iter().all(|cutoff| cutoff.is_some_and(|cutoff| file.last < cutoff)) {
            Age::Old
        } else if cutoffs.iter().any(|cutoff| cutoff.is_some_and(|cutoff| file.first < cutoff)) {
            Age::Mixed
        } else {
            Age::Young
        }
    }

    /// Which rows of a batch are kept.
    pub(crate) fn kept(&self, table: Table, batch: &RecordBatch, now: i64) -> BooleanArray {
        let rows = owners(table, batch).into_iter().zip(times(table, batch));
        rows.map(|(tenants, at)| Some(self.cutoff(table, tenants.iter(), now).is_none_or(|cutoff| at >= cutoff)))
            .collect()
    }
}

fn before(now: i64, keep: Option<&Duration>) -> Option<i64> {
    let keep = i64::try_from(keep?.as_micros()).unwrap_or(i64::MAX);
    Some(now.saturating_sub(keep))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const MICROS: i64 = 86_400_000_000;

    fn retention() -> Retention {
        let tenants = [("acme".to_owned(), DAY), ("delta".to_owned(), 100 * DAY)].into();
        Retention { tables: [(Table::Findings, 10 * DAY)].into(), tenants }
    }

    fn file(days: (i64, i64), tenants: &[&str]) -> FileEntry {
        FileEntry {
            path: String::new(),
            bytes: 1,
            rows: 1,
            first: days.0 * MICROS,
            last: days.1 * MICROS,
            tenants: Some(tenants.iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    #[test]
    fn a_file_is_as_old_as_the_tenant_says_that_is_kept_longest() {
        let cases = [
            ((80, 85), &["bolt"][..], Age::Old),
            ((85, 95), &["bolt"], Age::Mixed),
            ((91, 99), &["bolt"], Age::Young),
            ((91, 98), &["acme"], Age::Old),
            ((91, 98), &["acme", "bolt"], Age::Mixed),
            ((50, 60), &["acme", "bolt", "delta"], Age::Mixed),
            ((50, 60), &["delta"], Age::Young),
            ((80, 85), &[], Age::Old),
        ];
        for (days, tenants, expected) in cases {
            assert_eq!(retention().age(Table::Findings, &file(days, tenants), 100 * MICROS), expected, "{tenants:?}");
        }
    }

    #[test]
    fn what_nothing_is_said_of_is_kept() {
        let age = |tenants: &[&str]| retention().age(Table::CostSignals, &file((0, 1), tenants), 1_000 * MICROS);
        assert_eq!(age(&["bolt"]), Age::Young);
        assert_eq!(age(&["acme"]), Age::Old);
        let many = FileEntry { tenants: None, ..file((0, 1), &[]) };
        assert_eq!(retention().age(Table::CostSignals, &many, 1_000 * MICROS), Age::Mixed);
        assert_eq!(Retention::default().age(Table::CostSignals, &many, 1_000 * MICROS), Age::Young);
    }
}
