//! The gateway: the lake's SQL for clients that speak PostgreSQL's protocol or Arrow Flight SQL.
//!
//! | module | does |
//! |---|---|
//! | [`accounts`] | who may ask, with which password, and whose rows they see |
//! | [`sessions`] | one session of the lake per principal, opened anew when it is no longer fresh |
//! | [`postgres`] | psql, Grafana, DBeaver, SQLAlchemy, Superset |
//! | [`flight`] | ADBC and other clients that read many rows |
//! | [`tls`] | certificates |
//! | [`listening`] | where clients connect, and how many of them |
//!
//! Nobody asks without an account. An account is bound to a principal, and its session knows nothing but that principal's
//! rows: isolation is in the lake (`tidewatch_lake::query`), and nothing here could undo it. Clients change nothing either: what is
//! no question is refused, and settings are those of a connection.

pub mod accounts;
pub mod flight;
pub mod listening;
pub mod postgres;
pub mod sessions;
pub mod tls;

pub use accounts::{Account, Accounts};
pub use sessions::{Limits, Sessions};
