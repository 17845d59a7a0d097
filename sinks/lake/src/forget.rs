//! What stays of rows when a tenant is forgotten: its own rows go, and rows of others lose what they say about it.
//!
//! A row of several tenants stays for the others. The name goes from its lists, and with it every column that may be about the
//! forgotten one: sentences, evidence, numbers. A text anywhere else that has the name as a word of its own is emptied too.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, ListArray, RecordBatch, new_null_array};
use arrow::compute::filter_record_batch;
use arrow::compute::kernels::zip::zip;

use crate::column::{Cell, Cells};
use crate::query::about_others;
use crate::rewrite::owners;
use crate::table::Table;
use crate::{Kind, LakeError};

/// Columns of free text, and identifiers that people choose.
const TEXTS: [&str; 17] = [
    "summary",
    "severity_reason",
    "evidence",
    "bottleneck",
    "response",
    "resource",
    "attributes",
    "advice",
    "detail",
    "excerpt",
    "sub_account_name",
    "resource_id",
    "allocated_resource_id",
    "charge_description",
    "x_culprit",
    "contended_signal",
    "origin_topic",
];

/// The rows of `batch` without `tenant`, and how many of them are not as they were; `None` where nothing names it.
///
/// # Errors
/// When the columns do not fit together, which their schema rules out.
pub(crate) fn without(
    table: Table,
    tenant: &str,
    batch: &RecordBatch,
) -> Result<Option<(RecordBatch, u64)>, LakeError> {
    let is_other = |names: &Vec<String>| names.is_empty() || names.iter().any(|name| name != tenant);
    let is_kept: BooleanArray = owners(table, batch).iter().map(|names| Some(is_other(names))).collect();
    let kept = filter_record_batch(batch, &is_kept)?;
    let schema = kept.schema();
    let mut arrays = kept.columns().to_vec();

    // Rows that do not name it as one of those whom they are about.
    let mut is_clean = vec![true; kept.num_rows()];
    for (array, field) in arrays.iter_mut().zip(schema.fields()) {
        if let Some(lists) = array.as_list_opt::<i32>().filter(|lists| note_names(lists, tenant, &mut is_clean)) {
            *array = all_but(tenant, lists);
        } else if field.name() == "x_culprit" {
            let culprits = array.as_string_opt::<i32>().into_iter().flat_map(|names| names.iter());
            for (is_clean, name) in is_clean.iter_mut().zip(culprits) {
                *is_clean &= name != Some(tenant);
            }
        }
    }
    let mut is_same = is_clean.clone();
    for (array, field) in arrays.iter_mut().zip(schema.fields()) {
        let (name, is_list) = (field.name().as_str(), array.data_type().is_list());
        let follows_row = about_others(table).contains(&name) && !is_list;
        let mut keep = if follows_row { is_clean.clone() } else { vec![true; array.len()] };
        if TEXTS.contains(&name) {
            for (keep, is_unmentioned) in keep.iter_mut().zip(unmentioned(array, tenant)) {
                *keep &= is_unmentioned;
            }
        }
        if keep.contains(&false) {
            is_same.iter_mut().zip(&keep).for_each(|(is_same, keep)| *is_same &= *keep);
            *array = zip(&BooleanArray::from(keep), array, &new_null_array(field.data_type(), array.len()))?;
        }
    }
    let changed = is_same.iter().filter(|is_same| !**is_same).count() as u64;
    let is_untouched = changed == 0 && kept.num_rows() == batch.num_rows();
    Ok(if is_untouched { None } else { Some((RecordBatch::try_new(Arc::clone(&schema), arrays)?, changed)) })
}

/// Whether one of the lists has `tenant`; the rows that do are not clean.
fn note_names(lists: &ListArray, tenant: &str, is_clean: &mut [bool]) -> bool {
    let mut any = false;
    for (list, is_clean) in lists.iter().zip(is_clean) {
        let has = list.is_some_and(|list| {
            list.as_string_opt::<i32>().is_some_and(|names| names.iter().flatten().any(|name| name == tenant))
        });
        any |= has;
        *is_clean &= !has;
    }
    any
}

fn all_but(tenant: &str, lists: &ListArray) -> ArrayRef {
    let mut cells = Cells::of(Kind::Texts);
    for list in lists.iter() {
        let kept = |list: ArrayRef| {
            let names = list.as_string_opt::<i32>().into_iter().flat_map(|all| all.iter().flatten());
            Cell::Texts(names.filter(|name| *name != tenant).map(str::to_owned).collect())
        };
        cells.push(list.map(kept));
    }
    cells.finish()
}

/// Where a text does not have `name` as a word of its own.
fn unmentioned(array: &ArrayRef, name: &str) -> Vec<bool> {
    let Some(texts) = array.as_string_opt::<i32>() else { return vec![true; array.len()] };
    texts.iter().map(|text| !text.is_some_and(|text| mentions(text, name))).collect()
}

fn mentions(text: &str, name: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    !name.is_empty()
        && text.match_indices(name).any(|(at, found)| {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
            !is_part(before.chars().next_back()) && !is_part(after.chars().next())
        })
}

#[cfg(test)]
mod tests;
