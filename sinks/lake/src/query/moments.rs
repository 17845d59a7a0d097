//! `date_trunc` of moments in UTC, as a lake has them, without asking a time zone about each.
//!
//! DataFusion looks the zone up row by row, also that of UTC, which takes many times as long as the truncation. In UTC it is
//! the same as without a zone, so the zone is taken off before and put on again behind.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _};
use arrow::datatypes::{DataType, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::common::Result;
use datafusion::functions::datetime;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::prelude::SessionContext;

const UTC: &str = "UTC";

/// Makes it known in place of DataFusion's.
pub(super) fn register(context: &SessionContext) {
    context.register_udf(ScalarUDF::new_from_impl(Truncation { any: datetime::date_trunc() }));
}

/// DataFusion's `date_trunc`, with a shorter way for UTC.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Truncation {
    any: Arc<ScalarUDF>,
}

/// The moments without their zone, where they are microseconds in UTC.
fn without_zone(value: &ColumnarValue) -> Option<ColumnarValue> {
    let ColumnarValue::Array(array) = value else { return None };
    let is_utc = matches!(array.data_type(), DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == UTC);
    let moments =
        is_utc.then(|| array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(None::<&str>));
    moments.map(|moments| ColumnarValue::Array(Arc::new(moments) as ArrayRef))
}

fn with_zone(value: ColumnarValue) -> ColumnarValue {
    match value {
        ColumnarValue::Array(array) => match array.as_primitive_opt::<TimestampMicrosecondType>() {
            Some(moments) => ColumnarValue::Array(Arc::new(moments.clone().with_timezone(UTC))),
            None => ColumnarValue::Array(array),
        },
        scalar @ ColumnarValue::Scalar(_) => scalar,
    }
}

impl ScalarUDFImpl for Truncation {
    fn name(&self) -> &str {
        self.any.name()
    }

    fn signature(&self) -> &Signature {
        self.any.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.any.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.any.return_field_from_args(args)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.get_mut(1).and_then(|value| Some((without_zone(value)?, value))) {
            Some((moments, value)) => {
                *value = moments;
                // Not by the function around it, which would see that the zone is missing.
                self.any.inner().invoke_with_args(args).map(with_zone)
            }
            None => self.any.invoke_with_args(args),
        }
    }

    fn aliases(&self) -> &[String] {
        self.any.aliases()
    }

    fn output_ordering(&self, input: &[ExprProperties]) -> Result<SortProperties> {
        self.any.output_ordering(input)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.any.documentation()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENTS: [&str; 6] = [
        "'2026-11-30T23:59:59.999999Z'",
        "'2026-12-01T00:00:00Z'",
        "'2024-02-29T12:30:00.5Z'",
        "'1969-12-31T23:59:59.999Z'",
        "'1700-03-01T07:08:09Z'",
        "NULL",
    ];
    const PARTS: [&str; 10] =
        ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"];

    async fn truncated(context: &SessionContext, part: &str) -> String {
        let values = MOMENTS.map(|moment| format!("({moment})")).join(",");
        let moments = "arrow_cast(column1, 'Timestamp(Microsecond, Some(\"UTC\"))')";
        let sql = format!(
            "SELECT date_trunc('{part}', {moments}) AS at, arrow_typeof(date_trunc('{part}', {moments})) AS type FROM (VALUES {values})"
        );
        let frame = context.sql(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        frame.to_string().await.unwrap()
    }

    #[tokio::test]
    async fn moments_are_cut_as_datafusion_cuts_them() {
        let (theirs, ours) = (SessionContext::new(), SessionContext::new());
        register(&ours);
        for part in PARTS {
            let cut = truncated(&ours, part).await;
            assert_eq!(cut, truncated(&theirs, part).await, "{part}");
            assert!(cut.contains("UTC") && cut.matches('\n').count() > MOMENTS.len(), "{part}: {cut}");
        }
        let wrong = ours.sql("SELECT date_trunc('fortnight', now())").await.unwrap().collect().await.unwrap_err();
        assert!(wrong.to_string().contains("fortnight"), "{wrong}");
    }
}
