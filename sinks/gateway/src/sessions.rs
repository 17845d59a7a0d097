//! Sessions of the lake, one per principal, opened anew when they are no longer fresh. Questions take turns.
//!
//! Questions are answered by threads of their own: one that computes for long without a pause holds up others that compute,
//! and nobody who connects, cancels or leaves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::logical_expr::LogicalPlan;
use datafusion_postgres::datafusion_pg_catalog::pg_catalog::context::{PgCatalogContextProvider, Role};
use datafusion_postgres::datafusion_pg_catalog::setup_pg_catalog;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tidewatch_lake::Store;
use tidewatch_lake::query::{Answer, Bounds, CATALOG, Calendars, Opening, Principal, QueryError, Rows, Session};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::postgres::functions;

/// What the gateway may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of each question. A principal's questions share its memory.
    pub bounds: Bounds,
    /// Questions that are answered at a time; others wait for their turn.
    pub at_once: usize,
    /// How old what a question sees may be.
    pub fresh: Duration,
}

/// What is known of business calendars, by whoever asks.
pub type CalendarsOf = dyn Fn(&Principal) -> Arc<dyn Calendars> + Send + Sync;

/// Sessions of the lake.
pub struct Sessions {
    store: Store,
    limits: Limits,
    calendars: Box<CalendarsOf>,
    open: Mutex<BTreeMap<Option<String>, Opened>>,
    turns: Arc<Semaphore>,
    workers: Handle,
}

/// Batches that wait for a client that is slower than its answer.
const AHEAD: usize = 2;

/// What a question becomes while its answer is awaited; nobody waiting any more ends it.
struct Asked<T>(JoinHandle<T>);

impl<T> Drop for Asked<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Opened {
    at: Instant,
    session: Arc<Session>,
}

impl Sessions {
    /// Sessions of a lake, whose questions are answered by the threads of `workers`.
    #[must_use]
    pub fn new(store: Store, limits: Limits, calendars: Box<CalendarsOf>, workers: Handle) -> Self {
        let turns = Arc::new(Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS)));
        Self { store, limits, calendars, open: Mutex::default(), turns, workers }
    }

    /// Longest time that a question may take.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.limits.bounds.time
    }

    /// Most memory of a question in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.limits.bounds.memory
    }

    /// The session of a principal, which sees what was visible not long ago.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn of(&self, principal: &Principal) -> Result<Arc<Session>, QueryError> {
        let key = match principal {
            Principal::Operator => None,
            Principal::Tenant(name) => Some(name.clone()),
        };
        let mut open = self.open.lock().await;
        if let Some(opened) = open.get(&key).filter(|opened| opened.at.elapsed() < self.limits.fresh) {
            return Ok(Arc::clone(&opened.session));
        }
        let opened = Opened { at: Instant::now(), session: Arc::new(self.open(principal).await?) };
        let session = Arc::clone(&opened.session);
        open.retain(|_, opened| opened.at.elapsed() < self.limits.fresh);
        open.insert(key, opened);
        Ok(session)
    }

    /// Answers a question in its turn, within `wanted` and what is allowed.
    ///
    /// # Errors
    /// What is wrong with it, or that it takes too long.
    pub async fn answer(
        &self,
        session: Arc<Session>,
        plan: LogicalPlan,
        wanted: Option<Duration>,
    ) -> Result<Answer, QueryError> {
        let longest = wanted.unwrap_or(Duration::MAX).min(self.limits.bounds.time);
        let answered = async {
            let turn = self.turn().await?;
            let mut asked = Asked(self.workers.spawn(async move {
                // The turn is over when it computes no more, also when nobody waits for it.
                let _turn = turn;
                session.answer(plan).await
            }));
            (&mut asked.0).await.unwrap_or_else(|_| Err(broken()))
        };
        tokio::time::timeout(longest, answered).await.unwrap_or(Err(QueryError::Time(longest)))
    }

    /// Answers a question bit by bit, in its turn.
    ///
    /// # Errors
    /// As [`answer`](Self::answer), also in the middle.
    pub async fn stream(&self, session: Arc<Session>, plan: LogicalPlan) -> Result<Rows, QueryError> {
        let turn = self.turn().await?;
        let schema = Arc::clone(plan.schema().inner());
        let (sender, receiver) = mpsc::channel(AHEAD);
        let asked = Asked(self.workers.spawn(async move {
            let _turn = turn;
            let mut batches = match session.stream(plan).await {
                Ok(rows) => rows.batches,
                Err(error) => stream::once(async { Err(error) }).boxed(),
            };
            while let Some(batch) = batches.next().await {
                if sender.send(batch).await.is_err() {
                    break;
                }
            }
        }));
        Ok(Rows { schema, batches: until_the_end(receiver, asked, Instant::now() + self.time(), self.time()) })
    }

    /// Waits until it is the turn of a question, for as long as one may take.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, QueryError> {
        let time = self.limits.bounds.time;
        match tokio::time::timeout(time, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(QueryError::Time(time)),
        }
    }

    async fn open(&self, principal: &Principal) -> Result<Session, QueryError> {
        let opening = Opening {
            principal: principal.clone(),
            bounds: self.limits.bounds,
            until: None,
            calendars: (self.calendars)(principal),
        };
        let session = Session::open(&self.store, opening).await.map_err(|error| match principal {
            Principal::Operator => error,
            Principal::Tenant(_) => QueryError::Unreadable,
        })?;
        setup_pg_catalog(session.context(), CATALOG, NoRoles).map_err(|error| QueryError::from(*error))?;
        functions::register(session.context());
        Ok(session)
    }
}

/// The batches that come, with a word of it where the last one is not.
fn until_the_end(
    receiver: mpsc::Receiver<Result<RecordBatch, QueryError>>,
    asked: Asked<()>,
    end: Instant,
    time: Duration,
) -> BoxStream<'static, Result<RecordBatch, QueryError>> {
    let begun = Some((receiver, asked));
    let batches = stream::unfold(begun, move |begun| async move {
        let (mut receiver, mut asked) = begun?;
        match tokio::time::timeout_at(end, receiver.recv()).await {
            Err(_) => Some((Err(QueryError::Time(time)), None)),
            Ok(Some(Ok(batch))) => Some((Ok(batch), Some((receiver, asked)))),
            Ok(Some(error)) => Some((error, None)),
            Ok(None) => (&mut asked.0).await.is_err().then(|| (Err(broken()), None)),
        }
    });
    batches.boxed()
}

/// What is said of a question that ended without an answer.
fn broken() -> QueryError {
    QueryError::Wrong("this question cannot be answered: ask it in other words".to_owned())
}

/// Who else has an account is nobody's business.
#[derive(Clone, Debug)]
struct NoRoles;

#[async_trait]
impl PgCatalogContextProvider for NoRoles {
    async fn roles(&self) -> Vec<String> {
        Vec::new()
    }

    async fn role(&self, _: &str) -> Option<Role> {
        None
    }
}
