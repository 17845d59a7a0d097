//! A gateway inside the test, on the lake of the recorded fleet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use tidewatch_detectors::calendar::Calendars;
use tidewatch_gateway::postgres::Postgres;
use tidewatch_gateway::{Account, Accounts, Limits, Sessions, listening};
use tidewatch_lake::query::{Bounds, Principal};
use tidewatch_lake::{Limits as FileLimits, Partition, Place, Record, Store, Table};
use tidewatch_pipelines::lake::KnownCalendars;
use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::expected::Sent;

/// The password of every account.
pub const PASSWORD: &str = "sesame";
/// The account that sees everything.
pub const OPERATOR: &str = "analyst";
/// The account that sees the rows of the tenant of its name.
pub const TENANT: &str = "acme";

/// A gateway that serves until it is dropped.
pub struct Gateway {
    /// Where PostgreSQL's clients connect.
    pub address: SocketAddr,
    /// Where it runs, and where clients may.
    pub runtime: Runtime,
}

impl Gateway {
    /// Starts one.
    ///
    /// # Panics
    /// When it cannot.
    pub fn start(bounds: Bounds) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let store = runtime.block_on(lake());
        let account = |name: &str, principal| Account { name: name.into(), password: PASSWORD.into(), principal };
        let accounts = Accounts::new(vec![
            account(OPERATOR, Principal::Operator),
            account(TENANT, Principal::Tenant(TENANT.to_owned())),
        ]);
        let limits = Limits { bounds, at_once: 4, fresh: Duration::from_mins(1) };
        let calendars = |_: &Principal| Arc::new(KnownCalendars::new(Calendars::default(), None)) as Arc<_>;
        let sessions = Sessions::new(store, limits, Box::new(calendars), runtime.handle().clone());
        let gate = Postgres::new(Arc::new(accounts.expect("random numbers")), Arc::new(sessions), None);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(listening::postgres(listener, Arc::new(gate), 16, std::future::pending()));
        Self { address, runtime }
    }

    /// Connects as `name`.
    ///
    /// # Panics
    /// When it does not let anybody in.
    pub async fn connect(&self, name: &str) -> tokio_postgres::Client {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.address.port()).dbname("tidewatch").user(name).password(PASSWORD);
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }
}

/// What the recorded fleet comes to, in memory.
async fn lake() -> Store {
    let published = Sent::to(SHARED_TOPIC).published();
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    for (table, records) in [
        (Table::IncidentEvents, published.incidents.into_iter().collect()),
        (Table::Findings, published.findings),
        (Table::CostSignals, published.costs),
        (Table::Windows, published.windows),
    ] {
        let place = Place { table, number: 0, source: format!("recorded/{table}") };
        let limits = FileLimits { rows: 200, bytes: 1 << 20 };
        let mut partition = Partition::resume(place, limits, None, 0).expect("a new partition");
        for record in records {
            let offset = partition.next_offset();
            partition.take(Record { offset, numbered: None, bytes: record.into() });
            if partition.is_full() {
                publish(&store, &mut partition).await;
            }
        }
        publish(&store, &mut partition).await;
    }
    store
}

async fn publish(store: &Store, partition: &mut Partition) {
    let Some(sealed) = partition.seal().expect("rows fit their table") else { return };
    store.publish(&sealed).await.expect("memory takes everything");
    partition.published();
}
