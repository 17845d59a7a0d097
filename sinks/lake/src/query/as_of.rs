//! `incidents_as_of(time)`: the incidents as they stood at a moment.

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

/// Its name.
const NAME: &str = "incidents_as_of";

/// The plan of the incidents at a moment that is still to be given.
#[derive(Debug)]
struct IncidentsAsOf {
    template: LogicalPlan,
}

/// Makes the function known.
pub(super) async fn register(context: &SessionContext) -> Result<()> {
    let template = context.sql(&views::latest("WHERE updated_at <= $1")).await?.into_unoptimized_plan();
    context.register_udtf(NAME, Arc::new(IncidentsAsOf { template }));
    Ok(())
}

impl TableFunctionImpl for IncidentsAsOf {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let wrong = || DataFusionError::Plan(format!("write {NAME}('2026-11-30T21:14:00Z')"));
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
