//! The table `incidents`: one row a revision, in the columns of the incident record.
//!
//! Names are those of the JSON record. What is a list of names there is a list of text here; `evidence`, which is a list
//! of records, is JSON text, so that no reader needs nested types.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use tidewatch_schemas::{Incident, ResourceId, TenantId};

use crate::LakeError;
use crate::column::{of_text, of_texts, of_times, texts, time};

/// Name of the table.
pub const TABLE: &str = "incidents";

/// The columns. Those that may be null are those that the record may leave out.
#[must_use]
pub fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let number = |name: &str| Field::new(name, DataType::Float64, false);
    Arc::new(Schema::new(vec![
        text("incident_id"),
        Field::new("revision", DataType::Int64, false),
        text("state"),
        text("kind"),
        text("severity"),
        text("severity_reason"),
        text("pool"),
        text("resource").with_nullable(true),
        Field::new("tenants", texts(), false),
        Field::new("victims", texts(), false),
        Field::new("culprits", texts(), false),
        Field::new("started_at", time(), false),
        Field::new("opened_at", time(), false),
        Field::new("updated_at", time(), false),
        Field::new("resolved_at", time(), true),
        text("summary"),
        text("signal"),
        number("expected"),
        number("actual").with_nullable(true),
        text("unit"),
        text("season"),
        number("confidence"),
        text("bottleneck").with_nullable(true),
        text("runbook"),
        text("evidence"),
        Field::new("findings", DataType::Int64, false),
        text("response"),
    ]))
}

/// The rows of `incidents`, in their order.
///
/// # Errors
/// When a time lies beyond what microseconds can count, some 292,000 years from 1970.
pub fn to_batch(incidents: &[Incident]) -> Result<RecordBatch, LakeError> {
    let rows = || incidents.iter();
    let columns = vec![
        of_text(rows().map(|row| row.incident_id.to_string())),
        Arc::new(Int64Array::from_iter_values(rows().map(|row| i64::from(row.revision)))),
        words("state", rows().map(|row| serde_json::to_value(row.state)))?,
        words("kind", rows().map(|row| serde_json::to_value(row.kind)))?,
        words("severity", rows().map(|row| serde_json::to_value(row.severity)))?,
        of_text(rows().map(|row| row.severity_reason.as_str())),
        of_text(rows().map(|row| row.pool.as_str())),
        Arc::new(rows().map(|row| row.resource.as_ref().map(ResourceId::as_str)).collect::<StringArray>()),
        of_texts(rows().map(|row| row.tenants.iter().map(TenantId::as_str))),
        of_texts(rows().map(|row| row.victims.iter().map(TenantId::as_str))),
        of_texts(rows().map(|row| row.culprits.iter().map(TenantId::as_str))),
        of_times("started_at", rows().map(|row| Some(row.started_at)))?,
        of_times("opened_at", rows().map(|row| Some(row.opened_at)))?,
        of_times("updated_at", rows().map(|row| Some(row.updated_at)))?,
        of_times("resolved_at", rows().map(|row| row.resolved_at))?,
        of_text(rows().map(|row| row.summary.as_str())),
        of_text(rows().map(|row| row.signal.as_str())),
        Arc::new(Float64Array::from_iter_values(rows().map(|row| row.expected))),
        Arc::new(rows().map(|row| row.actual).collect::<Float64Array>()),
        of_text(rows().map(|row| row.unit.as_str())),
        words("season", rows().map(|row| serde_json::to_value(row.season)))?,
        Arc::new(Float64Array::from_iter_values(rows().map(|row| row.confidence))),
        bottlenecks(incidents)?,
        of_text(rows().map(|row| row.runbook.as_str())),
        json("evidence", rows().map(|row| serde_json::to_string(&row.evidence)))?,
        Arc::new(Int64Array::from_iter_values(rows().map(|row| i64::try_from(row.findings).unwrap_or(i64::MAX)))),
        json("response", rows().map(|row| serde_json::to_string(&row.response)))?,
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// What each says of its bottleneck, as JSON text; null where it says nothing.
fn bottlenecks(incidents: &[Incident]) -> Result<ArrayRef, LakeError> {
    let text = |row: &Incident| row.bottleneck.as_ref().map(serde_json::to_string).transpose();
    let texts: serde_json::Result<StringArray> = incidents.iter().map(text).collect();
    Ok(Arc::new(texts.map_err(|source| LakeError::Json { column: "bottleneck", source })?))
}

/// Values of a closed set, by the word that the JSON record has for each.
fn words(
    column: &'static str,
    values: impl Iterator<Item = serde_json::Result<serde_json::Value>>,
) -> Result<ArrayRef, LakeError> {
    json(column, values.map(|value| value.map(|word| word.as_str().unwrap_or_default().to_owned())))
}

fn json(column: &'static str, texts: impl Iterator<Item = serde_json::Result<String>>) -> Result<ArrayRef, LakeError> {
    let texts: Vec<String> =
        texts.collect::<serde_json::Result<_>>().map_err(|source| LakeError::Json { column, source })?;
    Ok(of_text(texts.into_iter()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
    use tidewatch_schemas::Timestamp;

    use super::*;

    fn incident() -> Incident {
        let json = r#"{"incident_id":"000000000000000000000000000000a1","revision":2,"state":"open","kind":"slow",
            "severity":"error","pool":"eu-1","resource":null,"tenants":["acme","delta"],"victims":["delta"],"culprits":[],
            "started_at":"2026-11-22T10:18:28.886Z","opened_at":"2026-11-22T10:19:00.000Z",
            "updated_at":"2026-11-22T10:19:10.000Z","resolved_at":null,"summary":"acme and delta are slow",
            "signal":"http.server.request.duration","expected":0.04,"actual":0.9,"unit":"s","season":"recent",
            "confidence":0.5,"runbook":"slow","evidence":[]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_row_says_what_the_record_says() {
        let later = Incident { revision: 3, resolved_at: Some(Timestamp(7)), actual: None, ..incident() };
        let batch = to_batch(&[incident(), later]).unwrap();
        assert_eq!(batch.num_rows(), 2);
        let column = |name: &str| batch.column_by_name(name).unwrap();
        assert_eq!(column("incident_id").as_string::<i32>().value(0), "000000000000000000000000000000a1");
        assert_eq!(column("revision").as_primitive::<Int64Type>().values(), &[2, 3]);
        assert_eq!(column("state").as_string::<i32>().value(0), "open");
        assert!(column("resource").is_null(0));
        let tenants = column("tenants").as_list::<i32>().value(0);
        assert_eq!(tenants.as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["acme", "delta"]);
        assert_eq!(column("culprits").as_list::<i32>().value_length(0), 0);
        let started = column("started_at").as_primitive::<TimestampMicrosecondType>();
        assert_eq!(started.value(0), 1_795_342_708_886_000);
        let resolved = column("resolved_at").as_primitive::<TimestampMicrosecondType>();
        assert_eq!((resolved.is_null(0), resolved.value(1)), (true, 7_000));
        let actual = column("actual").as_primitive::<Float64Type>();
        assert_eq!((actual.value(0), actual.is_null(1)), (0.9, true));
        assert_eq!(column("evidence").as_string::<i32>().value(0), "[]");
    }

    /// A field that is added to the record and forgotten here would never reach SQL.
    #[test]
    fn every_field_of_the_record_is_a_column() {
        let json = serde_json::to_value(incident()).unwrap();
        let mut fields: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
        let mut columns: Vec<String> = schema().fields().iter().map(|field| field.name().clone()).collect();
        fields.sort();
        columns.sort();
        assert_eq!(columns, fields);
    }

    #[test]
    fn types_are_plain() {
        for field in schema().fields() {
            let plain = match field.data_type() {
                DataType::List(element) => *element.data_type() == DataType::Utf8,
                DataType::Timestamp(_, zone) => zone.as_deref() == Some("UTC"),
                other => matches!(other, DataType::Utf8 | DataType::Int64 | DataType::Float64),
            };
            assert!(plain, "{field}");
        }
    }

    #[test]
    fn no_incidents_are_no_rows() {
        let batch = to_batch(&[]).unwrap();
        assert_eq!((batch.num_rows(), batch.num_columns()), (0, 24));
    }

    #[test]
    fn a_time_beyond_microseconds_is_refused_by_column() {
        let broken = Incident { opened_at: Timestamp(i64::MAX), ..incident() };
        let error = to_batch(&[broken]).unwrap_err().to_string();
        assert!(error.starts_with("opened_at is 9223372036854775807 ms"), "{error}");
    }
}
