//! Takes what clients say, in one message or prepared, and answers it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::Schema;
use async_trait::async_trait;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::Statement;
use datafusion_postgres::arrow_pg::datatypes::{arrow_schema_to_pg_fields, encode_recordbatch};
use datafusion_postgres::datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use datafusion_postgres::pgwire::api::portal::{Format, Portal};
use datafusion_postgres::pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler, send_describe_response};
use datafusion_postgres::pgwire::api::results::{
    DataRowEncoder, DescribePortalResponse, FieldFormat, FieldInfo, QueryResponse, Response, Tag,
};
use datafusion_postgres::pgwire::api::stmt::QueryParser;
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore, Type};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::extendedquery::{Describe, TARGET_TYPE_BYTE_PORTAL};
use datafusion_postgres::pgwire::messages::response::TransactionStatus;
use datafusion_postgres::pgwire::messages::startup::ParameterStatus;
use datafusion_postgres::pgwire::types::format::FormatOptions;
use futures::{Sink, SinkExt as _, StreamExt as _, stream};
use tidewatch_lake::query::{Answer, QueryError, Session};

use super::rewrite::rewritten;
use super::settings::{self, NotSet};
use super::statement::{Asked, understand, values};
use super::{Connection, parameters, words};

/// Answers one client.
pub(super) struct Desk {
    reader: Arc<Reader>,
}

/// Reads statements and plans questions.
pub(super) struct Reader {
    connection: Arc<Connection>,
    parser: PostgresCompatibilityParser,
}

/// A statement that was read.
#[derive(Clone)]
pub(super) struct Said {
    asked: Asked,
    question: Option<Planned>,
}

/// A question that was planned.
#[derive(Clone)]
struct Planned {
    plan: LogicalPlan,
    /// The session that made the plan.
    session: Arc<Session>,
    /// Values that it waits for.
    values: usize,
}

impl Desk {
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { reader: Arc::new(Reader { connection, parser: PostgresCompatibilityParser::new() }) }
    }

    fn connection(&self) -> &Connection {
        &self.reader.connection
    }

    /// Does what was said. `format` is how rows are written.
    async fn respond<C>(&self, client: &mut C, said: Said, format: &Format) -> PgWireResult<Response>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let is_aborted = client.transaction_status() == TransactionStatus::Error;
        if is_aborted && !matches!(said.asked, Asked::End(_) | Asked::BackToSavepoint) {
            return Err(words::refused(words::ABORTED, "the transaction failed: end it with ROLLBACK"));
        }
        match said.asked {
            Asked::Question => {
                let answer = self.answer(client, said.question).await?;
                rows(client, answer, format)
            }
            Asked::Declare { name, .. } => {
                let answer = self.answer(client, said.question).await?;
                let memory = self.connection().gate.sessions.memory();
                let opened = self.connection().cursors().open(name, answer, memory);
                opened.map_err(|full| words::refused(words::NOT_SUPPORTED, full))?;
                Ok(done("DECLARE CURSOR"))
            }
            Asked::Fetch { name, count } => {
                let fetched = self.connection().cursors().fetch(&name, count);
                let answer = fetched.ok_or_else(|| no_cursor(&name))?;
                let mut response = query_response(client, answer, format)?;
                response.set_command_tag("FETCH");
                Ok(Response::Query(response))
            }
            Asked::Close(name) => {
                let was_open = self.connection().cursors().close(name.as_deref());
                if was_open { Ok(done("CLOSE CURSOR")) } else { Err(no_cursor(&name.unwrap_or_default())) }
            }
            Asked::Set { name, value } => set(client, &name, &value).await.map(|()| done("SET")),
            Asked::Reset(name) => set(client, &name, "default").await.map(|()| done("RESET")),
            Asked::ResetAll(word) => {
                self.connection().cursors().close(None);
                Ok(done(word))
            }
            Asked::Show(name) => show(client, &name),
            Asked::Savepoint(word) => Ok(done(word)),
            // A second BEGIN changes nothing.
            Asked::Begin => Ok(Response::TransactionStart(Tag::new("BEGIN"))),
            // `pgwire` knows no way from a failed transaction into one that goes on, so that it is over after going back to a
            // savepoint, too. Whoever asks on is answered all the same, since a transaction holds nothing.
            Asked::End(_) | Asked::BackToSavepoint if is_aborted => Ok(Response::TransactionEnd(Tag::new("ROLLBACK"))),
            Asked::BackToSavepoint => Ok(done("ROLLBACK")),
            Asked::End(word) => {
                self.connection().cursors().close(None);
                Ok(Response::TransactionEnd(Tag::new(word)))
            }
            Asked::Nothing(words) => Err(words::refused(words::NOT_SUPPORTED, words)),
        }
    }

    /// Answers a question within the time that the client wants.
    async fn answer<C: ClientInfo>(&self, client: &C, question: Option<Planned>) -> PgWireResult<Answer> {
        let Planned { plan, session, .. } = question.ok_or_else(|| words::about(&QueryError::Unreadable))?;
        let wanted = settings::find("statement_timeout").map(|known| known.value(client.metadata()));
        let wanted = wanted.ok().and_then(|text| settings::timeout(&text).ok().flatten()).map(Duration::from_millis);
        let answered = self.connection().gate.sessions.answer(session, plan, wanted).await;
        answered.map_err(|error| words::about(&error))
    }
}

impl Reader {
    fn read(&self, sql: &str) -> PgWireResult<Vec<Statement>> {
        self.parser.parse(sql).map_err(|error| words::refused(words::SYNTAX, error.to_string()))
    }

    async fn said(&self, statement: Statement) -> PgWireResult<Said> {
        let asked = understand(&statement);
        let question = match &asked {
            Asked::Question => Some(statement),
            Asked::Declare { question, .. } => Some(question.as_ref().clone()),
            _ => None,
        };
        let Some(question) = question else { return Ok(Said { asked, question: None }) };
        let values = values(&question);
        let planned = async {
            let session = self.connection.session().await?;
            let plan = session.plan(Parsed::Statement(Box::new(rewritten(question)))).await?;
            Ok::<_, QueryError>(Planned { plan, session, values })
        };
        let question = planned.await.map_err(|error| words::about(&error))?;
        Ok(Said { asked, question: Some(question) })
    }
}

fn done(word: &str) -> Response {
    Response::Execution(Tag::new(word))
}

fn no_cursor(name: &str) -> PgWireError {
    words::refused(words::NO_SUCH_CURSOR, format!("there is no cursor {name:?}"))
}

/// Sets how a client reads answers, and tells it.
async fn set<C>(client: &mut C, name: &str, value: &str) -> PgWireResult<()>
where
    C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let set = settings::find(name).and_then(|known| {
        let value = known.accept(value)?;
        if known.name == "statement_timeout" {
            settings::timeout(&value)?;
        }
        Ok((known, value))
    });
    let (known, value) = set.map_err(not_set)?;
    client.metadata_mut().insert(known.name.to_owned(), value.clone());
    if let Some(told_as) = known.told_as {
        let status = ParameterStatus::new(told_as.to_owned(), value);
        client.send(PgWireBackendMessage::ParameterStatus(status)).await?;
    }
    Ok(())
}

fn not_set(error: NotSet) -> PgWireError {
    match error {
        NotSet::Unknown(words) => words::refused(words::NO_SUCH_SETTING, words),
        NotSet::Value(words) => words::refused(words::WRONG_VALUE, words),
    }
}

/// A setting, as the one row of an answer.
fn show<C: ClientInfo>(client: &C, name: &str) -> PgWireResult<Response> {
    let value = settings::find(name).map_err(not_set)?.value(client.metadata());
    let fields = Arc::new(shown(name));
    let mut encoder = DataRowEncoder::new(Arc::clone(&fields));
    encoder.encode_field(&Some(value))?;
    let row = Ok(encoder.take_row());
    Ok(Response::Query(QueryResponse::new(fields, stream::once(async move { row }))))
}

/// The column of a setting.
fn shown(name: &str) -> Vec<FieldInfo> {
    vec![FieldInfo::new(name.to_owned(), None, None, Type::TEXT, FieldFormat::Text)]
}

fn rows<C: ClientInfo>(client: &C, answer: Answer, format: &Format) -> PgWireResult<Response> {
    query_response(client, answer, format).map(Response::Query)
}

fn query_response<C: ClientInfo>(client: &C, answer: Answer, format: &Format) -> PgWireResult<QueryResponse> {
    let options = Arc::new(FormatOptions::from_client_metadata(client.metadata()));
    let fields = Arc::new(arrow_schema_to_pg_fields(&answer.schema, format, Some(options))?);
    let of_rows = Arc::clone(&fields);
    let rows = stream::iter(answer.batches)
        .flat_map(move |batch| stream::iter(encode_recordbatch(Arc::clone(&of_rows), batch)));
    Ok(QueryResponse::new(fields, rows))
}

#[async_trait]
impl SimpleQueryHandler for Desk {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statements = self.reader.read(query)?;
        if statements.is_empty() {
            return Ok(vec![Response::EmptyQuery]);
        }
        let mut responses = Vec::new();
        for statement in statements {
            let said = Box::pin(self.reader.said(statement)).await?;
            responses.push(self.respond(client, said, &Format::UnifiedText).await?);
        }
        Ok(responses)
    }
}

#[async_trait]
impl ExtendedQueryHandler for Desk {
    type Statement = Said;
    type QueryParser = Reader;

    fn query_parser(&self) -> Arc<Reader> {
        Arc::clone(&self.reader)
    }

    /// A cursor is asked about as if it were a portal.
    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Said>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let is_portal = message.target_type == TARGET_TYPE_BYTE_PORTAL;
        let cursor = message.name.as_deref().filter(|_| is_portal);
        let schema = cursor.and_then(|name| self.connection().cursors().schema(name));
        let Some(schema) = schema else { return self._on_describe(client, message).await };
        let fields = arrow_schema_to_pg_fields(&schema, &Format::UnifiedText, None)?;
        send_describe_response(client, &DescribePortalResponse::new(fields)).await
    }

    async fn do_query<C>(&self, client: &mut C, portal: &Portal<Said>, _max_rows: usize) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Said>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let mut said = portal.statement.statement.clone();
        if let Some(question) = &mut said.question {
            question.plan = parameters::filled(&question.plan, question.values, portal)?;
        }
        self.respond(client, said, &portal.result_column_format).await
    }
}

#[async_trait]
impl QueryParser for Reader {
    type Statement = Said;

    async fn parse_sql<C>(&self, _client: &C, sql: &str, _types: &[Option<Type>]) -> PgWireResult<Option<Said>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let mut statements = self.read(sql)?;
        match statements.len() {
            0 => Ok(None),
            1 => Box::pin(self.said(statements.remove(0))).await.map(Some),
            _ => Err(words::refused(words::SYNTAX, "a prepared statement is one statement, not several")),
        }
    }

    fn get_parameter_types(&self, said: &Said) -> PgWireResult<Vec<Type>> {
        let Some(Planned { plan, values, .. }) = &said.question else { return Ok(Vec::new()) };
        Ok(parameters::of(plan, *values)?.into_iter().map(|parameter| parameter.wire).collect())
    }

    fn get_result_schema(&self, said: &Said, format: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        let format = format.unwrap_or(&Format::UnifiedText);
        let fields = |schema: &Schema| arrow_schema_to_pg_fields(schema, format, None);
        match (&said.asked, &said.question) {
            (Asked::Question, Some(question)) => fields(question.plan.schema().as_arrow()),
            (Asked::Fetch { name, .. }, _) => {
                let schema = self.connection.cursors().schema(name);
                fields(&*schema.ok_or_else(|| no_cursor(name))?)
            }
            (Asked::Show(name), _) => Ok(shown(name)),
            _ => Ok(Vec::new()),
        }
    }
}
