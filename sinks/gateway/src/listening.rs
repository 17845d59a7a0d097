//! Where clients connect, and how many of them.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::postgres::Postgres;

/// Clients that are told that there are too many; what comes beyond them is closed without a word.
const TOLD: usize = 16;
/// Pause after the system refused a connection, for example because too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves PostgreSQL's clients, at most `most` at a time, until `stop`; then questions that are being answered end without
/// an answer.
pub async fn postgres(listener: TcpListener, gate: Arc<Postgres>, most: usize, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    let told = Arc::new(Semaphore::new(TOLD));
    let mut clients = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            Some(_) = clients.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "a client could not connect");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let place = Arc::clone(&places).try_acquire_owned().ok();
        let is_full = place.is_none();
        if is_full {
            tracing::warn!(most, "too many clients are connected");
        }
        let Some(place) = place.or_else(|| Arc::clone(&told).try_acquire_owned().ok()) else { continue };
        clients.spawn(serve(Arc::clone(&gate), socket, is_full, place));
    }
    clients.shutdown().await;
}

async fn serve(gate: Arc<Postgres>, socket: TcpStream, is_full: bool, place: OwnedSemaphorePermit) {
    let _place = place;
    match gate.serve(socket, is_full).await {
        Ok(()) => {}
        // Clients that go without a word are common and no trouble.
        Err(error)
            if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => tracing::debug!(%error, "a connection broke"),
    }
}
