//! A lake as a test looks at it: its rows, and the records that they should be.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use serde_json::Value;
use tidewatch_detectors::calendar::Calendars;
use tidewatch_lake::query::{Bounds, Format, Opening, Principal, Session};
use tidewatch_lake::{Kind, Store, Table};
use tidewatch_pipelines::lake::KnownCalendars;
use tidewatch_schemas::Timestamp;
use tokio::runtime::Runtime;

/// Rows by what is in them, and how often each is there.
pub type Rows = BTreeMap<String, usize>;

/// The lake in a folder.
pub struct Lake {
    store: Store,
    runtime: Runtime,
}

impl Lake {
    /// The lake in `folder`.
    ///
    /// # Panics
    /// When there is no such folder.
    pub fn at(folder: &Path) -> Self {
        let objects = LocalFileSystem::new_with_prefix(folder).expect("a lake has a folder");
        let store = Store::new(Arc::new(objects), folder.display().to_string());
        Self { store, runtime: Runtime::new().expect("a runtime") }
    }

    /// The answer to a question as JSON objects.
    ///
    /// # Panics
    /// When there is none.
    pub fn ask(&self, sql: &str) -> Vec<Value> {
        serde_json::from_str(&self.answer(sql, Format::Json)).expect("an array of objects")
    }

    /// The answer to a question as text.
    ///
    /// # Panics
    /// When there is none.
    pub fn answer(&self, sql: &str, format: Format) -> String {
        let opening = Opening {
            principal: Principal::Operator,
            bounds: Bounds::USUAL,
            until: None,
            calendars: Arc::new(KnownCalendars::new(Calendars::default(), None)),
        };
        let answer = self.runtime.block_on(async { Session::open(&self.store, opening).await?.ask(sql).await });
        let answer = answer.unwrap_or_else(|error| panic!("{sql}: {error}"));
        String::from_utf8(answer.written(format).expect("it can be written")).expect("text")
    }

    /// All rows of a table, as their records would have them.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn rows(&self, table: Table) -> Rows {
        let mut rows = Rows::new();
        for row in self.ask(&format!("SELECT * FROM {table}")) {
            let cells = table.columns().iter().map(|column| comparable(column.kind, Some(&row[column.name])));
            *rows.entry(cells.collect::<Vec<_>>().join("|")).or_default() += 1;
        }
        rows
    }
}

/// The rows that records of a topic should be, each once.
///
/// # Panics
/// When a record is no JSON.
pub fn expected<'a>(table: Table, records: impl Iterator<Item = &'a [u8]>) -> Rows {
    let mut rows = Rows::new();
    for record in records {
        let record: Value = serde_json::from_slice(record).expect("a record is JSON");
        let cells = table.columns().iter().map(|column| comparable(column.kind, record.pointer(column.pointer)));
        *rows.entry(cells.collect::<Vec<_>>().join("|")).or_default() += 1;
    }
    rows
}

/// A value as text that is the same for the record and for the row: times as milliseconds, numbers as floating ones.
fn comparable(kind: Kind, value: Option<&Value>) -> String {
    let Some(value) = value.filter(|value| !value.is_null()) else { return "null".to_owned() };
    match kind {
        Kind::Time => serde_json::from_value::<Timestamp>(value.clone()).map(|at| at.0.to_string()).expect("a time"),
        Kind::Number => value.as_f64().map(|number| format!("{number:?}")).expect("a number"),
        // Text in the record, a number in the row.
        Kind::Money => {
            let amount = value.as_str().map_or_else(|| value.as_f64(), |text| text.parse().ok());
            amount.map(|amount| format!("{amount:?}")).expect("an amount")
        }
        // The row has the JSON as text.
        Kind::Json => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        _ => value.to_string(),
    }
}
