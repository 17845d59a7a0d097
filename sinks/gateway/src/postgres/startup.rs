//! Who connects: a name and its password by SCRAM-SHA-256, bound to the certificate where there is one.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion_postgres::pgwire::api::auth::sasl::SASLAuthStartupHandler;
use datafusion_postgres::pgwire::api::auth::sasl::scram::ScramAuth;
use datafusion_postgres::pgwire::api::auth::{
    AuthSource, DefaultServerParameterProvider, LoginInfo, Password, StartupHandler,
};
use datafusion_postgres::pgwire::api::{ClientInfo, METADATA_USER, PgWireConnectionState};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use futures::Sink;

use super::{Connection, words};
use crate::accounts::{ITERATIONS, Salted, WRONG_PASSWORD};

/// The version of PostgreSQL that clients may take this for.
pub(super) const LIKE_VERSION: &str = "16.6";

pub(super) struct Startup {
    connection: Arc<Connection>,
    is_full: bool,
    passwords: SASLAuthStartupHandler<DefaultServerParameterProvider>,
}

impl Startup {
    pub fn new(connection: Arc<Connection>, is_full: bool) -> Self {
        let mut scram = ScramAuth::new(Arc::new(Passwords(Arc::clone(&connection))));
        scram.set_iterations(ITERATIONS);
        if let Some(certificate) = &connection.gate.certificate
            && let Err(error) = scram.configure_certificate(certificate.chain())
        {
            tracing::debug!(%error, "passwords are not bound to the certificate");
        }
        let passwords = SASLAuthStartupHandler::new(Arc::new(parameters()))
            .with_scram(scram)
            .with_connection_manager(Arc::clone(&connection.gate.running));
        Self { connection, is_full, passwords }
    }
}

/// What a client is told when it is in.
fn parameters() -> DefaultServerParameterProvider {
    let mut parameters = DefaultServerParameterProvider::default();
    parameters.server_version = format!("{LIKE_VERSION} (Tidewatch)");
    parameters.is_superuser = false;
    parameters.default_transaction_read_only = true;
    parameters.time_zone = String::from("UTC");
    parameters
}

#[async_trait]
impl StartupHandler for Startup {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if self.is_full {
            return Err(words::farewell(
                words::TOO_MANY_CONNECTIONS,
                "too many clients are connected: try again later",
            ));
        }
        let answered = self.passwords.on_startup(client, message).await;
        let name = client.metadata().get(METADATA_USER).cloned().unwrap_or_default();
        if let Err(error) = answered {
            tracing::warn!(name, client = %client.socket_addr().ip(), %error, "a client was not let in");
            tokio::time::sleep(WRONG_PASSWORD).await;
            return Err(fatal(error, &name));
        }
        if matches!(client.state(), PgWireConnectionState::ReadyForQuery) {
            let principal = self.connection.gate.accounts.principal(&name);
            let principal = principal.ok_or_else(|| wrong_password(&name))?;
            let _ = self.connection.principal.set(principal.clone());
            tracing::info!(name, client = %client.socket_addr().ip(), secure = client.is_secure(), "a client connected");
        }
        Ok(())
    }
}

fn wrong_password(name: &str) -> PgWireError {
    PgWireError::InvalidPassword(name.to_owned())
}

/// An error after which nothing more is read from whoever is not known.
fn fatal(error: PgWireError, name: &str) -> PgWireError {
    match error {
        PgWireError::UserError(info) => words::farewell(&info.code, info.message),
        PgWireError::ApiError(_) | PgWireError::FailedToParseParameter(_) => wrong_password(name),
        other => other,
    }
}

/// The passwords of those who may ask, and one that fits nothing of all others.
struct Passwords(Arc<Connection>);

impl Debug for Passwords {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Passwords")
    }
}

#[async_trait]
impl AuthSource for Passwords {
    async fn get_password(&self, login: &LoginInfo) -> PgWireResult<Password> {
        let Salted { salt, password } = self.0.gate.accounts.salted(login.user().unwrap_or_default());
        Ok(Password::new(Some(salt), password))
    }
}
