//! Which files a query need not open, by what the manifests say of them: the times of their rows, and their tenants.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, TimestampMicrosecondArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::scalar::ScalarValue;

use crate::manifest::FileEntry;
use crate::table::Table;

/// The files that may have rows for which `predicate` holds.
pub(super) fn needed<'a>(
    table: Table,
    (files, schema): (&'a [FileEntry], &SchemaRef),
    predicate: Option<&Arc<dyn PhysicalExpr>>,
) -> Result<Vec<&'a FileEntry>> {
    let Some(predicate) = predicate else { return Ok(files.iter().collect()) };
    let pruning =
        PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(Arc::clone(predicate))?;
    let keep = pruning.prune(&Known { table, files })?;
    Ok(files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| file).collect())
}

/// What the manifests say.
struct Known<'a> {
    table: Table,
    files: &'a [FileEntry],
}

impl Known<'_> {
    fn times(&self, column: &Column, of: impl Fn(&FileEntry) -> i64) -> Option<ArrayRef> {
        (column.name() == self.table.time_column()).then(|| {
            let times = TimestampMicrosecondArray::from_iter_values(self.files.iter().map(of));
            Arc::new(times.with_timezone("UTC")) as ArrayRef
        })
    }
}

impl PruningStatistics for Known<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.times(column, |file| file.first)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.times(column, |file| file.last)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, _: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.files.iter().map(|file| file.rows))))
    }

    /// Only that a file has none of the tenants is known for sure.
    fn contained(&self, column: &Column, values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        if self.table == Table::IncidentEvents || Some(column.name()) != self.table.tenant_column() {
            return None;
        }
        let may_have = |file: &FileEntry| {
            values.iter().any(|value| value.try_as_str().flatten().is_none_or(|tenant| file.may_have(tenant)))
        };
        Some(self.files.iter().map(|file| if may_have(file) { None } else { Some(false) }).collect())
    }
}
