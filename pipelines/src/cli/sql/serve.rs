//! `tidewatch sql --serve`: answers clients that speak PostgreSQL's protocol or Flight SQL, until it is ended.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tidewatch_gateway::flight::Flight;
use tidewatch_gateway::postgres::Postgres;
use tidewatch_gateway::tls::Certificate;
use tidewatch_gateway::{Accounts, Sessions, listening};
use tidewatch_lake::Store;
use tidewatch_lake::query::{Calendars, Principal};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{self, Config};
use crate::lake::KnownCalendars;

/// Threads that talk to clients.
const LISTENERS: usize = 2;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When there is nothing to serve or nobody to serve it to, or an address, a password or a certificate cannot be used.
pub(super) fn run(store: Store, config: &Config) -> anyhow::Result<()> {
    let sql = &config.sql;
    anyhow::ensure!(
        sql.postgres.is_some() || sql.flight.is_some(),
        "there is nowhere to listen: name an address with sql.postgres or sql.flight in the configuration"
    );
    anyhow::ensure!(!sql.accounts.is_empty(), "nobody may ask: name somebody under sql.accounts in the configuration");
    let accounts = Arc::new(Accounts::new(sql.accounts(&config::variables())?)?);
    let certificate = sql.tls.as_ref().map(|(chain, key)| Certificate::read(chain, key)).transpose()?;
    let known = config.detect.calendars.clone();
    let calendars = move |principal: &Principal| -> Arc<dyn Calendars> {
        let only = match principal {
            Principal::Operator => None,
            Principal::Tenant(name) => Some(name.clone()),
        };
        Arc::new(KnownCalendars::new(known.clone(), only))
    };
    // Questions have threads of their own, and as many as they can keep busy: one that computes for long without a pause
    // holds up nobody else.
    let threads = sql.limits.at_once.saturating_mul(sql.limits.bounds.threads).max(1);
    let mut workers = tokio::runtime::Builder::new_multi_thread();
    let workers = workers.worker_threads(threads).enable_all().thread_name("question").build()?;
    let sessions = Arc::new(Sessions::new(store, sql.limits, Box::new(calendars), workers.handle().clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(LISTENERS).enable_all().build()?;
    let served = runtime.block_on(async {
        let end = end()?;
        let postgres = async {
            let Some(address) = sql.postgres else { return anyhow::Ok(()) };
            let listener = listen("PostgreSQL", address).await?;
            let gate = Postgres::new(Arc::clone(&accounts), Arc::clone(&sessions), certificate.clone());
            listening::postgres(listener, Arc::new(gate), sql.connections, ended(end.clone())).await;
            Ok(())
        };
        let flight = async {
            let Some(address) = sql.flight else { return anyhow::Ok(()) };
            let listener = listen("Flight SQL", address).await?;
            let flight = Flight::new(Arc::clone(&accounts), Arc::clone(&sessions));
            Ok(flight.serve(listener, certificate.as_ref(), ended(end.clone())).await?)
        };
        tokio::try_join!(postgres, flight).map(drop)
    });
    // Whoever still computes has nobody who waits for it.
    workers.shutdown_background();
    served
}

async fn listen(name: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} for {name}"))?;
    // The port that was found where port 0 asked for any.
    let address = listener.local_addr()?;
    tracing::info!(protocol = name, %address, "listening");
    Ok(listener)
}

/// Becomes true when somebody asks for the end.
fn end() -> anyhow::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let (asked, end) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
        let _ = asked.send(true);
    });
    Ok(end)
}

async fn ended(mut end: watch::Receiver<bool>) {
    let _ = end.wait_for(|asked| *asked).await;
}
