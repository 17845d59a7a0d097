//! Columns from the values of JSON records: what a column may hold, and how values become it.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Decimal128Builder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, TimeUnit};
use serde::Deserialize as _;
use serde_json::Value;
use tidewatch_schemas::{Money, Timestamp};

/// Time zone of every time.
const UTC: &str = "UTC";

/// Type of columns that hold money: millionths of the currency unit, as many as 64 bits hold.
pub(crate) const MONEY: DataType = DataType::Decimal128(19, 6);

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// A time in UTC, to the microsecond.
    Time,
    /// A list of text.
    Texts,
    /// Anything, as JSON text.
    Json,
    /// An amount of money.
    Money,
}

impl Kind {
    /// Its name for people, which is its type in SQL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Whole => "bigint",
            Self::Number => "double",
            Self::Truth => "boolean",
            Self::Time => "timestamp",
            Self::Texts => "text[]",
            Self::Json => "text (JSON)",
            Self::Money => "decimal(19,6)",
        }
    }
}

/// Type of columns that hold times.
pub(crate) fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
}

/// Type of columns that hold lists of text.
pub(crate) fn texts() -> DataType {
    DataType::List(Arc::new(element()))
}

/// Lists hold no nulls.
fn element() -> Field {
    Field::new("item", DataType::Utf8, false)
}

/// A value of a record, read as its column wants it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Whole(i64),
    Number(f64),
    Truth(bool),
    /// Microseconds since 1970.
    Time(i64),
    Texts(Vec<String>),
    /// Millionths.
    Money(i64),
}

impl Cell {
    /// Reads `value`; `Ok(None)` where there is none, and an error where it is something else.
    pub fn read(kind: Kind, value: Option<&Value>) -> Result<Option<Self>, String> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
        let cell = match kind {
            Kind::Text => value.as_str().map(|text| Self::Text(text.to_owned())),
            Kind::Whole => value.as_i64().map(Self::Whole),
            Kind::Number => value.as_f64().map(Self::Number),
            Kind::Truth => value.as_bool().map(Self::Truth),
            Kind::Time => micros(value).map(Self::Time),
            Kind::Texts => list(value).map(Self::Texts),
            Kind::Json => Some(Self::Text(value.to_string())),
            Kind::Money => Money::deserialize(value).ok().map(|amount| Self::Money(amount.0)),
        };
        cell.map(Some).ok_or_else(|| format!("{} is not a {}", shortened(value), kind.name()))
    }
}

/// Most letters of a value that a message shows.
const SHOWN: usize = 64;

fn shortened(value: &Value) -> String {
    value.to_string().chars().take(SHOWN).collect()
}

fn micros(value: &Value) -> Option<i64> {
    Timestamp::deserialize(value).ok().and_then(|at| at.0.checked_mul(1_000))
}

fn list(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Collects the cells of one column.
pub(crate) enum Cells {
    Text(StringBuilder),
    Whole(Int64Builder),
    Number(Float64Builder),
    Truth(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Texts(ListBuilder<StringBuilder>),
    Money(Decimal128Builder),
}

impl Cells {
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::Json => Self::Text(StringBuilder::new()),
            Kind::Whole => Self::Whole(Int64Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Truth => Self::Truth(BooleanBuilder::new()),
            Kind::Time => Self::Time(TimestampMicrosecondBuilder::new().with_timezone(UTC)),
            Kind::Texts => Self::Texts(ListBuilder::new(StringBuilder::new()).with_field(element())),
            Kind::Money => Self::Money(Decimal128Builder::new().with_data_type(MONEY)),
        }
    }

    /// Adds a cell; one of another kind than the column's is null.
    pub fn push(&mut self, cell: Option<Cell>) {
        match (self, cell) {
            (Self::Text(cells), Some(Cell::Text(text))) => cells.append_value(text),
            (Self::Text(cells), _) => cells.append_null(),
            (Self::Whole(cells), Some(Cell::Whole(number))) => cells.append_value(number),
            (Self::Whole(cells), _) => cells.append_null(),
            (Self::Number(cells), Some(Cell::Number(number))) => cells.append_value(number),
            (Self::Number(cells), _) => cells.append_null(),
            (Self::Truth(cells), Some(Cell::Truth(is))) => cells.append_value(is),
            (Self::Truth(cells), _) => cells.append_null(),
            (Self::Time(cells), Some(Cell::Time(micros))) => cells.append_value(micros),
            (Self::Time(cells), _) => cells.append_null(),
            (Self::Texts(cells), Some(Cell::Texts(texts))) => {
                for text in texts {
                    cells.values().append_value(text);
                }
                cells.append(true);
            }
            (Self::Texts(cells), _) => cells.append(false),
            (Self::Money(cells), Some(Cell::Money(micros))) => cells.append_value(i128::from(micros)),
            (Self::Money(cells), _) => cells.append_null(),
        }
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            Self::Text(mut cells) => Arc::new(cells.finish()),
            Self::Whole(mut cells) => Arc::new(cells.finish()),
            Self::Number(mut cells) => Arc::new(cells.finish()),
            Self::Truth(mut cells) => Arc::new(cells.finish()),
            Self::Time(mut cells) => Arc::new(cells.finish()),
            Self::Texts(mut cells) => Arc::new(cells.finish()),
            Self::Money(mut cells) => Arc::new(cells.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_as_their_column_wants_them() {
        let cases = [
            (Kind::Text, json!("a"), Cell::Text("a".to_owned())),
            (Kind::Whole, json!(-7), Cell::Whole(-7)),
            (Kind::Number, json!(2), Cell::Number(2.0)),
            (Kind::Truth, json!(true), Cell::Truth(true)),
            (Kind::Time, json!("1970-01-01T00:00:00.007Z"), Cell::Time(7_000)),
            (Kind::Texts, json!(["a", "b"]), Cell::Texts(vec!["a".to_owned(), "b".to_owned()])),
            (Kind::Json, json!({"a": [1]}), Cell::Text("{\"a\":[1]}".to_owned())),
            (Kind::Money, json!("-12.5"), Cell::Money(-12_500_000)),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(Cell::read(kind, Some(&value)), Ok(Some(expected)), "{kind:?}");
            assert_eq!(Cell::read(kind, None), Ok(None));
            assert_eq!(Cell::read(kind, Some(&Value::Null)), Ok(None));
        }
    }

    #[test]
    fn values_of_another_kind_are_refused_by_their_text() {
        let cases = [
            (Kind::Text, json!(1), "1 is not a text"),
            (Kind::Whole, json!(1.5), "1.5 is not a bigint"),
            (Kind::Number, json!("NaN"), "\"NaN\" is not a double"),
            (Kind::Time, json!("yesterday"), "\"yesterday\" is not a timestamp"),
            (Kind::Texts, json!(["a", 1]), "[\"a\",1] is not a text[]"),
            (Kind::Money, json!("1.2345678"), "\"1.2345678\" is not a decimal(19,6)"),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(Cell::read(kind, Some(&value)).unwrap_err(), expected);
        }
        let long = Cell::read(Kind::Whole, Some(&json!("x".repeat(500)))).unwrap_err();
        assert!(long.len() < 100, "{long}");
    }
}
