//! The tables of the lake: which there are, and what each column holds.
//!
//! A column says where its values stand in the JSON record, so that one piece of code fills every table, and a field that is
//! added to a record needs one line. Whatever a record may leave out, and whatever an older file has not, is null.

mod cost_signals;
mod findings;
mod incident_events;
mod rejects;
mod windows;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::column::{Kind, MONEY, texts, time};

/// A table that is filled from a topic: one row a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Every revision of every incident.
    IncidentEvents,
    /// What detectors concluded.
    Findings,
    /// Money.
    CostSignals,
    /// What was refused.
    Rejects,
    /// What series did, and what they were expected to do.
    Windows,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Where its values stand in the JSON record, as a JSON pointer; empty for what the topic knows and the record does not.
    pub pointer: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What it says, with its unit.
    pub doc: &'static str,
}

const fn column(name: &'static str, pointer: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, pointer, kind, doc }
}

/// Columns that every table ends with: where the row came from.
pub(crate) const PARTITION: Column =
    column("record_partition", "", Kind::Whole, "partition of the topic that the record stands in");
pub(crate) const OFFSET: Column = column("record_offset", "", Kind::Whole, "offset of the record in that partition");

impl Table {
    /// Every table.
    pub const ALL: [Self; 5] = [Self::IncidentEvents, Self::Findings, Self::CostSignals, Self::Rejects, Self::Windows];

    /// Its name in SQL and in paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IncidentEvents => "incident_events",
            Self::Findings => "findings",
            Self::CostSignals => "cost_signals",
            Self::Rejects => "rejects",
            Self::Windows => "windows",
        }
    }

    /// What a row is.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Self::IncidentEvents => "one row for each revision of each incident",
            Self::Findings => "one row for each conclusion of a detector",
            Self::CostSignals => "one row for each charge of a tenant on a resource in a period",
            Self::Rejects => "one row for each input that was refused",
            Self::Windows => "one row for each judged window of the signals under detect.windows",
        }
    }

    /// The columns that are filled from the record.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::IncidentEvents => &incident_events::COLUMNS,
            Self::Findings => &findings::COLUMNS,
            Self::CostSignals => &cost_signals::COLUMNS,
            Self::Rejects => &rejects::COLUMNS,
            Self::Windows => &windows::COLUMNS,
        }
    }

    /// All columns in their order.
    pub fn all_columns(self) -> impl Iterator<Item = Column> {
        self.columns().iter().copied().chain([PARTITION, OFFSET])
    }

    /// The column of times by which files are split into days and left out of a query.
    #[must_use]
    pub fn time_column(self) -> &'static str {
        match self {
            Self::IncidentEvents => "updated_at",
            Self::Findings | Self::Windows => "window_start",
            Self::CostSignals => "charge_period_start",
            Self::Rejects => "received_at",
        }
    }

    /// The column that says whose a row is, one tenant or a list of them; rejects are nobody's.
    #[must_use]
    pub fn tenant_column(self) -> Option<&'static str> {
        match self {
            Self::IncidentEvents => Some("tenants"),
            Self::Findings | Self::Windows => Some("tenant"),
            Self::CostSignals => Some("sub_account_id"),
            Self::Rejects => None,
        }
    }

    /// The columns as Arrow has them. All may be null but those that say where a row came from.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        let field = |column: Column| Field::new(column.name, data_type(column.kind), !column.pointer.is_empty());
        Arc::new(Schema::new(self.all_columns().map(field).collect::<Vec<_>>()))
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Whole => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Truth => DataType::Boolean,
        Kind::Time => time(),
        Kind::Texts => texts(),
        Kind::Money => MONEY,
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Table {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|table| table.name() == text)
            .ok_or_else(|| format!("there is no table {text:?} of files, only {names}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tidewatch_schemas::json_schema;

    use super::*;

    /// A field that is added to a record and forgotten here would never reach SQL.
    #[test]
    fn every_field_of_a_record_reaches_a_column() {
        let records = [
            (Table::IncidentEvents, "incident"),
            (Table::Findings, "finding"),
            (Table::CostSignals, "cost-signal"),
            (Table::Rejects, "reject"),
            (Table::Windows, "window"),
        ];
        for (table, record) in records {
            let (_, schema) = json_schema::all().into_iter().find(|(name, _)| *name == record).unwrap();
            let fields: BTreeSet<String> =
                schema.as_value()["properties"].as_object().unwrap().keys().cloned().collect();
            let first = |column: &Column| column.pointer.split('/').nth(1).unwrap_or_default().to_owned();
            let covered: BTreeSet<String> = table.columns().iter().map(first).collect();
            assert_eq!(covered, fields, "{table}");
        }
    }

    #[test]
    fn types_are_plain_and_every_column_is_explained() {
        for table in Table::ALL {
            for field in table.schema().fields() {
                let plain = match field.data_type() {
                    DataType::List(element) => *element.data_type() == DataType::Utf8,
                    DataType::Timestamp(_, zone) => zone.as_deref() == Some("UTC"),
                    other => matches!(
                        other,
                        DataType::Utf8
                            | DataType::Int64
                            | DataType::Float64
                            | DataType::Boolean
                            | DataType::Decimal128(19, 6)
                    ),
                };
                assert!(plain, "{table}: {field}");
            }
            let names: BTreeSet<&str> = table.all_columns().map(|column| column.name).collect();
            assert_eq!(names.len(), table.all_columns().count(), "{table} has a name twice");
            assert!(table.all_columns().all(|column| column.doc.len() > 5), "{table}");
            assert!(names.contains(table.time_column()), "{table}");
            assert!(table.tenant_column().is_none_or(|name| names.contains(name)), "{table}");
        }
    }

    #[test]
    fn tables_are_known_by_name() {
        for table in Table::ALL {
            assert_eq!(table.name().parse(), Ok(table));
        }
        let error = "parrots".parse::<Table>().unwrap_err();
        assert!(error.starts_with("there is no table \"parrots\" of files, only incident_events, "), "{error}");
    }
}
