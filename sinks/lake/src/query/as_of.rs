//! What was known at a moment: `incidents_as_of(time)` and `baselines_as_of(time)`, tables of the incidents as they stood
//! and of what was expected of each series then.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::ViewTable;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;

use super::views;
use crate::column::time;

/// The incidents as they stood.
const INCIDENTS: &str = "incidents_as_of";
/// The last judged window of each series that had begun.
const BASELINES: &str = "baselines_as_of";
const LAST_WINDOWS: &str = "SELECT * FROM windows WHERE window_start <= $1 \
    QUALIFY row_number() OVER (PARTITION BY series ORDER BY window_start DESC, record_offset DESC) = 1";

/// The plan of what was known at a moment that is still to be given.
#[derive(Debug)]
struct AsOf {
    name: &'static str,
    template: LogicalPlan,
}

/// Makes the functions known.
pub(super) async fn register(context: &SessionContext) -> Result<()> {
    let incidents = views::latest("WHERE updated_at <= $1");
    for (name, sql) in [(INCIDENTS, incidents.as_str()), (BASELINES, LAST_WINDOWS)] {
        let template = context.sql(sql).await?.into_unoptimized_plan();
        context.register_udtf(name, Arc::new(AsOf { name, template }));
    }
    Ok(())
}

impl TableFunctionImpl for AsOf {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let name = self.name;
        let wrong = || DataFusionError::Plan(format!("write {name}('2026-11-30T21:14:00Z')"));
        let [argument] = args.exprs() else { return Err(wrong()) };
        let simplifier = ExprSimplifier::new(SimplifyContext::default());
        let Expr::Literal(value, _) = simplifier.simplify(argument.clone())? else { return Err(wrong()) };
        let moment: ScalarValue = value.cast_to(&time()).map_err(|_| wrong())?;
        if moment.is_null() {
            return Err(wrong());
        }
        let plan = self.template.clone().with_param_values(vec![moment])?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}
