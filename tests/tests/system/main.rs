//! What Tidewatch does as a whole, most of it as a process of its own, seen from outside.
//!
//! One program holds all of it, because each further one would take minutes to build. A module is run by its name:
//! `cargo test --workspace --test system gateway::`.

mod accuracy;
mod architecture;
mod asyncapi;
mod backtest;
mod bucket;
mod checkpoints;
mod clock_ahead;
mod costs;
mod deploy;
mod embedded;
mod ending;
mod fairness;
mod gateway;
mod incidents;
mod kafka;
mod lake;
mod laws;
mod pager;
mod pictures;
mod poison;
mod scenarios;
mod simulator;
mod size;
mod sql;
mod state_inspect;
mod store;
mod year;
