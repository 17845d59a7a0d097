//! What a statement asks for. Pure.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    CloseCursor, Declare, DeclareType, DiscardObject, Expr, FetchDirection, Reset, Set, Statement, Value,
    ValueWithSpan, visit_expressions,
};

/// What a statement asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// A question, or what may turn out not to be one when it is planned.
    Question,
    /// `SET name = value`
    Set { name: String, value: String },
    /// `RESET name`
    Reset(String),
    /// `RESET ALL`, `DISCARD ALL`; the word is what is answered.
    ResetAll(&'static str),
    /// `SHOW name`
    Show(String),
    /// `BEGIN`
    Begin,
    /// `COMMIT`, `ROLLBACK`; the word is what is answered.
    End(&'static str),
    /// `SAVEPOINT`, `RELEASE SAVEPOINT`, which change nothing; the word is what is answered.
    Savepoint(&'static str),
    /// `ROLLBACK TO SAVEPOINT`: a transaction that failed goes on.
    BackToSavepoint,
    /// `DECLARE name CURSOR FOR question`
    Declare { name: String, question: Box<Statement> },
    /// `FETCH count FROM name`; without a count all that is left.
    Fetch { name: String, count: Option<usize> },
    /// `CLOSE name`; without a name all of them.
    Close(Option<String>),
    /// Something that is done here never, and what could be done instead.
    Nothing(&'static str),
}

/// How many values `statement` waits for: the highest number of a parameter.
pub(super) fn values(statement: &Statement) -> usize {
    let mut highest = 0;
    let _ = visit_expressions(statement, |expression| {
        if let Expr::Value(ValueWithSpan { value: Value::Placeholder(name), .. }) = expression {
            highest = highest.max(name.trim_start_matches('$').parse().unwrap_or(0));
        }
        ControlFlow::<()>::Continue(())
    });
    highest
}

/// What `statement` asks for.
pub(super) fn understand(statement: &Statement) -> Asked {
    match statement {
        Statement::Set(set) => setting(set),
        Statement::Reset(reset) => match &reset.reset {
            Reset::ALL => Asked::ResetAll("RESET"),
            Reset::ConfigurationParameter(name) => Asked::Reset(name.to_string().to_lowercase()),
        },
        Statement::Discard { object_type: DiscardObject::ALL } => Asked::ResetAll("DISCARD ALL"),
        Statement::ShowVariable { variable } => {
            let words: Vec<String> = variable.iter().map(|word| word.value.to_lowercase()).collect();
            match words.join(" ").as_str() {
                "all" => Asked::Question,
                "time zone" => Asked::Show("timezone".to_owned()),
                "transaction isolation level" => Asked::Show("transaction_isolation".to_owned()),
                name => Asked::Show(name.to_owned()),
            }
        }
        Statement::StartTransaction { .. } => Asked::Begin,
        Statement::Commit { .. } => Asked::End("COMMIT"),
        Statement::Rollback { savepoint: None, .. } => Asked::End("ROLLBACK"),
        Statement::Rollback { savepoint: Some(_), .. } => Asked::BackToSavepoint,
        Statement::Savepoint { .. } => Asked::Savepoint("SAVEPOINT"),
        Statement::ReleaseSavepoint { .. } => Asked::Savepoint("RELEASE"),
        Statement::Declare { stmts } => match stmts.as_slice() {
            [cursor] => declared(cursor),
            _ => Asked::Nothing("declare one cursor at a time"),
        },
        Statement::Fetch { name, direction, into: None, .. } => fetched(&name.value, direction),
        Statement::Close { cursor: CloseCursor::All } => Asked::Close(None),
        Statement::Close { cursor: CloseCursor::Specific { name } } => Asked::Close(Some(name.value.clone())),
        _ => Asked::Question,
    }
}

fn setting(set: &Set) -> Asked {
    match set {
        Set::SingleAssignment { variable, values, hivevar: false, .. } => {
            let values: Vec<String> = values.iter().map(text).collect();
            Asked::Set { name: variable.to_string().to_lowercase(), value: values.join(", ") }
        }
        Set::SetTimeZone { value, .. } => Asked::Set { name: "timezone".to_owned(), value: text(value) },
        Set::SetNames { charset_name, .. } => {
            Asked::Set { name: "client_encoding".to_owned(), value: charset_name.value.clone() }
        }
        // Whatever is said of transactions holds of those that only read one state.
        Set::SetTransaction { .. } => Asked::Set { name: "transaction".to_owned(), value: String::new() },
        _ => Asked::Nothing("only settings of a client can be set, with SET name = value"),
    }
}

/// A value without its quotation marks.
fn text(value: &Expr) -> String {
    match value {
        Expr::Value(ValueWithSpan {
            value: Value::SingleQuotedString(text) | Value::DoubleQuotedString(text), ..
        }) => text.clone(),
        Expr::Identifier(word) => word.value.clone(),
        other => other.to_string(),
    }
}

fn declared(cursor: &Declare) -> Asked {
    let (Some(name), Some(DeclareType::Cursor), Some(question)) =
        (cursor.names.first(), &cursor.declare_type, &cursor.for_query)
    else {
        return Asked::Nothing("write DECLARE name CURSOR FOR a question");
    };
    if cursor.binary == Some(true) {
        return Asked::Nothing("a cursor answers in text: leave BINARY out");
    }
    Asked::Declare { name: name.value.clone(), question: Box::new(Statement::Query(question.clone())) }
}

fn fetched(name: &str, direction: &FetchDirection) -> Asked {
    let only_forward = Asked::Nothing("a cursor goes forward only: FETCH NEXT, FETCH n or FETCH ALL");
    let count = match direction {
        FetchDirection::Next | FetchDirection::Forward { limit: None } => Some(1),
        FetchDirection::All | FetchDirection::ForwardAll => None,
        FetchDirection::Count { limit } | FetchDirection::Forward { limit: Some(limit) } => {
            match limit.to_string().parse() {
                Ok(count) => Some(count),
                Err(_) => return only_forward,
            }
        }
        _ => return only_forward,
    };
    Asked::Fetch { name: name.to_owned(), count }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn asked(sql: &str) -> Asked {
        let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
        understand(&statements[0])
    }

    fn set(name: &str, value: &str) -> Asked {
        Asked::Set { name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn values_are_counted_by_the_highest_number() {
        for (sql, count) in [("SELECT 1", 0), ("SELECT $2 WHERE a = $2 LIMIT $3", 3), ("SELECT '$9'", 0)] {
            assert_eq!(values(&Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap()[0]), count, "{sql}");
        }
    }

    #[test]
    fn settings_are_named_whatever_form_they_have() {
        let cases = [
            ("SET application_name = 'psql'", set("application_name", "psql")),
            ("SET DateStyle TO ISO, MDY", set("datestyle", "ISO, MDY")),
            ("SET TIME ZONE 'Europe/Berlin'", set("timezone", "Europe/Berlin")),
            ("SET extra_float_digits = 3", set("extra_float_digits", "3")),
            ("SET NAMES 'UTF8'", set("client_encoding", "UTF8")),
            ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", set("transaction", "")),
            ("SET datafusion.execution.batch_size = 1", set("datafusion.execution.batch_size", "1")),
            ("RESET timezone", Asked::Reset("timezone".to_owned())),
            ("RESET ALL", Asked::ResetAll("RESET")),
            ("DISCARD ALL", Asked::ResetAll("DISCARD ALL")),
            ("SHOW TIME ZONE", Asked::Show("timezone".to_owned())),
            ("SHOW transaction_isolation", Asked::Show("transaction_isolation".to_owned())),
            ("SHOW TRANSACTION ISOLATION LEVEL", Asked::Show("transaction_isolation".to_owned())),
            ("SHOW server_version", Asked::Show("server_version".to_owned())),
        ];
        for (sql, expected) in cases {
            assert_eq!(asked(sql), expected, "{sql}");
        }
    }

    #[test]
    fn transactions_and_cursors_are_known() {
        let fetch = |count| Asked::Fetch { name: "c".to_owned(), count };
        let cases = [
            ("BEGIN READ ONLY", Asked::Begin),
            ("START TRANSACTION", Asked::Begin),
            ("COMMIT", Asked::End("COMMIT")),
            ("ROLLBACK", Asked::End("ROLLBACK")),
            ("SAVEPOINT a", Asked::Savepoint("SAVEPOINT")),
            ("RELEASE SAVEPOINT a", Asked::Savepoint("RELEASE")),
            ("ROLLBACK TO SAVEPOINT a", Asked::BackToSavepoint),
            ("FETCH NEXT FROM c", fetch(Some(1))),
            ("FETCH FORWARD 50 FROM c", fetch(Some(50))),
            ("FETCH ALL FROM c", fetch(None)),
            ("CLOSE c", Asked::Close(Some("c".to_owned()))),
            ("CLOSE ALL", Asked::Close(None)),
            ("SELECT 1", Asked::Question),
            ("DROP TABLE findings", Asked::Question),
        ];
        for (sql, expected) in cases {
            assert_eq!(asked(sql), expected, "{sql}");
        }
        assert!(matches!(asked("DECLARE c CURSOR FOR SELECT 1"), Asked::Declare { name, .. } if name == "c"));
        for sql in [
            "FETCH PRIOR FROM c",
            "FETCH BACKWARD 5 FROM c",
            "FETCH ABSOLUTE 5 FROM c",
            "DECLARE c BINARY CURSOR FOR SELECT 1",
        ] {
            assert!(matches!(asked(sql), Asked::Nothing(_)), "{sql}");
        }
    }
}
