//! Values of prepared questions: their types, as far as the plan says them.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use datafusion::common::ParamValues;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion_postgres::arrow_pg::datatypes::{PG_OID_ALIAS_KEY, df, into_pg_type, pg_type_for_alias_kind};
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::api::portal::Portal;
use datafusion_postgres::pgwire::error::PgWireResult;
use tidewatch_lake::query::QueryError;

use super::words;

/// A value that a question waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    /// Its type in the plan, where the plan says one.
    known: Option<DataType>,
    /// The type that clients are told.
    pub wire: Type,
}

/// The `count` parameters of a question, `$1` first; one that its plan does without is text.
///
/// # Errors
/// When two places want different types of one, or a type is none that clients know.
pub(super) fn of(plan: &LogicalPlan, count: usize) -> PgWireResult<Vec<Parameter>> {
    let types = plan.get_parameter_types().map_err(|error| words::about(&QueryError::from(error)))?;
    let (casts, oids) = looked_up(plan);
    let mut parameters = vec![Parameter { known: None, wire: Type::TEXT }; count];
    for (name, known) in types {
        let known = known.or_else(|| casts.get(&name).cloned());
        let wire = match (oids.get(&name), &known) {
            (Some(oid), _) => oid.clone(),
            (None, Some(known)) => into_pg_type(known)?,
            (None, None) => Type::UNKNOWN,
        };
        let number: usize = name.trim_start_matches('$').parse().unwrap_or(0);
        if let Some(parameter) = number.checked_sub(1).and_then(|at| parameters.get_mut(at)) {
            *parameter = Parameter { known, wire };
        }
    }
    Ok(parameters)
}

/// The types of casts around parameters, and those that are compared with PostgreSQL's identifiers of things.
fn looked_up(plan: &LogicalPlan) -> (BTreeMap<String, DataType>, BTreeMap<String, Type>) {
    let (mut casts, mut oids) = (BTreeMap::new(), BTreeMap::new());
    let _ = plan.apply(|node| {
        for expression in node.expressions() {
            let _ = expression.apply(|part| {
                if let Expr::Cast(cast) = part
                    && let Expr::Placeholder(parameter) = cast.expr.as_ref()
                {
                    casts.insert(parameter.id.clone(), cast.field.data_type().clone());
                }
                if let Expr::Placeholder(parameter) = part
                    && let Some(field) = &parameter.field
                    && field.data_type() == &DataType::Int32
                    && let Some(kind) = field.metadata().get(PG_OID_ALIAS_KEY)
                    && let Some(oid) = pg_type_for_alias_kind(kind)
                {
                    oids.insert(parameter.id.clone(), oid);
                }
                Ok(TreeNodeRecursion::Continue)
            });
        }
        Ok(TreeNodeRecursion::Continue)
    });
    (casts, oids)
}

/// The plan with the values that a client gave.
///
/// # Errors
/// When a value does not fit.
pub(super) fn filled<S: Clone>(plan: &LogicalPlan, count: usize, portal: &Portal<S>) -> PgWireResult<LogicalPlan> {
    let parameters = of(plan, count)?;
    let given = portal.parameter_len();
    if given != parameters.len() {
        let words = format!("the question has {} parameters, and {given} values came", parameters.len());
        return Err(words::refused(words::WRONG_VALUE, words));
    }
    if parameters.is_empty() {
        return Ok(plan.clone());
    }
    let known: Vec<Option<&DataType>> = parameters.iter().map(|parameter| parameter.known.as_ref()).collect();
    let wire: Vec<Option<&Type>> = parameters.iter().map(|parameter| Some(&parameter.wire)).collect();
    let values: ParamValues = df::deserialize_parameters_with_server_types(portal, &known, &wire)?;
    let filled = plan.clone().replace_params_with_values(&values);
    filled.map_err(|error| words::about(&QueryError::from(error)))
}
