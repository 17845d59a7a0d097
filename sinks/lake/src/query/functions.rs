//! Functions of time and of the business calendar. What a calendar knows is the caller's: this file only speaks SQL.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMillisecondType};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;
use tidewatch_schemas::Timestamp;

/// Knows zones and calendars. Errors say what would be right; they are shown to whoever asked.
pub trait Calendars: fmt::Debug + Send + Sync {
    /// The season of a moment in a time zone, for example `monday 09`.
    ///
    /// # Errors
    /// When there is no such time zone.
    fn season_of(&self, at: Timestamp, zone: &str) -> Result<String, String>;

    /// How many business days follow in the month of a moment, by a calendar: 0 on the last one and after it.
    ///
    /// # Errors
    /// When there is no such calendar.
    fn business_days_to_month_end(&self, at: Timestamp, calendar: &str) -> Result<i64, String>;
}

/// Makes the functions known.
pub(super) fn register(context: &SessionContext, calendars: &Arc<dyn Calendars>) {
    for function in [Function::SeasonOf, Function::BusinessDaysToMonthEnd] {
        let udf = CalendarFunction { function, signature: signature(), calendars: Arc::clone(calendars) };
        context.register_udf(ScalarUDF::new_from_impl(udf));
    }
}

/// A moment and a name.
fn signature() -> Signature {
    let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Signature::exact(vec![moment, DataType::Utf8], Volatility::Immutable)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Function {
    SeasonOf,
    BusinessDaysToMonthEnd,
}

#[derive(Debug)]
struct CalendarFunction {
    function: Function,
    signature: Signature,
    calendars: Arc<dyn Calendars>,
}

impl PartialEq for CalendarFunction {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function && Arc::ptr_eq(&self.calendars, &other.calendars)
    }
}

impl Eq for CalendarFunction {}

impl Hash for CalendarFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.hash(state);
    }
}

impl ScalarUDFImpl for CalendarFunction {
    fn name(&self) -> &str {
        match self.function {
            Function::SeasonOf => "season_of",
            Function::BusinessDaysToMonthEnd => "business_days_to_month_end",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.function {
            Function::SeasonOf => DataType::Utf8,
            Function::BusinessDaysToMonthEnd => DataType::Int64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [moments, names] = arrays.as_slice() else {
            return Err(DataFusionError::Plan(format!("{} takes a time and a name", self.name())));
        };
        let moments = cast(moments, &DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())))?;
        let moments = moments.as_primitive::<TimestampMillisecondType>();
        let pairs = moments.iter().zip(names.as_string::<i32>());
        let pairs = pairs.map(|(at, name)| at.zip(name).map(|(at, name)| (Timestamp(at), name)));
        let calendars = &self.calendars;
        let array: ArrayRef = match self.function {
            Function::SeasonOf => {
                let season =
                    |pair: Option<(Timestamp, &str)>| pair.map(|(at, zone)| calendars.season_of(at, zone)).transpose();
                Arc::new(
                    pairs.map(season).collect::<Result<StringArray, String>>().map_err(DataFusionError::Execution)?,
                )
            }
            Function::BusinessDaysToMonthEnd => {
                let days = |pair: Option<(Timestamp, &str)>| {
                    pair.map(|(at, calendar)| calendars.business_days_to_month_end(at, calendar)).transpose()
                };
                Arc::new(pairs.map(days).collect::<Result<Int64Array, String>>().map_err(DataFusionError::Execution)?)
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}
