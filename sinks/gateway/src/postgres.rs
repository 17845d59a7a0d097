//! PostgreSQL's protocol, version 3.
//!
//! | module | does |
//! |---|---|
//! | `startup` | passwords by SCRAM-SHA-256, and how many may come |
//! | `statement` | what a statement asks for: a question, a setting, a cursor |
//! | `rewrite` | what is asked of PostgreSQL's catalog, in words that DataFusion understands |
//! | `settings` | what clients may set: how they want to read answers, nothing that changes them |
//! | `parameters` | values of prepared questions |
//! | `desk` | takes statements and answers them |
//! | `cursors` | answers that are fetched bit by bit |
//! | `functions` | functions that clients look for when they connect |
//! | `words` | errors with PostgreSQL's codes |
//!
//! A transaction may be begun and ended, since many clients do so for every question; it holds nothing.

mod cursors;
mod desk;
pub(crate) mod functions;
mod parameters;
mod rewrite;
mod settings;
mod startup;
mod statement;
mod words;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use datafusion_postgres::pgwire::api::auth::StartupHandler;
use datafusion_postgres::pgwire::api::cancel::{CancelHandler, DefaultCancelHandler};
use datafusion_postgres::pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use datafusion_postgres::pgwire::api::{ConnectionManager, PgWireServerHandlers};
use datafusion_postgres::pgwire::tokio::process_socket;
use tidewatch_lake::query::{Principal, QueryError, Session};
use tokio::net::TcpStream;

use crate::accounts::Accounts;
use crate::sessions::Sessions;
use crate::tls::Certificate;
use cursors::Cursors;
use desk::Desk;
use startup::Startup;

/// What all connections share.
pub struct Postgres {
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    certificate: Option<Certificate>,
    running: Arc<ConnectionManager>,
}

impl Postgres {
    /// For those accounts, with TLS where there is a certificate.
    #[must_use]
    pub fn new(accounts: Arc<Accounts>, sessions: Arc<Sessions>, certificate: Option<Certificate>) -> Self {
        Self { accounts, sessions, certificate, running: Arc::default() }
    }

    /// Serves a client until it leaves. `is_full` refuses it in words that clients show.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn serve(self: &Arc<Self>, socket: TcpStream, is_full: bool) -> io::Result<()> {
        let tls = self.certificate.as_ref().map(Certificate::acceptor).transpose().map_err(io::Error::other)?;
        let connection =
            Arc::new(Connection { gate: Arc::clone(self), principal: OnceLock::new(), cursors: Mutex::default() });
        process_socket(socket, tls, Handlers::new(&connection, is_full)).await
    }
}

/// A client.
struct Connection {
    gate: Arc<Postgres>,
    /// Whose rows it sees, once it has shown who it is.
    principal: OnceLock<Principal>,
    cursors: Mutex<Cursors>,
}

impl Connection {
    fn cursors(&self) -> MutexGuard<'_, Cursors> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of whoever connected.
    async fn session(&self) -> Result<Arc<Session>, QueryError> {
        // Nobody comes here without a password; should they all the same, they see nothing.
        let principal = self.principal.get().ok_or(QueryError::Unreadable)?;
        self.gate.sessions.of(principal).await
    }
}

/// What `pgwire` calls for one client.
struct Handlers {
    startup: Arc<Startup>,
    desk: Arc<Desk>,
    cancel: Arc<DefaultCancelHandler>,
}

impl Handlers {
    fn new(connection: &Arc<Connection>, is_full: bool) -> Self {
        let running = Arc::clone(&connection.gate.running);
        Self {
            startup: Arc::new(Startup::new(Arc::clone(connection), is_full)),
            desk: Arc::new(Desk::new(Arc::clone(connection))),
            cancel: Arc::new(DefaultCancelHandler::new(running)),
        }
    }
}

impl PgWireServerHandlers for Handlers {
    fn simple_query_handler(&self) -> Arc<impl SimpleQueryHandler> {
        Arc::clone(&self.desk)
    }

    fn extended_query_handler(&self) -> Arc<impl ExtendedQueryHandler> {
        Arc::clone(&self.desk)
    }

    fn startup_handler(&self) -> Arc<impl StartupHandler> {
        Arc::clone(&self.startup)
    }

    fn cancel_handler(&self) -> Arc<impl CancelHandler> {
        Arc::clone(&self.cancel)
    }
}
