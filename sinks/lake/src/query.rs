//! Sessions: SQL over the visible files of a lake, for one principal.
//!
//! | module | does |
//! |---|---|
//! | `provider` | a table of the lake as DataFusion reads it |
//! | `pruning` | which files a query need not open |
//! | `own` | what of the rows belongs to a tenant |
//! | `views` | the questions that people ask, as views |
//! | `functions` | functions of time and of the business calendar |
//! | `moments` | `date_trunc` without looking a time zone up |
//! | `texts` | texts while a question is answered, and when they leave |
//! | `as_of` | what was known at a moment |
//! | `output` | answers as bytes |
//! | `error` | what was wrong with a question |
//!
//! A session sees the files that were visible when it began, so that all questions of one session have answers that fit
//! together. Only questions can be asked: the plan of everything that is typed is looked at before anything runs.

mod as_of;
mod error;
mod functions;
mod moments;
mod output;
mod own;
mod provider;
mod pruning;
mod texts;
mod views;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array as _, ArrayRef};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tidewatch_schemas::Timestamp;

pub use error::QueryError;
pub use functions::Calendars;
pub use output::Format;
pub(crate) use own::about_others;
pub use views::{VIEWS, View};

use crate::store::Store;
use crate::table::Table;
use provider::LakeTable;

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Sees everything.
    Operator,
    /// Sees the rows of one tenant, and of those only what is the tenant's own.
    Tenant(String),
}

/// What a session may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most memory of a question in bytes; sorting and joining more goes to the disk.
    pub memory: usize,
    /// Longest time that a question may take.
    pub time: Duration,
    /// Most rows of an answer.
    pub rows: usize,
    /// Threads that work on a question.
    pub threads: usize,
}

impl Bounds {
    /// Of a person at a terminal: 1 GiB, five minutes, a million rows.
    pub const USUAL: Self = Self { memory: 1 << 30, time: Duration::from_mins(5), rows: 1_000_000, threads: 2 };
}

/// What a session is opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Whose it is.
    pub principal: Principal,
    /// What it may use.
    pub bounds: Bounds,
    /// What rows must not be later than; `None` shows everything.
    pub until: Option<Timestamp>,
    /// Business calendars.
    pub calendars: Arc<dyn Calendars>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: Vec<RecordBatch>,
}

/// An answer that comes bit by bit.
pub struct Rows {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
}

/// SQL over the files that were visible when it was opened.
pub struct Session {
    context: SessionContext,
    principal: Principal,
    bounds: Bounds,
}

/// The URL under which DataFusion knows the object store; it says nothing about where that is.
pub(crate) fn store_url() -> ObjectStoreUrl {
    ObjectStoreUrl::parse("lake://lake").unwrap_or_else(|_| ObjectStoreUrl::local_filesystem())
}

impl Session {
    /// Opens a session on what is visible now.
    ///
    /// # Errors
    /// When the object store refuses.
    pub async fn open(store: &Store, opening: Opening) -> Result<Self, QueryError> {
        let Opening { principal, bounds, until, calendars } = opening;
        let context = context(&bounds)?;
        context.register_object_store(store_url().as_ref(), Arc::clone(store.objects()));
        functions::register(&context, &calendars);
        moments::register(&context);
        for table in Table::ALL {
            if principal != Principal::Operator && table.tenant_column().is_none() {
                continue;
            }
            let files = Arc::new(store.files(table).await?);
            let provider = LakeTable::new(table, files, principal.clone());
            context.register_table(table.name(), provider.up_to(until)?)?;
        }
        views::register(&context).await?;
        as_of::register(&context).await?;
        Ok(Self { context, principal, bounds })
    }

    /// The names of tables and views, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let catalog = self.context.catalog(CATALOG);
        let mut names =
            catalog.and_then(|catalog| catalog.schema(SCHEMA)).map_or_else(Vec::new, |all| all.table_names());
        names.sort_unstable();
        names
    }

    /// The session of DataFusion, to which a gateway adds what its clients look up. Plans that are made with it directly are
    /// not looked at.
    #[must_use]
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Asks.
    ///
    /// # Errors
    /// When it is not a question, is wrong, takes more than the bounds allow, or the lake cannot be read. The words hold
    /// nothing that the principal may not know.
    pub async fn ask(&self, sql: &str) -> Result<Answer, QueryError> {
        let asked = async {
            let plan = self.look_at(self.read(sql)?).await?;
            self.collect(plan).await
        };
        self.in_time(asked).await
    }

    /// Reads a statement, of which nothing is known but its form.
    ///
    /// # Errors
    /// When it is no SQL.
    pub fn read(&self, sql: &str) -> Result<Statement, QueryError> {
        let state = self.context.state();
        let dialect = state.config_options().sql_parser.dialect;
        Ok(state.sql_to_statement(sql, &dialect)?)
    }

    /// The plan of a statement, which is a question.
    ///
    /// # Errors
    /// When it is not a question, or wrong.
    pub async fn plan(&self, statement: Statement) -> Result<LogicalPlan, QueryError> {
        self.in_time(self.look_at(statement)).await
    }

    /// Answers a plan of [`plan`](Self::plan) whose parameters have values.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn answer(&self, plan: LogicalPlan) -> Result<Answer, QueryError> {
        self.in_time(self.collect(plan)).await
    }

    /// Answers a plan bit by bit, however many rows there are, for as long as a question may take.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), also in the middle.
    pub async fn stream(&self, plan: LogicalPlan) -> Result<Rows, QueryError> {
        let begin = async {
            let frame = DataFrame::new(self.context.state(), plan);
            let schema = Arc::clone(frame.schema().inner());
            Ok((schema, frame.execute_stream().await?))
        };
        let end = tokio::time::Instant::now() + self.bounds.time;
        let (schema, batches) = self.in_time(begin).await?;
        let (time, principal) = (self.bounds.time, self.principal.clone());
        let batches = stream::unfold(Some(batches), move |batches| async move {
            let mut batches = batches?;
            match tokio::time::timeout_at(end, batches.try_next()).await {
                Ok(Ok(None)) => None,
                Ok(Ok(Some(batch))) => Some((Ok(batch), Some(batches))),
                Ok(Err(error)) => Some((Err(QueryError::from(error)), None)),
                Err(_) => Some((Err(QueryError::Time(time)), None)),
            }
        });
        let batches = batches.map_err(move |error| for_whom(&principal, error));
        Ok(Rows { schema, batches: batches.boxed() })
    }

    async fn look_at(&self, statement: Statement) -> Result<LogicalPlan, QueryError> {
        let plan = self.context.state().statement_to_plan(statement).await?;
        let only_questions = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        only_questions.verify_plan(&plan).map_err(|_| QueryError::NoQuestion(plan.display().to_string()))?;
        Ok(texts::leave(plan)?)
    }

    async fn collect(&self, plan: LogicalPlan) -> Result<Answer, QueryError> {
        let frame = DataFrame::new(self.context.state(), plan);
        let schema = Arc::clone(frame.schema().inner());
        let mut stream = frame.execute_stream().await?;
        let (mut answer, mut rows, mut bytes) = (Answer { schema, batches: Vec::new() }, 0, 0);
        while let Some(batch) = stream.try_next().await? {
            rows += batch.num_rows();
            if rows > self.bounds.rows {
                return Err(QueryError::Rows(self.bounds.rows));
            }
            bytes += bytes_of(&batch);
            if bytes > self.bounds.memory {
                return Err(QueryError::Memory);
            }
            answer.batches.push(batch);
        }
        Ok(answer)
    }

    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, QueryError>>) -> Result<T, QueryError> {
        let answered = tokio::time::timeout(self.bounds.time, asked).await;
        let answered = answered.unwrap_or(Err(QueryError::Time(self.bounds.time)));
        answered.map_err(|error| for_whom(&self.principal, error))
    }
}

impl Answer {
    /// The bytes of its rows in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.batches.iter().map(bytes_of).sum()
    }
}

/// The bytes of rows, of what they share with others only their part.
fn bytes_of(batch: &RecordBatch) -> usize {
    let of_column =
        |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size());
    batch.columns().iter().map(of_column).sum()
}

/// The error in words that the principal may read.
fn for_whom(principal: &Principal, error: QueryError) -> QueryError {
    if *principal == Principal::Operator { error } else { error.discreet() }
}

/// The name of the only catalog, which clients call a database.
pub const CATALOG: &str = "tidewatch";
/// The name of its only schema.
pub const SCHEMA: &str = "public";

/// Rows that are passed on at once.
const BATCH: usize = 16_384;

fn context(bounds: &Bounds) -> Result<SessionContext, QueryError> {
    let config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_information_schema(true)
        .with_batch_size(BATCH)
        .with_target_partitions(bounds.threads.max(1));
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(bounds.memory, 1.0).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

#[cfg(test)]
mod tests;
