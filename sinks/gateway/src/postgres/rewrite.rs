//! What clients ask of PostgreSQL's catalog, in words that DataFusion understands; the answers are the same. Pure.
//!
//! There are no indexes, constraints, sequences, defaults and collations here, so that whatever asks for them has no rows; and whoever
//! looks up a type finds at most one. Statements about tables of the lake are left as they are, but for one thing: `LIKE` with
//! an escape of its own.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, JoinOperator, ObjectName, Query, Select, SelectItem, SetExpr, Statement, TableFactor,
    TableWithJoins, Value, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// Tables without a row about anything that is here.
const WITHOUT_ROWS: [&str; 7] =
    ["pg_attrdef", "pg_collation", "pg_constraint", "pg_enum", "pg_index", "pg_sequence", "pg_trigger"];
/// Columns that the catalog has not, and that nobody has set.
const UNSET: [&str; 2] = ["relacl", "reloptions"];
/// Functions that make one row of many.
const AGGREGATES: [&str; 9] = ["array_agg", "avg", "bool_and", "bool_or", "count", "max", "min", "string_agg", "sum"];

/// The statement as it is planned.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    if let Statement::Query(query) = &statement
        && let Some(select) = plain(query).filter(|select| has_no_rows(select))
        && let Some(nothing) = nothing(select)
    {
        return nothing;
    }
    let _ = visit_expressions_mut(&mut statement, |expression| {
        rewrite(expression);
        ControlFlow::<()>::Continue(())
    });
    statement
}

fn rewrite(expression: &mut Expr) {
    let instead = match expression {
        Expr::Subquery(query) if plain(query).is_some_and(has_no_rows) => Some(Expr::Value(Value::Null.into())),
        Expr::Subquery(query) => {
            at_most_one(query);
            None
        }
        Expr::CompoundIdentifier(parts) if parts.last().is_some_and(|last| UNSET.contains(&last.value.as_str())) => {
            parsed("CAST(NULL AS TEXT)")
        }
        Expr::Like { pattern, escape_char, .. } => {
            if let Some(escaped) = escape_char.as_ref().and_then(|escape| with_backslashes(pattern, &escape.value)) {
                (**pattern, *escape_char) = (escaped, None);
            }
            None
        }
        _ => None,
    };
    if let Some(instead) = instead {
        *expression = instead;
    }
}

fn parsed(sql: &str) -> Option<Expr> {
    Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?.parse_expr().ok()
}

/// A pattern of `LIKE` whose escape becomes the usual one.
fn with_backslashes(pattern: &Expr, escape: &Value) -> Option<Expr> {
    let Value::SingleQuotedString(escape) = escape else { return None };
    if escape == "\\" {
        return None;
    }
    let quoted = escape.replace('\'', "''");
    parsed(&format!("replace(replace({pattern}, '\\', '\\\\'), '{quoted}', '\\')"))
}

/// The one `SELECT` of a query that is nothing else.
fn plain(query: &Query) -> Option<&Select> {
    match query.body.as_ref() {
        SetExpr::Select(select) if query.with.is_none() => Some(select),
        _ => None,
    }
}

/// Whether it reads a table without rows, so that it has none either.
fn has_no_rows(select: &Select) -> bool {
    let makes_one = is_ungrouped(select) && select.projection.iter().any(calls_aggregate);
    !makes_one && select.from.iter().any(is_empty)
}

fn is_ungrouped(select: &Select) -> bool {
    matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
}

fn calls_aggregate(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. }) = item else {
        return false;
    };
    let text = expression.to_string().to_lowercase();
    AGGREGATES.iter().any(|name| text.contains(&format!("{name}(")))
}

fn is_empty(table: &TableWithJoins) -> bool {
    let keeps_left_only =
        |operator: &JoinOperator| matches!(operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
    let keeps_both = |operator: &JoinOperator| matches!(operator, JoinOperator::Join(_) | JoinOperator::Inner(_));
    if !table.joins.iter().all(|join| keeps_left_only(&join.join_operator) || keeps_both(&join.join_operator)) {
        return false;
    }
    let inner = table.joins.iter().filter(|join| keeps_both(&join.join_operator)).map(|join| &join.relation);
    std::iter::once(&table.relation).chain(inner).any(is_empty_relation)
}

fn is_empty_relation(relation: &TableFactor) -> bool {
    match relation {
        TableFactor::Table { name, .. } => WITHOUT_ROWS.contains(&last(name).as_str()),
        TableFactor::Derived { subquery, .. } => plain(subquery).is_some_and(has_no_rows),
        _ => false,
    }
}

fn last(name: &ObjectName) -> String {
    name.0.last().map(|part| part.to_string().to_lowercase()).unwrap_or_default()
}

/// No rows, with the columns of `select`; `None` where their names are not written down.
fn nothing(select: &Select) -> Option<Statement> {
    let mut columns = Vec::new();
    for item in &select.projection {
        let name = match item {
            SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
            SelectItem::UnnamedExpr(Expr::Identifier(name)) => name.value.clone(),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last()?.value.clone(),
            SelectItem::UnnamedExpr(_) => "?column?".to_owned(),
            _ => return None,
        };
        columns.push(format!("CAST(NULL AS TEXT) AS \"{}\"", name.replace('"', "\"\"")));
    }
    let sql = format!("SELECT {} WHERE false", columns.join(", "));
    Parser::parse_sql(&PostgreSqlDialect {}, &sql).ok()?.pop()
}

/// Says of a lookup in the catalog that it finds at most one row, which every one does that is valid.
fn at_most_one(query: &mut Query) {
    if query.with.is_some() || query.limit_clause.is_some() {
        return;
    }
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let is_catalog = |table: &TableWithJoins| {
        let named = |relation: &TableFactor| matches!(relation, TableFactor::Table { name, .. } if last(name).starts_with("pg_"));
        named(&table.relation) && table.joins.iter().all(|join| named(&join.relation))
    };
    let looks_up = !select.from.is_empty() && select.from.iter().all(is_catalog);
    if !looks_up || !is_ungrouped(select) || select.distinct.is_some() || select.projection.iter().any(calls_aggregate)
    {
        return;
    }
    if let [SelectItem::UnnamedExpr(found) | SelectItem::ExprWithAlias { expr: found, .. }] =
        select.projection.as_mut_slice()
        && let Some(one) = parsed(&format!("max({found})"))
    {
        *found = one;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> String {
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, text).unwrap().remove(0);
        rewritten(statement).to_string()
    }

    #[test]
    fn what_asks_for_things_that_are_not_here_has_columns_and_no_rows() {
        let nothing = "SELECT CAST(NULL AS TEXT) AS \"cols\", CAST(NULL AS TEXT) AS \"conname\" WHERE false";
        for text in [
            "SELECT i.indkey AS cols, c.conname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_constraint c ON true",
            "SELECT array_agg(a.n) AS cols, a.conname FROM (SELECT unnest(x) AS n, conname FROM pg_constraint) AS a GROUP BY 2",
            "SELECT 1 AS cols, con.conname FROM pg_attribute JOIN (SELECT conname FROM pg_constraint) AS con ON true",
        ] {
            assert_eq!(sql(text), nothing, "{text}");
        }
        for text in [
            "SELECT count(*) FROM pg_index",
            "SELECT c.relname FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indrelid = c.oid",
            "SELECT conname FROM pg_class RIGHT JOIN pg_constraint ON true",
            "SELECT * FROM findings",
        ] {
            assert_eq!(sql(text), text);
        }
    }

    #[test]
    fn lookups_find_at_most_one_and_never_a_default() {
        let cases = [
            (
                "SELECT (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d WHERE d.adnum = a.attnum) FROM pg_attribute AS a",
                "SELECT NULL FROM pg_attribute AS a",
            ),
            (
                "SELECT (SELECT t.typcollation FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid) FROM pg_attribute AS a",
                "SELECT (SELECT max(t.typcollation) FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid) FROM pg_attribute AS a",
            ),
            ("SELECT c.reloptions FROM pg_class AS c", "SELECT CAST(NULL AS TEXT) FROM pg_class AS c"),
        ];
        for (text, expected) in cases {
            assert_eq!(sql(text), expected);
        }
        let own = "SELECT (SELECT actual FROM findings) FROM incidents";
        assert_eq!(sql(own), own);
    }

    #[test]
    fn like_has_the_usual_escape() {
        assert_eq!(
            sql("SELECT a FROM t WHERE a NOT LIKE 'pg/_' || '%' ESCAPE '/'"),
            "SELECT a FROM t WHERE a NOT LIKE replace(replace('pg/_' || '%', '\\', '\\\\'), '/', '\\')"
        );
        let usual = "SELECT a FROM t WHERE a LIKE 'pg\\_%'";
        assert_eq!(sql(usual), usual);
    }
}
