//! Arrow Flight SQL, for those who read many rows.
//!
//! | module | does |
//! |---|---|
//! | `identity` | who calls: a name and a password, or the token that they got for it |
//! | `handle` | what a ticket and a prepared question hold: the question and its values; nothing is kept here between calls |
//! | `service` | questions |
//! | `metadata` | what there is to ask: catalogs, tables, types |
//!
//! An answer comes as it is made, however long it is, for as long as a question may take.

mod handle;
mod identity;
mod metadata;
mod service;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use tidewatch_lake::query::{Principal, QueryError, Session};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};

use crate::accounts::Accounts;
use crate::sessions::Sessions;
use crate::tls::Certificate;

/// How often a client that says nothing is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Longest question and longest bound values that a client may send.
const MESSAGE_BYTES: usize = 4 << 20;
/// Calls of one client that are answered at a time.
const CALLS: usize = 16;

/// The service.
#[derive(Clone)]
pub struct Flight {
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
}

impl Flight {
    /// For those accounts.
    #[must_use]
    pub fn new(accounts: Arc<Accounts>, sessions: Arc<Sessions>) -> Self {
        Self { accounts, sessions }
    }

    /// Serves until `stop`, with TLS where there is a certificate.
    ///
    /// # Errors
    /// When the address or the certificate cannot be used.
    pub async fn serve(
        self,
        listener: TcpListener,
        certificate: Option<&Certificate>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), tonic::transport::Error> {
        let mut server =
            Server::builder().http2_keepalive_interval(Some(KEEPALIVE)).concurrency_limit_per_connection(CALLS);
        if let Some(certificate) = certificate {
            server = server.tls_config(certificate.of_flight())?;
        }
        let service = FlightServiceServer::new(self).max_decoding_message_size(MESSAGE_BYTES);
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        server.add_service(service).serve_with_incoming_shutdown(incoming, stop).await
    }

    /// Whose call it is.
    async fn principal<T>(&self, request: &Request<T>) -> Result<Principal, Status> {
        identity::of(&self.accounts, request.metadata()).await
    }

    async fn session<T>(&self, request: &Request<T>) -> Result<Arc<Session>, Status> {
        let principal = self.principal(request).await?;
        self.sessions.of(&principal).await.map_err(|error| status(&error))
    }
}

/// What was wrong, in the codes of gRPC.
fn status(error: &QueryError) -> Status {
    let words = error.to_string();
    match error {
        QueryError::NoQuestion(_) => Status::permission_denied(words),
        QueryError::Wrong(_) => Status::invalid_argument(words),
        QueryError::Time(_) => Status::deadline_exceeded(words),
        QueryError::Memory | QueryError::Rows(_) => Status::resource_exhausted(words),
        QueryError::Lake(_) | QueryError::Unreadable => Status::unavailable(words),
    }
}
