//! What of the rows belongs to a tenant. Rows of others go, and so does what a row says about others.
//!
//! An incident may be that of several tenants. Then each learns that it happened, when, how bad it is and that it is affected;
//! not who else is, and not the sentences, numbers and evidence that may be about them. How others do is told to nobody.

use arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, ListArray, new_null_array};
use arrow::compute::filter_record_batch;
use arrow::compute::kernels::zip::zip;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use crate::Kind;
use crate::column::{Cell, Cells};
use crate::table::Table;

/// Columns of an incident that may say something about any of its tenants.
const SHARED_INCIDENT: [&str; 15] = [
    "summary",
    "signal",
    "expected",
    "actual",
    "unit",
    "season",
    "confidence",
    "bottleneck",
    "deployment",
    "loss",
    "evidence",
    "resource",
    "severity_reason",
    "findings",
    "response",
];
/// Columns of an incident that are about others, whoever it is about.
const OTHERS: [&str; 1] = ["peers"];
/// Columns that name tenants.
const NAMES: [&str; 3] = ["tenants", "victims", "culprits"];
/// Columns of a finding of contention that may say something about others.
const CONTENTION: [&str; 13] = [
    "summary",
    "guilt",
    "culprits",
    "victims",
    "mechanism",
    "contended_signal",
    "dose",
    "culprits_share",
    "follows",
    "began",
    "times_slower",
    "fails",
    "advice",
];

/// Columns of a charge that say because of whom it is.
const CULPRIT: [&str; 2] = ["charge_description", "x_culprit"];

/// The columns of a row of several tenants that may say something about any of them.
pub(crate) fn about_others(table: Table) -> &'static [&'static str] {
    match table {
        Table::IncidentEvents => &SHARED_INCIDENT,
        Table::Findings => &CONTENTION,
        Table::CostSignals => &CULPRIT,
        Table::Rejects | Table::Windows => &[],
    }
}

/// The rows of `tenant` in a batch of all columns of `table`, without what is not the tenant's own.
pub(super) fn rows(table: Table, tenant: &str, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    match table {
        Table::IncidentEvents => incidents(tenant, batch),
        Table::Findings => {
            let own = filter_record_batch(batch, &named(tenant, column(batch, "tenant")?)?)?;
            let is_plain: BooleanArray = (0..own.num_rows()).map(|row| Some(is_null(&own, "guilt", row))).collect();
            keep_where(&own, &CONTENTION, &is_plain)
        }
        Table::CostSignals => {
            let own = filter_record_batch(batch, &named(tenant, column(batch, "sub_account_id")?)?)?;
            let is_plain: BooleanArray = (0..own.num_rows()).map(|row| Some(is_null(&own, "x_culprit", row))).collect();
            keep_where(&own, &CULPRIT, &is_plain)
        }
        Table::Rejects => Ok(batch.slice(0, 0)),
        Table::Windows => filter_record_batch(batch, &named(tenant, column(batch, "tenant")?)?),
    }
}

fn incidents(tenant: &str, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let has = |list: &ArrayRef| (0..list.len()).any(|at| list.as_string::<i32>().value(at) == tenant);
    let tenants = lists(batch, "tenants")?;
    let is_own: BooleanArray = tenants.iter().map(|list| Some(list.as_ref().is_some_and(has))).collect();
    let own = filter_record_batch(batch, &is_own)?;
    let columns = NAMES.iter().map(|name| lists(&own, name)).collect::<Result<Vec<_>, _>>()?;
    let names_only = |row: usize| {
        let mut names = columns.iter().filter(|list| list.is_valid(row)).map(|list| list.value(row));
        names.all(|list| list.as_string::<i32>().iter().flatten().all(|name| name == tenant))
    };
    let is_alone: BooleanArray = (0..own.num_rows()).map(|row| Some(names_only(row))).collect();
    let own = keep_where(&own, &SHARED_INCIDENT, &is_alone)?;
    let nobody: BooleanArray = (0..own.num_rows()).map(|_| Some(false)).collect();
    let own = keep_where(&own, &OTHERS, &nobody)?;
    let mut arrays = own.columns().to_vec();
    for (name, list) in NAMES.iter().zip(columns) {
        let at = own.schema().index_of(name)?;
        if let Some(array) = arrays.get_mut(at) {
            *array = only(tenant, list);
        }
    }
    RecordBatch::try_new(own.schema(), arrays)
}

/// The lists with nothing in them but `tenant`.
fn only(tenant: &str, lists: &ListArray) -> ArrayRef {
    let mut cells = Cells::of(Kind::Texts);
    for list in lists.iter() {
        let kept = |list: ArrayRef| {
            let names = list.as_string::<i32>().iter().flatten().filter(|name| *name == tenant);
            Cell::Texts(names.map(str::to_owned).collect())
        };
        cells.push(list.map(kept));
    }
    cells.finish()
}

/// The batch with `names` null where `keep` does not hold.
fn keep_where(batch: &RecordBatch, names: &[&str], keep: &BooleanArray) -> Result<RecordBatch, ArrowError> {
    let mut arrays = batch.columns().to_vec();
    for name in names {
        let at = batch.schema().index_of(name)?;
        if let Some(array) = arrays.get_mut(at) {
            *array = zip(keep, array, &new_null_array(array.data_type(), array.len()))?;
        }
    }
    RecordBatch::try_new(batch.schema(), arrays)
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("column {name} is missing")))
}

fn lists<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ListArray, ArrowError> {
    let column = column(batch, name)?;
    column.as_list_opt::<i32>().ok_or_else(|| ArrowError::SchemaError(format!("column {name} holds no lists")))
}

fn is_null(batch: &RecordBatch, name: &str, row: usize) -> bool {
    batch.column_by_name(name).is_none_or(|column| column.is_null(row))
}

fn named(tenant: &str, column: &ArrayRef) -> Result<BooleanArray, ArrowError> {
    let texts = column.as_string_opt::<i32>().ok_or_else(|| ArrowError::SchemaError("names are no text".to_owned()))?;
    Ok(texts.iter().map(|name| Some(name == Some(tenant))).collect())
}

#[cfg(test)]
mod tests;
