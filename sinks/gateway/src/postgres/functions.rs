//! Functions of PostgreSQL that clients call when they connect or look around, beyond those that `datafusion-pg-catalog` has.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::cast::as_string_array;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility, create_udf,
};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;

use super::settings;
use super::startup::LIKE_VERSION;

/// Adds them to a session.
pub(crate) fn register(context: &SessionContext) {
    let version = format!("PostgreSQL {LIKE_VERSION} (Tidewatch {})", env!("CARGO_PKG_VERSION"));
    let truth = |value| ScalarValue::Boolean(Some(value));
    let constants = [
        ("version", ScalarValue::Utf8(Some(version))),
        ("pg_is_in_recovery", truth(false)),
        // There is one schema, and everything in it is found.
        ("pg_function_is_visible", truth(true)),
        ("pg_type_is_visible", truth(true)),
        ("pg_operator_is_visible", truth(true)),
        // Nothing carries a comment or takes a known place.
        ("obj_description", ScalarValue::Utf8(None)),
        ("shobj_description", ScalarValue::Utf8(None)),
        ("col_description", ScalarValue::Utf8(None)),
        ("pg_size_pretty", ScalarValue::Utf8(None)),
        ("pg_get_indexdef", ScalarValue::Utf8(None)),
        // No type has a name of somebody's own.
        ("to_regtype", ScalarValue::Int32(None)),
    ];
    for (name, value) in constants {
        context.register_udf(ScalarUDF::from(Constant::new(name, value)));
    }
    let (text, stable) = (DataType::Utf8, Volatility::Stable);
    context.register_udf(create_udf("current_setting", vec![text.clone()], text, stable, Arc::new(current_setting)));
}

/// A function with the same value for whatever it is called with.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Constant {
    name: &'static str,
    value: ScalarValue,
    signature: Signature,
}

impl Constant {
    fn new(name: &'static str, value: ScalarValue) -> Self {
        let any = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
        Self { name, value, signature: Signature::new(any, Volatility::Stable) }
    }
}

impl ScalarUDFImpl for Constant {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.value.data_type())
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(self.value.clone()))
    }
}

/// What a setting is at first; what a client set is known to its connection only.
fn current_setting(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let Some(names) = arrays.first() else { return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None))) };
    let value = |name: &str| settings::find(&name.to_lowercase()).ok().map(settings::Known::usual);
    let values: StringArray = as_string_array(names)?.iter().map(|name| name.and_then(value)).collect();
    Ok(ColumnarValue::Array(Arc::new(values) as ArrayRef))
}
